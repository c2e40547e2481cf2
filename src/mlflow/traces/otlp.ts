import { RegistryError } from '../../core/error.ts'
import { type ExactJson, exactJsonOf } from '../../core/exact-json.ts'
import { messages } from '../../core/messages.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Span, SpanStatus } from '../../traces/spans/span.ts'
import { parseValueText } from '../../traces/spans/value-text.ts'

/** What an OTLP request has, whichever way it was encoded. */
export type OtlpGroup = {
  readonly resource: Readonly<Record<string, ExactJson>>
  readonly spans: readonly OtlpSpan[]
}

/** A span as it was sent: ids in hex, which may be missing. */
export type OtlpSpan = Omit<Span, 'parentId' | 'attributes'> & {
  readonly parentId: string
  readonly attributes: Readonly<Record<string, ExactJson>>
}

/** Names of attributes, however deep, that a span with its events and links may have; a program gives it some tens. A resource may have so many too. */
export const namesMax = 10_000
/** Values in a text of JSON; one that has more stays a text. */
const textValuesMax = 30_000
const charsPerTurn = 200_000
const charsOfAttribute = 20

/** Senders do not repeat what is answered so. */
export function notOtlp(why: string, cause?: unknown): RegistryError {
  return new RegistryError('BAD_REQUEST', `${messages.notOtlp}: ${why}`, { cause })
}

export function tooManyNames(): RegistryError {
  return notOtlp(
    `a span, with its events and links, or a resource has more than ${namesMax} attributes`,
  )
}

/** Spans as they are logged, made in turns. @throws as `spanFromOtlp` */
export async function makeSpans(sent: readonly OtlpSpan[]): Promise<readonly Span[]> {
  const spans: Span[] = []
  let chars = 0
  for (const one of sent) {
    spans.push(spanFromOtlp(one))
    for (const value of Object.values(one.attributes)) {
      chars += charsOfAttribute + (typeof value === 'string' ? value.length : 0)
    }
    if (chars < charsPerTurn) continue
    chars = 0
    await letOthersRun()
  }
  return spans
}

/**
 * @throws UNPROCESSABLE_ENTITY an id has another length than OTLP gives it
 * @throws BAD_REQUEST it has too many attributes
 */
function spanFromOtlp(sent: OtlpSpan): Span {
  if (!isId(sent.traceId, 32) || !isId(sent.spanId, 16)) {
    throw new RegistryError(
      'UNPROCESSABLE_ENTITY',
      'A span lacks its trace id of 16 bytes or its span id of 8; nothing of the request was kept',
    )
  }
  if (countNames(sent) > namesMax) throw tooManyNames()
  const attributes = Object.entries(sent.attributes).map(([key, value]) => [key, decoded(value)])
  return {
    ...sent,
    name: keepText(sent.name),
    parentId: isId(sent.parentId, 16) ? sent.parentId : undefined,
    attributes: Object.fromEntries(attributes),
  }
}

function countNames({ attributes, events, links }: OtlpSpan): number {
  const parts = [...events, ...links].map((part) => part.attributes)
  return [attributes, ...parts].reduce((sum, part) => sum + countFields(part), parts.length)
}

function countFields(value: ExactJson): number {
  if (typeof value !== 'object' || value === null) return 0
  const within = Object.values(value).reduce((sum: number, one) => sum + countFields(one), 0)
  return within + (Array.isArray(value) ? 0 : Object.keys(value).length)
}

function isId(hex: string, digits: number): boolean {
  return hex.length === digits && !/^0*$/.test(hex)
}

/** Names of OTLP's status codes, by number. */
export const otlpStatuses: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR']

/** Attributes of what sent spans, as tags. @throws BAD_REQUEST there are too many */
export function resourceTexts(
  resource: Readonly<Record<string, ExactJson>>,
): Readonly<Record<string, string>> {
  if (countFields(resource) > namesMax) throw tooManyNames()
  return Object.fromEntries(
    Object.entries(resource).map(([key, value]) => [
      key,
      keepText(typeof value === 'string' ? value : exactJsonOf(value)),
    ]),
  )
}

/** A text that any column can hold. */
function keepText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '')
}

/**
 * Older clients send maps, lists and texts as a text of JSON. Numbers and the like in a text stay a text.
 */
function decoded(value: ExactJson): ExactJson {
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value
  return parseValueText(value, textValuesMax) ?? value
}
