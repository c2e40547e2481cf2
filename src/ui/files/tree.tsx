import type { Child, FC } from 'hono/jsx'
import { Given, plural, visibleText } from '../parts/text.tsx'

/** JSON as values. Whole numbers that doubles lack are kept as they were written. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? ''
    const isExact =
      typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)
    return isExact || !/^-?\d+$/.test(source) ? value : BigInt(source)
  })
}

const nodesMax = 2000
const depthMax = 24
const charsMax = 2000

/** How many more parts may be shown. */
type Left = { nodes: number }

/** Nested values that open and close; the first two levels are open. */
export const Tree: FC<{ readonly value: unknown }> = ({ value }) => {
  const left: Left = { nodes: nodesMax }
  const all = nodeOf(value, { depth: 0, left })
  return (
    <div class="tree">
      {all}
      {left.nodes < 0 ? (
        <p class="soft">Only the first {plural(nodesMax, 'value')} are shown as a tree.</p>
      ) : null}
    </div>
  )
}

type Place = { readonly depth: number; readonly left: Left }

function nodeOf(value: unknown, { depth, left }: Place): Child {
  const entries = entriesOf(value)
  if (entries === undefined) return <Leaf of={value} />
  const count = plural(entries.length, Array.isArray(value) ? 'item' : 'key')
  if (entries.length === 0 || depth === depthMax) return <span class="soft">{count}</span>
  const shown: Child[] = []
  for (const [key, item] of entries) {
    if (--left.nodes < 0) break
    shown.push(
      <li>
        <span class="soft">
          <Given text={cutText(key)} />:
        </span>{' '}
        {nodeOf(item, { depth: depth + 1, left })}
      </li>,
    )
  }
  return (
    <details open={depth < 2}>
      <summary>{count}</summary>
      <ul>{shown}</ul>
    </details>
  )
}

function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, i) => [String(i), item])
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item])
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined
}

const Leaf: FC<{ readonly of: unknown }> = ({ of }) =>
  typeof of === 'string' ? (
    <bdi class="lines-kept">{visibleText(cutText(of), /^[\n\r\t]$/)}</bdi>
  ) : (
    <code>{String(of)}</code>
  )

function cutText(text: string): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`
}
