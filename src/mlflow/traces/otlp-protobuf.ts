import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { toBase64, toHex } from '../../core/bytes.ts'
import { RegistryError } from '../../core/error.ts'
import type { ExactJson } from '../../core/exact-json.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { checkSpanCount, spansMax } from '../../traces/ingest/log-spans.ts'
import type { SpanEvent, SpanLink, SpanStatus } from '../../traces/spans/span.ts'
import { valueDepthMax } from '../../traces/spans/value-text.ts'
import {
  namesMax,
  notOtlp,
  type OtlpGroup,
  type OtlpSpan,
  otlpStatuses,
  tooManyNames,
} from './otlp.ts'

/**
 * The spans of an `ExportTraceServiceRequest` in protobuf: the eight messages that lead to them, by their
 * field numbers. Fields that nothing here reads are skipped.
 *
 * @throws BAD_REQUEST it is none, or has more fields than any sender writes
 * @throws INVALID_PARAMETER_VALUE it has too many spans
 * @see https://github.com/open-telemetry/opentelemetry-proto, trace.proto and common.proto
 */
export async function readProtobuf(bytes: Uint8Array): Promise<readonly OtlpGroup[]> {
  const groups: { readonly resource: Record<string, ExactJson>; readonly spans: Uint8Array[] }[] =
    []
  const read = readUnlessBroken
  const outer = new FieldReader(bytes, { fields: fieldsMax, names: 0 })
  read(() =>
    readFields(outer, outer.len, {
      1: delimited((reader) => {
        if (groups.length === spansMax) throw notOtlp(`it has more than ${spansMax} resources`)
        groups.push(readResourceSpans(reader))
      }),
    }),
  )
  checkSpanCount(groups.reduce((sum, { spans }) => sum + spans.length, 0))
  const found: OtlpGroup[] = []
  const budget = { fields: fieldsMax, names: 0 }
  let turn = 0
  for (const { resource, spans } of groups) {
    const decoded: OtlpSpan[] = []
    for (const span of spans) {
      budget.names = namesMax
      decoded.push(read(() => readSpan(new FieldReader(span, budget))))
      turn += span.byteLength
      if (turn < turnBytesMax) continue
      turn = 0
      await letOthersRun()
    }
    found.push({ resource, spans: decoded })
  }
  return found
}

/** A large request is decoded in several turns. */
const turnBytesMax = 500_000

function readUnlessBroken<T>(read: () => T): T {
  try {
    return read()
  } catch (err) {
    throw err instanceof RegistryError ? err : notOtlp('the body is not protobuf', err)
  }
}

/** Of one request; a field may be two bytes, and becomes a value of a hundred. */
const fieldsMax = 1_000_000

/** What may still come: of fields in the request, and of attributes in the span or resource. */
type Budget = { fields: number; names: number }

/** A reader that knows how much may still come. */
class FieldReader extends BinaryReader {
  /** The one that was read last. */
  value: ExactJson = null

  constructor(
    bytes: Uint8Array,
    readonly budget: Budget,
  ) {
    super(bytes)
  }
}

/** How a field is written that this reads, and what to do with it. */
type FieldRead = { readonly type: WireType; readonly read: (reader: FieldReader) => unknown }
/** By the numbers of the fields. */
type Readers = Readonly<Record<number, FieldRead>>

const varint = (read: FieldRead['read']): FieldRead => ({ type: WireType.Varint, read })
const bit64 = (read: FieldRead['read']): FieldRead => ({ type: WireType.Bit64, read })
const delimited = (read: FieldRead['read']): FieldRead => ({ type: WireType.LengthDelimited, read })

/**
 * Read a message up to where it ends. A field that this does not know is skipped, and so is one that
 * is written in another way than this knows it.
 */
function readFields(reader: FieldReader, end: number, readers: Readers): void {
  while (reader.pos < end) {
    if (--reader.budget.fields < 0) throw notOtlp(`it has more than ${fieldsMax} fields`)
    const [field, type] = reader.tag()
    const known = readers[field]
    if (known?.type === type) known.read(reader)
    else if (type === WireType.StartGroup) throw notOtlp('it has a group, which proto3 has not')
    else reader.skip(type, field)
  }
  if (reader.pos > end) throw notOtlp('a message ends within a field')
}

/** Read the message in the field at which the reader stands, where it lies: a reader of its own costs more than most messages. */
function readInside(reader: FieldReader, readers: Readers): void {
  const sizeBytes = reader.uint32()
  readFields(reader, reader.pos + sizeBytes, readers)
}

function countName({ budget }: FieldReader): void {
  if (--budget.names < 0) throw tooManyNames()
}

