import { type SQL, sql } from 'drizzle-orm'
import { splitIntoRounds } from '../core/rounds.ts'
import { jsonRowsOf } from '../db/sql.ts'
import type { Platform } from '../platform/context.ts'
import type { Leftover, StoredObject } from '../platform/ports.ts'
import type { FolderRange } from './path.ts'
import type { blobs, multipartUploads } from './tables.ts'

type BlobRow = Pick<typeof blobs.$inferSelect, 'key' | 'size_bytes'>
type UploadRow = Pick<typeof multipartUploads.$inferSelect, 'upload_id' | 'key' | 'store_upload_id'>

/** What gc needs of the platform, and how it is to run. */
export type Collector = Pick<Platform, 'db' | 'blobs' | 'now'> & {
  /** Count what would go, and change nothing. */
  readonly dryRun: boolean
  /** Objects younger than this may belong to an upload under way, and stay. */
  readonly graceMs: number
  /** Told, round by round, how many rows and keys were handled. */
  readonly onProgress?: (count: number) => void
}

export type Collected = { readonly count: number; readonly sizeBytes: number }

/** Rows and keys that one round handles. A run may be stopped between any two rounds. */
const perRound = 500

/** Keys that this server gives out. In a bucket that others use too, nothing else is touched. */
const ownKey = /^((blobs|traces|metrics)\/[0-9a-f]{2}\/[0-9a-f]{32}|manifests\/[0-9a-f]{32}\.json)$/
const ownPrefixes = ['blobs/', 'manifests/', 'traces/', 'metrics/']

/** The condition that nothing refers to a row of `blobs`. */
export const isUnreferencedSql = sql`
  not exists (select 1 from artifact_files f where f.blob = blobs.id)
  and not exists (select 1 from manifest_files m where m.blob = blobs.id)`

/**
 * Remove blobs that no path and no version refers to: first the row, guarded in the same statement,
 * then the object. An upload of the same bytes at the same moment either finds the row and so keeps
 * it, or makes a new row with another key. A crash between the two steps leaves an object without a
 * row, which `collectOrphans` removes.
 */
export async function collectBlobs(collector: Collector): Promise<Collected> {
  const { db, dryRun } = collector
  if (dryRun) {
    const sum = await db.first(
      sql<{
        count: number
        size_bytes: number | null
      }>`select count(*) as count, sum(size_bytes) as size_bytes from blobs where ${isUnreferencedSql}`,
    )
    return { count: sum?.count ?? 0, sizeBytes: sum?.size_bytes ?? 0 }
  }
  let count = 0
  let sizeBytes = 0
  for (;;) {
    const gone = await db.all(sql<BlobRow>`
      delete from blobs where id in (select id from blobs where ${isUnreferencedSql} limit ${perRound})
      and ${isUnreferencedSql} returning key, size_bytes`)
    if (gone.length === 0) return { count, sizeBytes }
    await collector.blobs.delete(gone.map((row) => row.key))
    collector.onProgress?.(gone.length)
    count += gone.length
    sizeBytes += gone.reduce((sum, row) => sum + row.size_bytes, 0)
  }
}

/**
 * Abort uploads in parts that were begun before the grace time and never ended, and forget those that
 * were completed before it.
 *
 * @returns how many were aborted
 */
export async function collectUploads(collector: Collector): Promise<number> {
  const { db, dryRun } = collector
  const stale = sql`created_at_ms < ${collector.now() - collector.graceMs}`
  if (!dryRun) {
    await db.all(sql`delete from multipart_uploads where ${stale} and completed_at_ms is not null`)
  }
  let count = 0
  let after = ''
  for (;;) {
    const rows =
      await db.all(sql<UploadRow>`select upload_id, key, store_upload_id from multipart_uploads
      where upload_id > ${after} and ${stale} and completed_at_ms is null
      order by upload_id limit ${perRound}`)
    for (const { upload_id, key, store_upload_id } of rows) {
      if (dryRun) continue
      // The row goes last: after a crash between the two the next run aborts once more.
      await collector.blobs.multipart.abort(key, store_upload_id)
      await db.batch({
        parts: sql`delete from multipart_parts where upload_id = ${upload_id}`,
        upload: sql`delete from multipart_uploads where upload_id = ${upload_id}`,
      })
    }
    collector.onProgress?.(rows.length)
    count += rows.length
    const last = rows.at(-1)
    if (!last || rows.length < perRound) return count
    after = last.upload_id
  }
}

