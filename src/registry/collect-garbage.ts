import { type SQL, sql } from 'drizzle-orm'
import {
  type Collected,
  type Collector,
  collectBlobs,
  collectLeftovers,
  collectOrphans,
  collectUploads,
} from '../artifacts/collect.ts'
import { collectHour } from '../artifacts/collect-slowly.ts'
import { collectPacks, type PackPart } from '../artifacts/packs/collect-packs.ts'
import type { Platform } from '../platform/context.ts'
import { purgeTraces } from '../traces/changes/delete-traces.ts'
import { tracePackKind } from '../traces/folding/collect-packs.ts'
import { isTraceKeySql } from '../traces/spans/read-lines.ts'
import { isMetricKeySql, metricPackKind } from '../tracking/folding/collect-metrics.ts'
import { type PurgeBound, type Purged, purgeDeleted } from '../tracking/purge.ts'
import { readDeletedFacts } from './facts/fill-facts.ts'
import { sourceDeletable, traceKeeping } from './versions/deletable.ts'

const manifestsPerRound = 500
const isUnused = sql`not exists (select 1 from model_versions v where v.manifest = manifests.id)`

export type Garbage = {
  /** Undefined: no purge was asked for. */
  readonly purged: Purged | undefined
  readonly manifests: number
  readonly blobs: Collected
  readonly uploads: number
  readonly orphans: number
  readonly leftovers: number
}

/**
 * Remove all that nothing refers to, and nothing else. It may run while a server is working, and
 * may be stopped or killed at any moment: the next run finishes the job.
 *
 * @param purgeBeforeMs also delete for good what was deleted before this time, except what a
 *   version that must be kept came from; what the other versions are known by is kept with them
 * @param guarded versions that must be kept besides those under a hold, by `model_versions.id`
 */
export async function collectGarbage(
  collector: Platform & Collector,
  purgeBeforeMs?: number,
  guarded: readonly number[] = [],
): Promise<Garbage> {
  const purged =
    purgeBeforeMs === undefined
      ? undefined
      : await purgeUnneeded(collector, { beforeMs: purgeBeforeMs }, guarded)
  await collectAllPacks(collector)
  return {
    purged,
    manifests: await collectManifests(collector),
    blobs: await collectBlobs(collector),
    uploads: await collectUploads(collector),
    orphans: await collectOrphans(collector, isPackedKeySql),
    leftovers: await collectLeftovers(collector),
  }
}

/** The purge of `collectGarbage`, which may be stopped at any moment too. */
export async function purgeUnneeded(
  collector: Platform & Collector,
  bound: PurgeBound,
  guarded: readonly number[],
): Promise<Purged> {
  if (!collector.dryRun) await readDeletedFacts(collector)
  return purgeDeleted(collector, bound, {
    ...sourceDeletable(guarded),
    emptyExperiment: (id) => purgeTraces(collector, id, traceKeeping.isHeld),
    isEmpty: (experiment) =>
      sql`not exists (select 1 from traces x where x.experiment = ${experiment}.id)`,
    mayEmpty: (experiment) => sql`exists (select 1 from traces x
      where x.experiment = ${experiment}.id and not ${traceKeeping.isHeld(sql`x`)})`,
  })
}

/**
 * What a server does of that by itself at an hour of the day, a part each hour: bytes that nothing has
 * referred to for `graceMs`. Lists of files in the store stay, and `collectGarbage` removes them.
 */
export async function collectAtHour(collector: Platform & Collector, hour: number): Promise<void> {
  await collector.db.all(sql`
    delete from manifests where id in (select id from manifests where ${isUnused} limit ${manifestsPerRound})
    and ${isUnused}`)
  await collectAllPacks(collector, { index: hour, of: 24 })
  await collectHour(collector, hour, isPackedKeySql)
  if (hour === 0) await collectUploads(collector)
}

async function collectAllPacks(collector: Platform & Collector, part?: PackPart): Promise<void> {
  for (const kind of [tracePackKind, metricPackKind]) await collectPacks(collector, kind, part)
}

function isPackedKeySql(key: SQL): SQL {
  return sql`(${isTraceKeySql(key)} or ${isMetricKeySql(key)})`
}

/**
 * Remove manifests that no version has: the row with its list of files, then its JSON in the store.
 * After a crash in between, the JSON is an object without a row, and a later run removes it.
 *
 * @returns how many
 */
async function collectManifests(collector: Collector): Promise<number> {
  const { db, dryRun } = collector
  if (dryRun) {
    const found = await db.first(
      sql<{ count: number }>`select count(*) as count from manifests where ${isUnused}`,
    )
    return found?.count ?? 0
  }
  let count = 0
  for (;;) {
    const gone = await db.all(sql<{ key: string }>`
      delete from manifests where id in (select id from manifests where ${isUnused} limit ${manifestsPerRound})
      and ${isUnused} returning key`)
    if (gone.length === 0) return count
    await collector.blobs.delete(gone.map((row) => row.key))
    collector.onProgress?.(gone.length)
    count += gone.length
  }
}
