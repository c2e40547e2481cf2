import { RegistryError } from '../../core/error.ts'
import { type ExactJson, exactJsonOf, parseExactJson } from '../../core/exact-json.ts'
import { measureJson } from '../../core/measure-json.ts'
import { messages } from '../../core/messages.ts'
import type { Span, SpanStatus } from '../../traces/spans/span.ts'

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

/** Values within values; deeper ones are refused. */
export const valueDepthMax = 64

/** Senders do not repeat what is answered so. */
export function notOtlp(why: string, cause?: unknown): RegistryError {
  return new RegistryError('BAD_REQUEST', `${messages.notOtlp}: ${why}`, { cause })
}

/** @throws UNPROCESSABLE_ENTITY an id has another length than OTLP gives it */
export function spanFromOtlp(sent: OtlpSpan): Span {
  if (!isId(sent.traceId, 32) || !isId(sent.spanId, 16)) {
    throw new RegistryError(
      'UNPROCESSABLE_ENTITY',
      'A span lacks its trace id of 16 bytes or its span id of 8; nothing of the request was kept',
    )
  }
  const attributes = Object.entries(sent.attributes).map(([key, value]) => [key, decoded(value)])
  return {
    ...sent,
    name: keepText(sent.name),
    parentId: isId(sent.parentId, 16) ? sent.parentId : undefined,
    attributes: Object.fromEntries(attributes),
  }
}

function isId(hex: string, digits: number): boolean {
  return hex.length === digits && !/^0*$/.test(hex)
}

/** Names of OTLP's status codes, by number. */
export const otlpStatuses: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR']

/** Attributes of what sent spans, as tags. */
export function resourceTexts(
  resource: Readonly<Record<string, ExactJson>>,
): Readonly<Record<string, string>> {
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
  return parseText(value) ?? value
}

/** What the text is the JSON of, if it is any. */
function parseText(text: string): ExactJson | undefined {
  if (measureJson(text).depth > valueDepthMax) return undefined
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}
