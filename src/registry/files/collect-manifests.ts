import { sql } from 'drizzle-orm'
import type { Collector } from '../../artifacts/collect.ts'

const perRound = 500
const unused = sql`not exists (select 1 from model_versions v where v.manifest = manifests.id)`

/**
 * Remove manifests that no version has: the row with its list of files, then its JSON in the store.
 * Should a crash come between, the JSON is an object without a row, and goes as such later.
 *
 * @returns how many
 */
export async function collectManifests(collector: Collector): Promise<number> {
  const { db, dryRun } = collector
  if (dryRun) {
    const found = await db.first(
      sql<{ count: number }>`select count(*) as count from manifests where ${unused}`,
    )
    return found?.count ?? 0
  }
  let count = 0
  for (;;) {
    const gone = await db.all(sql<{ key: string }>`
      delete from manifests where id in (select id from manifests where ${unused} limit ${perRound})
      and ${unused} returning key`)
    if (gone.length === 0) return count
    await collector.blobs.delete(gone.map((row) => row.key))
    count += gone.length
  }
}
