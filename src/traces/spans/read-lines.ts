import { type SQL, sql } from 'drizzle-orm'
import { readPacked } from '../../artifacts/packs/pack.ts'
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

/** Told of a trace whose spans are missing or damaged, by `traces.id`. */
type OnLost = (id: number) => void

type Reading = { readonly onLost?: OnLost | undefined; readonly charsMax?: number }

/**
 * The spans of some traces, one after another, so that those of few are at hand at once.
 *
 * @param onLost if given, traces whose spans are lost are left out
 * @param charsMax of a trace, and of those that are at hand at once: so many are read, and what began before
 * @throws DATA_LOSS without it, the spans of one are lost
 */
export async function* readTraceLines(
  platform: Pick<Platform, 'db' | 'blobs'>,
  places: readonly SpanPlace[],
  { onLost, charsMax = spanCharsMax }: Reading = {},
): AsyncGenerator<TraceLines> {
  const read = (round: readonly SpanPlace[]) => readRound(platform, round, { onLost, charsMax })
  for (const round of roundsOf(places)) {
    const reads = await read(round)
    for (const [i, place] of round.entries()) {
      const found = reads[i]
      if (!found) continue
      // One that others left no room for is read by itself.
      if (found.isWhole || i === 0) yield found
      else yield* (await read([place])).flatMap((alone) => alone ?? [])
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
  { onLost, charsMax }: Required<Reading>,
): Promise<readonly (TraceLines | undefined)[]> {
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
    readable.map(async ({ id }) => {
      const kept = [packedOf.get(id) ?? [], rows.get(id) ?? []].flat()
      const reads = Promise.all(kept.map((row) => readKept(platform, row)))
      return [id, await unlessLost(reads, id, onLost)] as const
    }),
  )
  return unpackAll(places, new Map(fetched), { onLost, charsMax })
}

/** Undefined: they are lost, and somebody wants to be told. */
async function unlessLost<T>(
  read: Promise<T>,
  id: number,
  onLost: OnLost | undefined,
): Promise<T | undefined> {
  try {
    return await read
  } catch (err) {
    if (!onLost || !(err instanceof RegistryError) || err.code !== 'DATA_LOSS') throw err
    onLost(id)
    return undefined
  }
}

/** Spans as they were packed, and whose they are. */
type Packed = {
  readonly trace_id: string
  /** Of the blob store; null: they were in a row. */
  readonly key: string | null
  readonly packed: Uint8Array<ArrayBuffer> | string
}

/** @param packed by `traces.id`: undefined is lost, and one that is missing too large */
async function unpackAll(
  places: readonly SpanPlace[],
  packed: ReadonlyMap<number, readonly Packed[] | undefined>,
  { onLost, charsMax }: Required<Reading>,
): Promise<readonly (TraceLines | undefined)[]> {
  const reads: (TraceLines | undefined)[] = []
  let chars = 0
  for (const { id } of places) {
    const parts = packed.get(id)
    if (!packed.has(id)) reads.push({ id, lines: [], chars: 0, isWhole: false })
    else if (!parts) reads.push(undefined)
    else {
      const unpacked = await unlessLost(unpackParts(parts, charsMax - chars), id, onLost)
      chars += unpacked?.charsRead ?? 0
      reads.push(unpacked && { id, ...unpacked })
    }
  }
  return reads
}

/** The parts of one trace, until more than `charsMax` were read. */
async function unpackParts(parts: readonly Packed[], charsMax: number) {
  const byId = new Map<string, string>()
  let charsRead = 0
  let isWhole = true
  for (const part of parts) {
    isWhole = charsRead <= charsMax
    if (!isWhole) break
    for (const line of await unpack(part)) {
      charsRead += line.length
      byId.set(lineIdOf(line), line)
    }
  }
  const lines = [...byId.values()]
  const chars = lines.reduce((sum, line) => sum + line.length, 0)
  return { lines, chars, charsRead, isWhole }
}

/** @throws DATA_LOSS they are not what was packed */
async function unpack({ packed, ...of }: Packed): Promise<readonly string[]> {
  try {
    return await (typeof packed === 'string' ? unpackLines(packed) : unpackBytes(packed))
  } catch (err) {
    throw lostSpans(of, 'is damaged', err)
  }
}

/** @throws DATA_LOSS the blob is missing */
async function readKept(
  { blobs }: Pick<Platform, 'blobs'>,
  kept: PayloadRow | PackedRow,
): Promise<Packed> {
  const { trace_id, key } = kept
  if ('start' in kept) {
    const range = { start: kept.start, end: kept.start + kept.length }
    return { trace_id, key, packed: await readBlob(blobs, kept, range) }
  }
  if (key === null) return { trace_id, key, packed: kept.body ?? '' }
  return { trace_id, key, packed: await readBlob(blobs, { trace_id, key }) }
}

/** @throws DATA_LOSS the blob is missing */
async function readBlob(
  blobs: Platform['blobs'],
  { key, trace_id }: { readonly key: string; readonly trace_id: string },
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readPacked(blobs, key, range)
  if (!bytes) throw lostSpans({ key, trace_id }, 'is missing')
  return bytes
}

function lostSpans(
  { key, trace_id }: Pick<Packed, 'key' | 'trace_id'>,
  problem: string,
  cause?: unknown,
): RegistryError {
  logError({ event: 'blob damaged', key, traceId: trace_id, problem })
  const where = key === null ? 'their row' : `the blob '${key}'`
  return new RegistryError(
    'DATA_LOSS',
    `The stored spans of trace '${trace_id}' are lost: ${where} ${problem}; restore it from a backup, or delete the trace`,
    { cause },
  )
}

/** Condition that spans lie in the blob store under a key, for garbage collection. */
export function isTraceKeySql(key: SQL): SQL {
  return sql`(exists (select 1 from trace_payloads p where p.key = ${key})
    or exists (select 1 from trace_packs p where p.key = ${key}))`
}
