import type { SpanCondition, SplitFilter } from './split-filter.ts'

/** Whether the lines of a trace's spans have what a filter says of spans and texts. */
export function matchesLines(
  lines: readonly string[],
  { onSpan, onText }: Pick<SplitFilter, 'onSpan' | 'onText'>,
): boolean {
  return (
    onText.every((test) => lines.some(test)) &&
    (onSpan.length === 0 || lines.some((line) => matchesSpan(line, onSpan)))
  )
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
