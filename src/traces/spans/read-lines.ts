import { type SQL, sql } from 'drizzle-orm'
import { chunksOf } from '../../core/bytes.ts'
import type { Platform } from '../../platform/context.ts'
import { unpackBytes, unpackLines } from './payload.ts'
import { lineIdOf } from './span-line.ts'

/** Where the spans of a trace are. */
export type SpanPlace = {
  /** `traces.id`. */
  readonly id: number
  readonly pack: number | null
  readonly pack_offset: number | null
  readonly pack_length: number | null
}

type PayloadRow = {
  readonly trace: number
  readonly body: string | null
  readonly key: string | null
}

/**
 * The spans of some traces as lines, by `traces.id`: each span once, as it was last sent, in the order
 * in which they first came.
 */
export async function readLines(
  platform: Pick<Platform, 'db' | 'blobs'>,
  places: readonly SpanPlace[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const ids = JSON.stringify(places.map(({ id }) => id))
  const packs = JSON.stringify(places.flatMap(({ pack }) => pack ?? []))
  const { payloads, keys } = await platform.db.batch({
    payloads: sql<PayloadRow>`select p.id / 65536 as trace, p.body, p.key from json_each(${ids}) w
      cross join trace_payloads p on p.id >= w.value * 65536 and p.id < (w.value + 1) * 65536
      order by p.id`,
    keys: sql<{ id: number; key: string }>`select id, key from trace_packs
      where id in (select value from json_each(${packs}))`,
  })
  const keyOf = new Map(keys.map(({ id, key }) => [id, key]))
  const rows = Map.groupBy(payloads, ({ trace }) => trace)
  const read = places.map(async (place) => {
    const packed = await readPacked(platform, place, keyOf)
    const later = await Promise.all((rows.get(place.id) ?? []).map((row) => readRow(platform, row)))
    return [place.id, lastOfEach([packed, ...later].flat())] as const
  })
  return new Map(await Promise.all(read))
}

async function readPacked(
  { blobs }: Pick<Platform, 'blobs'>,
  { pack, pack_offset: start, pack_length: length }: SpanPlace,
  keys: ReadonlyMap<number, string>,
): Promise<readonly string[]> {
  if (pack === null || start === null || length === null) return []
  const key = keys.get(pack)
  return key === undefined ? [] : readBlob(blobs, key, { start, end: start + length })
}

async function readRow(
  { blobs }: Pick<Platform, 'blobs'>,
  { body, key }: PayloadRow,
): Promise<readonly string[]> {
  if (body !== null) return unpackLines(body)
  return key === null ? [] : readBlob(blobs, key)
}

async function readBlob(
  blobs: Platform['blobs'],
  key: string,
  range?: { readonly start: number; readonly end: number },
): Promise<readonly string[]> {
  const blob = await blobs.get(key, range)
  if (!blob) throw new Error(`the spans in blob ${key} are missing`)
  const parts: Uint8Array[] = []
  for await (const chunk of chunksOf(blob.body)) parts.push(chunk)
  return unpackBytes(joined(parts))
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

function lastOfEach(lines: readonly string[]): readonly string[] {
  return [...new Map(lines.map((line) => [lineIdOf(line), line])).values()]
}

/** Condition that spans lie in the blob store under a key, for garbage collection. */
export function isTraceKeySql(key: SQL): SQL {
  return sql`(exists (select 1 from trace_payloads p where p.key = ${key})
    or exists (select 1 from trace_packs p where p.key = ${key}))`
}
