import { type SQL, sql } from 'drizzle-orm'
import type { Platform } from '../../platform/context.ts'
import type { Collector } from '../collect.ts'

const packsPerRound = 100

/** Packs of one kind, and how they are told to be of use. */
export type PackKind = {
  /** Has `id`, `key`, `size_bytes` and `emptied_at_ms`. */
  readonly table: SQL
  /** The bytes of the pack `k` that are needed still. */
  readonly liveBytes: SQL
  /** A condition: something of a pack, given by its id, is needed still. */
  isUsed(pack: SQL): SQL
  /** Write what is needed of it into a new one. What is lost of it stays as it is: it may be put back from a copy. */
  rewrite(platform: Platform, pack: Pick<PackRow, 'id' | 'key'>): Promise<void>
}

type PackRow = {
  readonly id: number
  readonly key: string
  readonly size_bytes: number
  readonly live_bytes: number
}

/** A part of the packs, by their ids. */
export type PackPart = { readonly index: number; readonly of: number }

/**
 * Write packs anew of which less than half is needed still, and forget those of which nothing has been
 * needed since the grace time; their objects are then without a row, which gc removes.
 */
export async function collectPacks(
  collector: Platform & Collector,
  { table, liveBytes, isUsed, rewrite }: PackKind,
  part: PackPart = { index: 0, of: 1 },
): Promise<void> {
  if (collector.dryRun) return
  const { db, now } = collector
  const inPart = sql`k.id % ${part.of} = ${part.index} and k.emptied_at_ms is null`
  const last = await db.first(sql<{ id: number | null }>`select max(id) as id from ${table}`)
  let after = 0
  for (;;) {
    const packs = await db.all(sql<PackRow>`
      select k.id, k.key, k.size_bytes, ${liveBytes} as live_bytes
      from ${table} k where k.id > ${after} and k.id <= ${last?.id ?? 0} and ${inPart}
      order by k.id limit ${packsPerRound}`)
    for (const pack of packs) {
      const isSparse = pack.live_bytes > 0 && pack.live_bytes * 2 < pack.size_bytes
      if (isSparse && (await collector.blobs.sizeOf(pack.key)) !== undefined) {
        await rewrite(collector, pack)
      }
    }
    collector.onProgress?.(packs.length)
    after = packs.at(-1)?.id ?? 0
    if (packs.length < packsPerRound) break
  }
  await db.batch({
    noted: sql`update ${table} as k set emptied_at_ms = ${now()} where ${inPart}
      and not ${isUsed(sql`k.id`)}`,
    forgotten: sql`delete from ${table} where emptied_at_ms <= ${now() - collector.graceMs}
      and not ${isUsed(sql`${table}.id`)}`,
  })
}
