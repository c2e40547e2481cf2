import { type ExactJson, exactJsonOf, parseExactJson } from '../../core/exact-json.ts'
import type { Span } from './span.ts'

/** Counts of tokens, or costs, by MLflow's names. */
export type Amounts = Readonly<Record<string, number>>

/** One kind of amount: where spans have it, where traces do, and which parts of it are known. */
export type AmountKind = {
  readonly attribute: string
  readonly metadata: string
  readonly parts: readonly string[]
  readonly isWhole: boolean
}

export const tokenUsage: AmountKind = {
  attribute: 'mlflow.chat.tokenUsage',
  metadata: 'mlflow.trace.tokenUsage',
  parts: [
    ...['input_tokens', 'output_tokens', 'total_tokens', 'cache_read_input_tokens'],
    ...['cache_creation_input_tokens', 'cache_creation_input_tokens_above_1hr'],
  ],
  isWhole: true,
}

export const cost: AmountKind = {
  attribute: 'mlflow.llm.cost',
  metadata: 'mlflow.trace.cost',
  parts: ['input_cost', 'output_cost', 'total_cost'],
  isWhole: false,
}

/** Whether a span tells of an amount. */
export function hasAmounts(span: Span, kind: AmountKind): boolean {
  return amountsFrom(span.attributes[kind.attribute], kind) !== undefined
}

/** One part of an amount that a span tells of. */
export function readAmount(span: Span, kind: AmountKind, part: string): number | undefined {
  return amountsFrom(span.attributes[kind.attribute], kind)?.[part]
}

/**
 * What a trace used: the sum over its spans. A span that tells of it speaks for all below it, since
 * wrappers of a model repeat what the calls inside them tell.
 *
 * @returns the JSON for the trace's metadata; undefined where no span tells of it
 */
export function sumAmounts(spans: readonly Span[], kind: AmountKind): string | undefined {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const told = new Map(
    spans.flatMap((span) => {
      const amounts = amountsFrom(span.attributes[kind.attribute], kind)
      return amounts ? [[span.spanId, amounts]] : []
    }),
  )
  const sum: Record<string, number> = {}
  for (const [id, amounts] of told) {
    if (isBelow(id, byId, told)) continue
    for (const [part, amount] of Object.entries(amounts)) sum[part] = (sum[part] ?? 0) + amount
  }
  return told.size > 0 ? amountsText(sum, kind) : undefined
}

function isBelow(
  id: string,
  byId: ReadonlyMap<string, Span>,
  told: ReadonlyMap<string, Amounts>,
): boolean {
  // Ids are the sender's, so a span may be above itself.
  const seen = new Set<string>([id])
  for (let at = byId.get(id)?.parentId; at !== undefined; at = byId.get(at)?.parentId) {
    if (seen.has(at)) return false
    if (told.has(at)) return true
    seen.add(at)
  }
  return false
}

/** The known parts of what a client says a trace used; undefined where it is none of it. */
export function readAmounts(text: string, kind: AmountKind): string | undefined {
  const amounts = findAmounts(text, kind)
  return amounts && amountsText(amounts, kind)
}

/** The amounts in the JSON of a trace's metadata; undefined where it has none. */
export function findAmounts(text: string | undefined, kind: AmountKind): Amounts | undefined {
  try {
    return amountsFrom(parseExactJson(text ?? 'null'), kind)
  } catch {
    return undefined
  }
}

function amountsFrom(value: ExactJson | undefined, kind: AmountKind): Amounts | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const amounts: Record<string, number> = {}
  for (const [part, amount] of Object.entries(value)) {
    const isNumber = typeof amount === 'bigint' || (!kind.isWhole && typeof amount === 'number')
    if (isNumber && kind.parts.includes(part)) amounts[part] = Number(amount)
  }
  return Object.keys(amounts).length > 0 ? amounts : undefined
}

function amountsText(amounts: Amounts, { parts, isWhole }: AmountKind): string {
  const known = parts.flatMap((part): [string, ExactJson][] => {
    const amount = amounts[part]
    if (amount === undefined) return []
    return [[part, isWhole ? BigInt(Math.trunc(amount)) : amount]]
  })
  return exactJsonOf(Object.fromEntries(known))
}
