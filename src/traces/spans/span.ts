import { fromHex, toBase64, toHex } from '../../core/bytes.ts'
import type { ExactJson } from '../../core/exact-json.ts'

/** OTLP's status codes, in the order of their numbers. */
export const spanStatuses = ['UNSET', 'OK', 'ERROR'] as const
export type SpanStatus = (typeof spanStatuses)[number]

export type SpanAttributes = { readonly [key: string]: ExactJson }

export type SpanEvent = {
  readonly name: string
  readonly timeNs: bigint
  readonly attributes: SpanAttributes
}

export type SpanLink = {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: SpanAttributes
}

/** One step of a trace. Times are nanoseconds since 1970; ids are lower-case hex, as OTLP has them. */
export type Span = {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
  /** Undefined for a root. */
  readonly parentId: string | undefined
  readonly name: string
  readonly startNs: bigint
  /** 0 while it is open. */
  readonly endNs: bigint
  readonly status: SpanStatus
  readonly statusMessage: string
  readonly attributes: SpanAttributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
}

/** What MLflow calls the trace of an OTLP trace id. */
export function traceIdOf(span: Pick<Span, 'traceId'>): string {
  return `tr-${span.traceId}`
}

/** A text attribute; undefined where it is absent or of another type. */
export function attributeText({ attributes }: Span, key: string): string | undefined {
  const value = Object.hasOwn(attributes, key) ? attributes[key] : undefined
  return typeof value === 'string' ? value : undefined
}

/** MLflow's type of a span, UNKNOWN where it says none. */
export function spanTypeOf(span: Span): string {
  return attributeText(span, 'mlflow.spanType') ?? 'UNKNOWN'
}

/** Lower-case hex as base64, which is how MLflow's own messages have ids. */
export function base64Of(hex: string): string {
  return toBase64(fromHex(hex))
}

/** The hex of an id in base64, or undefined where it is none. */
export function hexOf(base64: string): string | undefined {
  try {
    return toHex(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)))
  } catch {
    return undefined
  }
}
