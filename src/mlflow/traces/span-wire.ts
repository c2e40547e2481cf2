import type { ExactJson } from '../../core/exact-json.ts'
import { base64Of, type Span, type SpanAttributes } from '../../traces/spans/span.ts'
import { doubleToJson, rawJson, unlessEmpty } from '../wire/json.ts'

/** OTLP's `Span` message in proto JSON, as far as MLflow answers it. */
export function spanToWire(span: Span): object {
  return {
    trace_id: base64Of(span.traceId),
    span_id: base64Of(span.spanId),
    parent_span_id: span.parentId === undefined ? undefined : base64Of(span.parentId),
    name: span.name,
    start_time_unix_nano: timeToWire(span.startNs),
    end_time_unix_nano: timeToWire(span.endNs),
    attributes: attributesToWire(span.attributes),
    events: unlessEmpty(
      span.events.map(({ timeNs, name, attributes }) => ({
        time_unix_nano: timeToWire(timeNs),
        name,
        attributes: attributesToWire(attributes),
      })),
    ),
    links: unlessEmpty(
      span.links.map(({ traceId, spanId, attributes }) => ({
        trace_id: base64Of(traceId),
        span_id: base64Of(spanId),
        attributes: attributesToWire(attributes),
      })),
    ),
    status: {
      code: span.status === 'UNSET' ? undefined : `STATUS_CODE_${span.status}`,
      message: span.statusMessage || undefined,
    },
  }
}

function timeToWire(ns: bigint): unknown {
  return ns === 0n ? undefined : rawJson(ns.toString())
}

function attributesToWire(attributes: SpanAttributes): readonly object[] | undefined {
  return unlessEmpty(
    Object.entries(attributes).map(([key, value]) => ({ key, value: valueToWire(value) })),
  )
}

/** OTLP's `AnyValue`. */
function valueToWire(value: ExactJson): object {
  switch (typeof value) {
    case 'string':
      return { string_value: value }
    case 'boolean':
      return { bool_value: value }
    case 'bigint':
      // OTLP's integers have 64 bits; one that a text had may have more.
      return BigInt.asIntN(64, value) === value
        ? { int_value: rawJson(value.toString()) }
        : { double_value: Number(value) }
    case 'number':
      return { double_value: doubleToJson(value) }
    default:
      if (value === null) return {}
      return isList(value)
        ? { array_value: { values: unlessEmpty(value.map(valueToWire)) } }
        : { kvlist_value: { values: attributesToWire(value) } }
  }
}

function isList(value: object): value is readonly ExactJson[] {
  return Array.isArray(value)
}
