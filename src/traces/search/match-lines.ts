import { letOthersRun } from '../../core/rounds.ts'
import type { TextTest } from '../../search/text-match.ts'
import type { SpanCondition, SplitFilter } from './split-filter.ts'

/** So many characters are compared before others have their turn. */
const turnCharsMax = 500_000

/** Whether the lines of a trace's spans have what a filter says of spans and texts. */
export async function matchLines(
  lines: readonly string[],
  { onSpan, onText }: Pick<SplitFilter, 'onSpan' | 'onText'>,
): Promise<boolean> {
  const open = new Set<TextTest>(onText)
  let isSpanOpen = onSpan.length > 0
  let chars = 0
  for (const line of lines) {
    for (const test of open) if (test(line)) open.delete(test)
    if (isSpanOpen && matchesSpan(line, onSpan)) isSpanOpen = false
    if (open.size === 0 && !isSpanOpen) return true
    chars += line.length
    if (chars < turnCharsMax) continue
    chars = 0
    await letOthersRun()
  }
  return open.size === 0 && !isSpanOpen
}

type KeptSpan = {
  readonly name: string
  readonly status: { readonly code: string }
  readonly attributes: Readonly<Record<string, string>>
}

function matchesSpan(line: string, conditions: readonly SpanCondition[]): boolean {
  if (!conditions.every((one) => mayMatch(line, one))) return false
  const others = conditions.filter(({ on }) => on !== 'content')
  if (others.length === 0) return true
  // As spanLineOf wrote it.
  const span = JSON.parse(line) as KeptSpan
  return others.every((one) => {
    const value = valueIn(span, one)
    return value !== undefined && one.test(value)
  })
}

/** What can be told without parsing, which takes most of the time. */
function mayMatch(line: string, { on, key, test }: SpanCondition): boolean {
  if (on === 'content') return test(line)
  return on !== 'attribute' || line.includes(JSON.stringify(key))
}

function valueIn(span: KeptSpan, { on, key }: SpanCondition): string | undefined {
  switch (on) {
    case 'status':
      return span.status.code.replace('STATUS_CODE_', '')
    case 'type':
      return textIn(span.attributes, 'mlflow.spanType') ?? 'UNKNOWN'
    case 'attribute':
      return textIn(span.attributes, key)
    default:
      return span.name
  }
}

/** A text as it is, any other value as its JSON. */
function textIn(attributes: KeptSpan['attributes'], key: string): string | undefined {
  const json = Object.hasOwn(attributes, key) ? attributes[key] : undefined
  return json?.startsWith('"') ? String(JSON.parse(json)) : json
}
