import { sql } from 'drizzle-orm'
import type { Collector } from '../../artifacts/collect.ts'
import type { Platform } from '../../platform/context.ts'
import { type FoldedTrace, foldedColumns, writePacks } from './write-packs.ts'

const packsPerRound = 100

type PackRow = {
  readonly id: number
  readonly key: string
  readonly size_bytes: number
  /** Of the traces that are still there. */
  readonly live_bytes: number
}

/** A part of the packs, by their ids. */
export type PackPart = { readonly index: number; readonly of: number }

/**
 * Write packs anew of which less than half belongs to traces that are still there, and forget those
 * that have had no trace since the grace time; their objects are then without a row, which gc removes.
 */
export async function collectPacks(
  collector: Platform & Collector,
  part: PackPart = { index: 0, of: 1 },
): Promise<void> {
  if (collector.dryRun) return
  const { db, now } = collector
  const inPart = sql`k.id % ${part.of} = ${part.index} and k.emptied_at_ms is null`
  const last = await db.first(sql<{ id: number | null }>`select max(id) as id from trace_packs`)
  let after = 0
  for (;;) {
    const packs = await db.all(sql<PackRow>`
      select k.id, k.key, k.size_bytes,
        (select coalesce(sum(t.pack_length), 0) from traces t where t.pack = k.id) as live_bytes
      from trace_packs k where k.id > ${after} and k.id <= ${last?.id ?? 0} and ${inPart}
      order by k.id limit ${packsPerRound}`)
    for (const pack of packs) {
      const isSparse = pack.live_bytes > 0 && pack.live_bytes * 2 < pack.size_bytes
      if (isSparse) await rewritePack(collector, pack)
    }
    collector.onProgress?.(packs.length)
    after = packs.at(-1)?.id ?? 0
    if (packs.length < packsPerRound) break
  }
  await db.batch({
    noted: sql`update trace_packs as k set emptied_at_ms = ${now()} where ${inPart}
      and not exists (select 1 from traces t where t.pack = k.id)`,
    forgotten: sql`delete from trace_packs where emptied_at_ms <= ${now() - collector.graceMs}
      and not exists (select 1 from traces t where t.pack = trace_packs.id)`,
  })
}

/** What is lost of it stays as it is: it may be put back from a copy, and the others go on. */
async function rewritePack(platform: Platform, { id, key }: PackRow): Promise<void> {
  if ((await platform.blobs.sizeOf(key)) === undefined) return
  const traces = await platform.db.all(sql<FoldedTrace>`select ${foldedColumns} from traces t
    where t.pack = ${id} order by t.id`)
  await writePacks(platform, traces)
}
