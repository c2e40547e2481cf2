import { type ExactJson, exactJsonOf, parseExactJson } from '../../core/exact-json.ts'
import { base64Of, hexOf, type Span, type SpanAttributes, type SpanStatus } from './span.ts'
import { parseValueText } from './value-text.ts'

/**
 * A span as it is kept: a line of JSON in the form of MLflow's `traces.json`, where each attribute is the
 * text of its JSON. Filters on the content of spans compare this text.
 */
export function spanLineOf(span: Span): string {
  return exactJsonOf({
    trace_id: base64Of(span.traceId),
    span_id: base64Of(span.spanId),
    parent_span_id: span.parentId === undefined ? null : base64Of(span.parentId),
    name: span.name,
    start_time_unix_nano: span.startNs,
    end_time_unix_nano: span.endNs === 0n ? null : span.endNs,
    events: span.events.map(({ name, timeNs, attributes }) => ({
      name,
      time_unix_nano: timeNs,
      attributes,
    })),
    status: { code: `STATUS_CODE_${span.status}`, message: span.statusMessage },
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [key, exactJsonOf(value)]),
    ),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      trace_id: base64Of(traceId),
      span_id: base64Of(spanId),
      attributes,
    })),
  })
}

/** The id of the span in a line, in base64, without parsing the rest. */
export function lineIdOf(line: string): string {
  return /"span_id": "([^"]*)"/.exec(line)?.[1] ?? ''
}

/** By roots first and then by the start of spans, which is how traces are answered; without parsing them. */
export function compareLines(a: string, b: string): number {
  const [left, right] = [placeOf(a), placeOf(b)]
  return left.below - right.below || Number(left.startNs - right.startNs)
}

function placeOf(line: string) {
  return {
    below: /"parent_span_id": (null|")/.exec(line)?.[1] === 'null' ? 0 : 1,
    startNs: BigInt(/"start_time_unix_nano": (\d+)/.exec(line)?.[1] ?? '0'),
  }
}

type Fields = { readonly [key: string]: ExactJson }

/**
 * The span that a line, or an entry of a client's `traces.json`, has; undefined where it is none.
 *
 * @param value as `parseExactJson` makes it
 */
export function spanFrom(value: ExactJson): Span | undefined {
  if (!isFields(value)) return undefined
  const [traceId, spanId] = [idOf(value.trace_id), idOf(value.span_id)]
  if (traceId?.length !== 32 || spanId?.length !== 16) return undefined
  const status = isFields(value.status ?? null) ? (value.status as Fields) : {}
  return {
    traceId,
    spanId,
    parentId: idOf(value.parent_span_id),
    name: textOf(value.name),
    startNs: timeOf(value.start_time_unix_nano),
    endNs: timeOf(value.end_time_unix_nano),
    status: statusOf(textOf(status.code)),
    statusMessage: textOf(status.message),
    attributes: Object.fromEntries(
      Object.entries(fieldsOf(value.attributes)).map(([key, text]) => [key, attributeOf(text)]),
    ),
    events: listOf(value.events).map((event) => ({
      name: textOf(event.name),
      timeNs: timeOf(event.time_unix_nano ?? event.timestamp),
      attributes: fieldsOf(event.attributes),
    })),
    links: listOf(value.links).map((link) => ({
      traceId: idOf(link.trace_id) ?? '',
      spanId: idOf(link.span_id) ?? '',
      attributes: fieldsOf(link.attributes),
    })),
  }
}

/** The span of a line that this server wrote. */
export function parseSpanLine(line: string): Span {
  const span = spanFrom(parseExactJson(line))
  if (!span) throw new Error('a kept line holds a span')
  return span
}

function attributeOf(text: ExactJson): ExactJson {
  if (typeof text !== 'string') return text
  const value = parseValueText(text)
  // A client's own file may hold a bare text. `null` is a value.
  return value === undefined ? text : value
}

function statusOf(code: string): SpanStatus {
  if (/(^|_)OK$/.test(code)) return 'OK'
  return /(^|_)ERROR$/.test(code) ? 'ERROR' : 'UNSET'
}

function idOf(value: ExactJson | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? hexOf(value) : undefined
}

function textOf(value: ExactJson | undefined): string {
  return typeof value === 'string' ? value : ''
}

function timeOf(value: ExactJson | undefined): bigint {
  return typeof value === 'bigint' && value > 0n ? value : 0n
}

function fieldsOf(value: ExactJson | undefined): SpanAttributes {
  return isFields(value ?? null) ? (value as Fields) : {}
}

function listOf(value: ExactJson | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function isFields(value: ExactJson): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
