import { type ExactJson, parseExactJson } from '../../core/exact-json.ts'
import { measureJson } from '../../core/measure-json.ts'
import { checkJsonSize } from '../../http/body.ts'
import type { SpanEvent, SpanLink, SpanStatus } from '../../traces/spans/span.ts'
import { valueDepthMax } from '../../traces/spans/value-text.ts'
import { notOtlp, type OtlpGroup, type OtlpSpan, otlpStatuses } from './otlp.ts'

/**
 * The spans of an `ExportTraceServiceRequest` in JSON, as OTLP has it: names in camel case, ids in hex,
 * numbers of 64 bits as text or number.
 *
 * @throws BAD_REQUEST it is none
 * @throws PAYLOAD_TOO_LARGE it has too many values
 */
export function readOtlpJson(text: string): readonly OtlpGroup[] {
  const size = measureJson(text)
  checkJsonSize(size, size.hasLongInteger)
  if (size.depth > levelsPerValue * valueDepthMax) throw notOtlp('the JSON is nested too deep')
  const body = parseBody(text, size.hasLongInteger)
  if (!isFields(body)) throw notOtlp('the body is not a JSON object')
  return listOf(body.resourceSpans).map((group) => ({
    resource: attributesOf(fieldsOf(group.resource).attributes, 0),
    spans: listOf(group.scopeSpans).flatMap(({ spans }) => listOf(spans).map(spanOf)),
  }))
}

/** A value within a value is a list in an object in an object. */
const levelsPerValue = 4

type Fields = { readonly [key: string]: ExactJson }

function parseBody(text: string, isExact: boolean): ExactJson {
  try {
    // Reading each number by itself takes several times as long, and most senders write them as text.
    return isExact ? parseExactJson(text) : JSON.parse(text)
  } catch (err) {
    throw notOtlp('the body is not JSON', err)
  }
}

function spanOf(span: Fields): OtlpSpan {
  const status = fieldsOf(span.status)
  return {
    traceId: hexOf(span.traceId),
    spanId: hexOf(span.spanId),
    parentId: hexOf(span.parentSpanId),
    name: textOf(span.name),
    startNs: timeOf(span.startTimeUnixNano),
    endNs: timeOf(span.endTimeUnixNano),
    status: statusOf(status.code),
    statusMessage: textOf(status.message),
    attributes: attributesOf(span.attributes, 0),
    events: listOf(span.events).map(
      (event): SpanEvent => ({
        name: textOf(event.name),
        timeNs: timeOf(event.timeUnixNano),
        attributes: attributesOf(event.attributes, 0),
      }),
    ),
    links: listOf(span.links).map(
      (link): SpanLink => ({
        traceId: hexOf(link.traceId),
        spanId: hexOf(link.spanId),
        attributes: attributesOf(link.attributes, 0),
      }),
    ),
  }
}

function attributesOf(value: ExactJson | undefined, depth: number): Fields {
  return Object.fromEntries(
    listOf(value).map(({ key, value: item }) => [textOf(key), anyValueOf(fieldsOf(item), depth)]),
  )
}

function anyValueOf(value: Fields, depth: number): ExactJson {
  if (depth > valueDepthMax)
    throw notOtlp(`values are nested more than ${valueDepthMax} levels deep`)
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } =
    value
  if (typeof stringValue === 'string') return stringValue
  if (typeof boolValue === 'boolean') return boolValue
  if (intValue !== undefined) return integerOf(intValue)
  if (doubleValue !== undefined) return Number(doubleValue)
  if (arrayValue !== undefined) {
    return listOf(fieldsOf(arrayValue).values).map((item) => anyValueOf(item, depth + 1))
  }
  if (kvlistValue !== undefined) return attributesOf(fieldsOf(kvlistValue).values, depth + 1)
  return typeof bytesValue === 'string' ? bytesValue : null
}

function integerOf(value: ExactJson): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^[+-]?\d{1,20}$/.test(value)) return BigInt(value)
  throw notOtlp('an intValue is not an integer')
}

function timeOf(value: ExactJson | undefined): bigint {
  const time = value === undefined || value === null ? 0n : integerOf(value)
  return BigInt.asUintN(64, time)
}

function statusOf(code: ExactJson | undefined): SpanStatus {
  if (typeof code === 'bigint' || typeof code === 'number')
    return otlpStatuses[Number(code)] ?? 'UNSET'
  return otlpStatuses.find((status) => code === `STATUS_CODE_${status}`) ?? 'UNSET'
}

function hexOf(value: ExactJson | undefined): string {
  const text = textOf(value).toLowerCase()
  if (/^[0-9a-f]*$/.test(text) && text.length % 2 === 0) return text
  throw notOtlp('an id is not hex')
}

function textOf(value: ExactJson | undefined): string {
  return typeof value === 'string' ? value.toWellFormed() : ''
}

function fieldsOf(value: ExactJson | undefined): Fields {
  return isFields(value ?? null) ? (value as Fields) : {}
}

function listOf(value: ExactJson | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function isFields(value: ExactJson): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
