import type { ExactJson } from '../../core/exact-json.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Span, SpanAttributes } from '../spans/span.ts'
import { previewNames } from './preview-names.ts'
import { redactedMark, redactJsonText } from './redact-json-text.ts'
import type { IntakeRules } from './rules.ts'

/** Steps of one match; a text that would take more is replaced as a whole. */
const stepsOfTextMax = 20_000_000
/** Steps of all matches of a request; the texts left over are replaced as a whole. */
const stepsMax = 500_000_000
const stepsPerTurn = 5_000_000

type TextMap = (text: string) => string

/** Replaces, and counts what it replaced. */
export type Redactor = {
  readonly text: (text: string) => string
  /** @param key of a tag, attribute or the like, by which it may be replaced as a whole */
  readonly value: (key: string, value: ExactJson) => ExactJson
  readonly count: () => number
}

/**
 * Replace in something what rules say. Matching gives way to other requests between texts.
 *
 * @param rewrite makes the thing anew with what a redactor makes of its parts; it is called twice
 */
export async function redact<T>(
  rules: IntakeRules,
  rewrite: (redactor: Redactor) => T,
): Promise<{ readonly made: T; readonly count: number }> {
  const texts = new Set<string>()
  if (rules.patterns.length > 0) {
    rewrite(
      redactorOf(rules, (text) => {
        texts.add(text)
        return text
      }),
    )
  }
  const matched = await matchTexts(rules, texts)
  let count = 0
  const redactor = redactorOf(rules, (text) => {
    const found = matched.get(text)
    count += found?.count ?? 0
    return found?.text ?? text
  })
  const made = rewrite(redactor)
  return { made, count: count + redactor.count() }
}

/** The texts in which a pattern matches something, with that replaced. */
async function matchTexts({ patterns }: IntakeRules, texts: ReadonlySet<string>) {
  const found = new Map<string, { readonly text: string; readonly count: number }>()
  let [steps, turn] = [0, 0]
  for (const text of texts) {
    const most = Math.max(0, ...patterns.map(({ size }) => size)) * text.length
    const all = patterns.reduce((sum, { size }) => sum + size * text.length, 0)
    if (most > stepsOfTextMax || steps + all > stepsMax) {
      found.set(text, { text: redactedMark, count: 1 })
      continue
    }
    steps += all
    let [made, count] = [text, 0]
    for (const { regex, size } of patterns) {
      turn += size * made.length
      made = regex.matcher(made).replaceAll(() => {
        count += 1
        return redactedMark
      })
      if (turn < stepsPerTurn) continue
      turn = 0
      await letOthersRun()
    }
    if (count > 0) found.set(text, { text: made, count })
  }
  return found
}

function redactorOf(rules: IntakeRules, matched: TextMap): Redactor {
  let count = 0
  const whole = (): string => {
    count += 1
    return redactedMark
  }
  const text = (given: string) =>
    matched(rules.hasKeys ? redactJsonText(given, rules.isRedacted, whole) : given)
  const walk = (value: ExactJson): ExactJson => {
    if (typeof value === 'string') return text(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(walk)
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [text(key), named(key, one)]),
    )
  }
  const named = (key: string, value: ExactJson): ExactJson =>
    rules.isRedacted(key) ? (value === redactedMark ? value : whole()) : walk(value)
  return {
    text,
    value: (key, value) => named(previewNames.get(key) ?? key, value),
    count: () => count,
  }
}

/** A span with everything in it that people or programs wrote. */
export function redactedSpan(span: Span, { text, value }: Redactor): Span {
  const fields = (attributes: SpanAttributes): SpanAttributes =>
    Object.fromEntries(
      Object.entries(attributes).map(([key, one]) => [
        key.startsWith('mlflow.') ? key : text(key),
        value(key, one),
      ]),
    )
  return {
    ...span,
    name: text(span.name),
    statusMessage: text(span.statusMessage),
    attributes: fields(span.attributes),
    events: span.events.map((event) => ({
      ...event,
      name: text(event.name),
      attributes: fields(event.attributes),
    })),
    links: span.links.map((link) => ({ ...link, attributes: fields(link.attributes) })),
  }
}

/** Tags or metadata; a value that is replaced as a whole stays a text. */
export function redactedTexts(
  texts: Readonly<Record<string, string>>,
  { value }: Redactor,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, one]) => {
      const made = value(key, one)
      return [key, typeof made === 'string' ? made : one]
    }),
  )
}
