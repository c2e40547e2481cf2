import { type SQL, sql } from 'drizzle-orm'
import type { PackKind } from '../../artifacts/packs/collect-packs.ts'
import { makePackKey, putPack } from '../../artifacts/packs/pack.ts'
import { RegistryError } from '../../core/error.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Platform } from '../../platform/context.ts'
import { readSegment, type SegmentRow } from '../history/read-segments.ts'
import { newPackStatement, unusedPackStatement } from './write-packs.ts'

/** Packs of points of metrics. */
export const metricPackKind: PackKind = {
  table: sql`metric_packs`,
  liveBytes: sql`(select coalesce(sum(f.length), 0) from folded_metrics f where f.pack = k.id)`,
  isUsed: (pack: SQL) => sql`exists (select 1 from folded_metrics f where f.pack = ${pack})`,
  rewrite: rewritePack,
}

/** Condition that points of metrics lie in the blob store under a key, for garbage collection. */
export function isMetricKeySql(key: SQL): SQL {
  return sql`exists (select 1 from metric_packs p where p.key = ${key})`
}

async function rewritePack(
  platform: Platform,
  old: { readonly id: number; readonly key: string },
): Promise<void> {
  const rows = await platform.db.all(sql<SegmentRow>`select f.*, r.run_id, ${old.key} as key
    from folded_metrics f cross join runs r on r.id = f.run where f.pack = ${old.id} order by f.run`)
  const members: Uint8Array[] = []
  const places: number[][] = []
  let end = 0
  for (const row of rows) {
    const bytes = await readUnlessLost(platform, row)
    if (!bytes) continue
    members.push(bytes)
    places.push([row.run, end])
    end += bytes.byteLength
  }
  if (members.length === 0) return
  const key = makePackKey(platform, 'metrics')
  const size = await putPack(platform, key, members)
  await platform.db.batch({
    pack: newPackStatement(platform, { key, size }),
    moved: sql`update folded_metrics set start = j.value ->> 1,
        pack = (select k.id from metric_packs k where k.key = ${key})
      from json_each(${jsonRowsOf(places)}) j
      where folded_metrics.run = j.value ->> 0 and folded_metrics.pack = ${old.id}`,
    unused: unusedPackStatement(key),
  })
}

async function readUnlessLost({ blobs }: Platform, row: SegmentRow) {
  try {
    return await readSegment(blobs, row)
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'DATA_LOSS') return undefined
    throw err
  }
}
