import { type SQL, sql } from 'drizzle-orm'
import { chunksOf } from '../../core/bytes.ts'
import { invalid, RegistryError } from '../../core/error.ts'
import type { Platform } from '../../platform/context.ts'
import { logError } from '../../platform/log.ts'
import { unpackBytes, unpackLines } from './payload.ts'
import { lineIdOf } from './span-line.ts'

/** A trace whose spans are to be read. */
export type SpanPlace = {
  /** `traces.id`. */
  readonly id: number
  /** What they take as they are kept. */
  readonly span_bytes: number
}

/** What a row of spans in the blob store is taken for: rows have up to 512 kB, and requests 20 MB before they are packed. */
const blobBytes = 1_500_000

/** The columns of a `SpanPlace`, of `traces t`. */
export const placeColumns = sql`t.id,
  coalesce(t.pack_length, 0) + coalesce((
    select sum(coalesce(octet_length(p.body), ${sql.raw(String(blobBytes))})) from trace_payloads p
    where p.id >= t.id * 65536 and p.id < (t.id + 1) * 65536), 0) as span_bytes`

type PayloadRow = {
  readonly trace: number
  readonly trace_id: string
  readonly body: string | null
  readonly key: string | null
}

type PackedRow = {
  readonly trace: number
  readonly trace_id: string
  readonly key: string
  readonly start: number
  readonly length: number
}

/** The spans of one trace. */
export type TraceLines = {
  /** `traces.id`. */
  readonly id: number
  /** A line for each span, as it was last sent, in the order in which they first came. */
  readonly lines: readonly string[]
  /** Of the lines. */
  readonly chars: number
  /** Whether these are all: of a trace that has more than one answer may have, the first are read. */
  readonly isWhole: boolean
}

/** What is at hand at once: characters of spans, and bytes as they are kept. */
export const spanCharsMax = 64_000_000
const roundBytesMax = 4_000_000

/** The spans of some traces, one after another, so that those of few are at hand at once. */
export async function* readTraceLines(
  platform: Pick<Platform, 'db' | 'blobs'>,
  places: readonly SpanPlace[],
): AsyncGenerator<TraceLines> {
  for (const round of roundsOf(places)) {
    const reads = await readRound(platform, round)
    for (const [i, place] of round.entries()) {
      const read = reads[i]
      // One that others left no room for is read by itself.
      if (read?.isWhole || i === 0) yield* read ? [read] : []
      else yield* await readRound(platform, [place])
    }
  }
}

/** All spans of one trace. @throws INVALID_PARAMETER_VALUE it has more than one answer may have */
export async function readLines(
  platform: Pick<Platform, 'db' | 'blobs'>,
  place: SpanPlace,
): Promise<readonly string[]> {
  for await (const { lines, isWhole } of readTraceLines(platform, [place])) {
    if (!isWhole) throw tooManySpans()
    return lines
  }
  return []
}

export function tooManySpans(): RegistryError {
  return invalid(
    `These spans have more than ${spanCharsMax} characters, which is the most that one answer has; ask for fewer traces at once`,
  )
}

function roundsOf(places: readonly SpanPlace[]): readonly (readonly SpanPlace[])[] {
  const rounds: SpanPlace[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const place of places) {
    bytes += place.span_bytes
    if (bytes > roundBytesMax) {
      rounds.push([])
      bytes = place.span_bytes
    }
    rounds.at(-1)?.push(place)
  }
  return rounds
}

/**
 * Reads first, and at once, what has to be fetched: of a trace that is folded meanwhile either its rows are
 * there or its place in a pack. Unpacks then one after another, since a little may
 * become much.
 */
async function readRound(
  platform: Pick<Platform, 'db' | 'blobs'>,
  places: readonly SpanPlace[],
): Promise<readonly TraceLines[]> {
  const readable = places.filter(({ span_bytes }) => span_bytes <= spanCharsMax)
  const ids = JSON.stringify(readable.map(({ id }) => id))
  const { payloads, packed } = await platform.db.batch({
    payloads: sql<PayloadRow>`select p.id / 65536 as trace, p.body, p.key,
        (select trace_id from traces where id = w.value) as trace_id from json_each(${ids}) w
      cross join trace_payloads p on p.id >= w.value * 65536 and p.id < (w.value + 1) * 65536
      order by p.id`,
    packed: sql<PackedRow>`select t.id as trace, t.trace_id, k.key, t.pack_offset as start, t.pack_length as length
      from json_each(${ids}) w cross join traces t on t.id = w.value
      cross join trace_packs k on k.id = t.pack`,
  })
  const packedOf = new Map(packed.map((row) => [row.trace, row]))
  const rows = Map.groupBy(payloads, ({ trace }) => trace)
  const fetched = await Promise.all(
    readable.map(async (place) => {
      const own = rows.get(place.id) ?? []
      const later = own.map((row) => readRow(platform, row))
      return [
        place.id,
        await Promise.all([readPacked(platform, packedOf.get(place.id)), ...later]),
      ] as const
    }),
  )
  return unpackAll(places, new Map(fetched))
}

type Packed = Uint8Array<ArrayBuffer> | string | undefined

async function unpackAll(
  places: readonly SpanPlace[],
  packed: ReadonlyMap<number, readonly Packed[]>,
): Promise<readonly TraceLines[]> {
  const read: TraceLines[] = []
  let chars = 0
  for (const { id } of places) {
    const byId = new Map<string, string>()
    const parts = packed.get(id)
    let isWhole = parts !== undefined
    for (const part of parts ?? []) {
      isWhole = chars <= spanCharsMax
      if (!isWhole) break
      for (const line of await unpack(part)) {
        chars += line.length
        byId.set(lineIdOf(line), line)
      }
    }
    const lines = [...byId.values()]
    read.push({ id, lines, chars: lines.reduce((sum, line) => sum + line.length, 0), isWhole })
  }
  return read
}

async function unpack(packed: Packed): Promise<readonly string[]> {
  if (packed === undefined) return []
  return typeof packed === 'string' ? unpackLines(packed) : unpackBytes(packed)
}

async function readPacked(
  { blobs }: Pick<Platform, 'blobs'>,
  row: PackedRow | undefined,
): Promise<Packed> {
  return row && readBlob(blobs, row, { start: row.start, end: row.start + row.length })
}

async function readRow(
  { blobs }: Pick<Platform, 'blobs'>,
  { body, key, trace_id }: PayloadRow,
): Promise<Packed> {
  return body ?? (key === null ? undefined : readBlob(blobs, { key, trace_id }))
}

/** @throws DATA_LOSS the blob is missing */
async function readBlob(
  blobs: Platform['blobs'],
  { key, trace_id }: { readonly key: string; readonly trace_id: string },
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await blobs.get(key, range)
  if (!blob) {
    logError({ event: 'blob damaged', key, traceId: trace_id, problem: 'is missing' })
    throw new RegistryError(
      'DATA_LOSS',
      `The stored spans of trace '${trace_id}' are lost: the blob '${key}' is missing; restore it from a backup, or delete the trace`,
    )
  }
  const parts: Uint8Array[] = []
  for await (const chunk of chunksOf(blob.body)) parts.push(chunk)
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

/** Condition that spans lie in the blob store under a key, for garbage collection. */
export function isTraceKeySql(key: SQL): SQL {
  return sql`(exists (select 1 from trace_payloads p where p.key = ${key})
    or exists (select 1 from trace_packs p where p.key = ${key}))`
}