/**
 * Remove objects that no row names and that are older than the grace time: of uploads that were
 * interrupted between the store and the database, and of blobs whose row was removed without them.
 *
 * @param isNamed condition that a capability further on has a row for the key
 * @returns how many
 */
export async function collectOrphans(
  collector: Collector,
  isNamed: (key: SQL) => SQL,
): Promise<number> {
  let count = 0
  for (const prefix of ownPrefixes) {
    count += await collectOrphansBelow(collector, prefix, isNamed)
  }
  return count
}

/** As `collectOrphans`, of the keys with one prefix. */
export async function collectOrphansBelow(
  collector: Collector,
  prefix: string,
  isNamed: (key: SQL) => SQL,
): Promise<number> {
  let count = 0
  for await (const keys of splitIntoRounds(listOldKeys(collector, prefix), perRound)) {
    const orphans = await findWithoutRow(collector, keys, isNamed)
    collector.onProgress?.(keys.length)
    if (!collector.dryRun) await collector.blobs.delete(orphans)
    count += orphans.length
  }
  return count
}

/** Remove what interrupted writes left in the store without a key. @returns how many */
export async function collectLeftovers(collector: Collector): Promise<number> {
  let count = 0
  for await (const leftovers of splitIntoRounds(listOldLeftovers(collector), perRound)) {
    const ids = leftovers.map(({ uploadId }) => uploadId ?? null)
    const known = await collector.db.all(sql<{ store_upload_id: string }>`
      select store_upload_id from multipart_uploads
      where store_upload_id in (select value from json_each(${JSON.stringify(ids)}))`)
    const kept = new Set(known.map((row) => row.store_upload_id))
    const gone = leftovers.filter(({ uploadId }) => uploadId === undefined || !kept.has(uploadId))
    if (!collector.dryRun) await collector.blobs.discard(gone)
    collector.onProgress?.(leftovers.length)
    count += gone.length
  }
  return count
}

async function* listOldKeys(collector: Collector, prefix: string): AsyncIterable<string> {
  for await (const { key, writtenAtMs } of collector.blobs.list(prefix)) {
    if (ownKey.test(key) && isOld(collector, { writtenAtMs })) yield key
  }
}

async function* listOldLeftovers(collector: Collector): AsyncIterable<Leftover> {
  for await (const leftover of collector.blobs.leftovers()) {
    const { key } = leftover
    if (isOld(collector, leftover) && (key === undefined || ownKey.test(key))) yield leftover
  }
}

function isOld(collector: Collector, { writtenAtMs }: Pick<StoredObject, 'writtenAtMs'>): boolean {
  return writtenAtMs < collector.now() - collector.graceMs
}

async function findWithoutRow(
  { db }: Collector,
  keys: readonly string[],
  isNamed: (key: SQL) => SQL,
): Promise<string[]> {
  const rows = await db.all(sql<{ key: string }>`
    select value as key from json_each(${JSON.stringify(keys)})
    where not exists (select 1 from blobs where key = value)
    and not exists (select 1 from manifests where key = value)
    and not exists (select 1 from multipart_uploads where key = value)
    and not ${isNamed(sql`value`)}`)
  return rows.map((row) => row.key)
}

/** The statement that takes a range of paths out of the path index, provided that `guard` holds. */
export function removeBelowStatement(workspace: string, range: FolderRange, guard: SQL): SQL {
  return sql`delete from artifact_files where workspace = ${workspace}
    and path >= ${range.start} and path < ${range.end} and ${guard}`
}

/**
 * As `removeBelowStatement`, for the ranges of many things at once.
 *
 * @param guard a condition on the thing whose `key` it gets: what does not hold it keeps its files
 */
export function removeBelowEachStatement(
  workspace: string,
  ranges: readonly (FolderRange & { readonly key: string })[],
  guard: (key: SQL) => SQL,
): SQL {
  const rows = jsonRowsOf(ranges.map(({ start, end, key }) => [start, end, key]))
  return sql`delete from artifact_files where workspace = ${workspace} and path in (
    select f.path from json_each(${rows}) r cross join artifact_files f
      on f.workspace = ${workspace} and f.path >= r.value ->> 0 and f.path < r.value ->> 1
    where ${guard(sql`r.value ->> 2`)})`
}
