import { diffWordsWithSpace } from 'diff'
import type { FC } from 'hono/jsx'
import { countText, visibleText } from '../text.tsx'

/** A piece of a text: what stayed, or came, or went. */
export type WordPart = { readonly text: string; readonly change: 'added' | 'removed' | undefined }

/** So many words may differ: above that, the work grows with their square. */
const editsMax = 300

/**
 * What a text changed, word by word.
 *
 * @param charsMax of both together
 * @returns undefined: they are longer, or too much differs
 */
export function diffWords(
  before: string,
  after: string,
  charsMax: number,
): readonly WordPart[] | undefined {
  if (before.length + after.length > charsMax) return undefined
  return diffWordsWithSpace(before, after, { maxEditLength: editsMax })?.map(
    ({ value, added, removed }) => ({
      text: value,
      change: added ? 'added' : removed ? 'removed' : undefined,
    }),
  )
}

type ChangedWordsProps = {
  readonly parts: readonly WordPart[]
  /** Characters of what stayed that are shown on each side of a change. */
  readonly aroundMax: number
}

/** The words that came underlined, those that went struck, and of what stayed what is near. */
export const ChangedWords: FC<ChangedWordsProps> = ({ parts, aroundMax }) => (
  <>
    {parts.map((part, i) => (
      <Words
        {...{ part, aroundMax }}
        isEdge={i === 0 ? 'first' : i === parts.length - 1 ? 'last' : undefined}
      />
    ))}
  </>
)

const Words: FC<{
  readonly part: WordPart
  readonly isEdge: 'first' | 'last' | undefined
  readonly aroundMax: number
}> = ({ part: { text, change }, isEdge, aroundMax }) => {
  if (change === 'added') return <ins>{shown(text)}</ins>
  if (change === 'removed') return <del>{shown(text)}</del>
  const most = isEdge === undefined ? 2 * aroundMax : aroundMax
  if (text.length <= most) return <>{shown(text)}</>
  const left = isEdge === 'first' ? '' : text.slice(0, aroundMax)
  const right = isEdge === 'last' ? '' : text.slice(-aroundMax)
  return (
    <>
      {shown(left)}
      <span class="soft">
        {' '}
        ⋯ {countText(text.length - left.length - right.length)} equal characters ⋯{' '}
      </span>
      {shown(right)}
    </>
  )
}

function shown(text: string): string {
  return visibleText(text, /^[\n\r\t]$/)
}