function readResourceSpans(reader: FieldReader) {
  const resource: Attribute[] = []
  const spans: Uint8Array[] = []
  reader.budget.names = namesMax
  readInside(reader, {
    1: delimited((at) => readInside(at, { 1: delimited((pair) => readAttribute(pair, resource)) })),
    2: delimited((at) => readInside(at, { 2: delimited((span) => spans.push(span.bytes())) })),
  })
  return { resource: Object.fromEntries(resource), spans }
}

function readSpan(reader: FieldReader): OtlpSpan {
  const attributes: Attribute[] = []
  const events: SpanEvent[] = []
  const links: SpanLink[] = []
  let [traceId, spanId, parentId, name, statusMessage] = ['', '', '', '', '']
  let [startNs, endNs] = [0n, 0n]
  let status: SpanStatus = 'UNSET'
  readFields(reader, reader.len, {
    1: delimited((at) => (traceId = hexOf(at))),
    2: delimited((at) => (spanId = hexOf(at))),
    4: delimited((at) => (parentId = hexOf(at))),
    5: delimited((at) => (name = at.string())),
    7: bit64((at) => (startNs = readTime(at))),
    8: bit64((at) => (endNs = readTime(at))),
    9: delimited((at) => readAttribute(at, attributes)),
    11: delimited((at) => events.push(readEvent(at))),
    13: delimited((at) => links.push(readLink(at))),
    15: delimited((at) =>
      readInside(at, {
        2: delimited((text) => (statusMessage = text.string())),
        3: varint((code) => (status = otlpStatuses[code.int32()] ?? 'UNSET')),
      }),
    ),
  })
  return {
    traceId,
    spanId,
    parentId,
    name,
    startNs,
    endNs,
    status,
    statusMessage,
    attributes: Object.fromEntries(attributes),
    events,
    links,
  }
}

function readEvent(reader: FieldReader): SpanEvent {
  countName(reader)
  const attributes: Attribute[] = []
  let [name, timeNs] = ['', 0n]
  readInside(reader, {
    1: bit64((at) => (timeNs = readTime(at))),
    2: delimited((at) => (name = at.string())),
    3: delimited((at) => readAttribute(at, attributes)),
  })
  return { name, timeNs, attributes: Object.fromEntries(attributes) }
}

function readLink(reader: FieldReader): SpanLink {
  countName(reader)
  const attributes: Attribute[] = []
  let [traceId, spanId] = ['', '']
  readInside(reader, {
    1: delimited((at) => (traceId = hexOf(at))),
    2: delimited((at) => (spanId = hexOf(at))),
    4: delimited((at) => readAttribute(at, attributes)),
  })
  return { traceId, spanId, attributes: Object.fromEntries(attributes) }
}

/** A key, which `__proto__` may be too, and its value. */
type Attribute = [string, ExactJson]

function readAttribute(reader: FieldReader, into: Attribute[], depth = 0): void {
  countName(reader)
  let key = ''
  let value: ExactJson = null
  readInside(reader, {
    1: delimited((at) => (key = at.string())),
    2: delimited((at) => (value = readValue(at, depth))),
  })
  into.push([key, value])
}

/** Bytes become their base64, since JSON has none. */
function readValue(reader: FieldReader, depth: number): ExactJson {
  const readers = valueReaders[depth]
  if (!readers) throw notOtlp(`values are nested more than ${valueDepthMax} levels deep`)
  reader.value = null
  readInside(reader, readers)
  return reader.value
}

/** By the level. They are made once: a list may have a million values of two bytes. */
const valueReaders: readonly Readers[] = Array.from({ length: valueDepthMax + 1 }, (_, depth) => ({
  1: delimited((at) => (at.value = at.string())),
  2: varint((at) => (at.value = at.bool())),
  3: varint((at) => (at.value = BigInt(at.int64()))),
  4: bit64((at) => (at.value = at.double())),
  5: delimited((at) => {
    const items: ExactJson[] = []
    readInside(at, { 1: delimited((item) => items.push(readValue(item, depth + 1))) })
    at.value = items
  }),
  6: delimited((at) => {
    const fields: Attribute[] = []
    readInside(at, { 1: delimited((pair) => readAttribute(pair, fields, depth + 1)) })
    at.value = Object.fromEntries(fields)
  }),
  7: delimited((at) => (at.value = toBase64(at.bytes()))),
}))

/** Longer ones are no ids, and are refused as such. */
function hexOf(reader: FieldReader): string {
  return toHex(reader.bytes().subarray(0, 17))
}

function readTime(reader: FieldReader): bigint {
  return BigInt(reader.fixed64())
}
