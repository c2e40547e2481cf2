import { type SQL, sql } from 'drizzle-orm'
import type { PackKind } from '../../artifacts/packs/collect-packs.ts'
import { type FoldedTrace, foldedColumns, writePacks } from './write-packs.ts'

/** Packs of spans. */
export const tracePackKind: PackKind = {
  table: sql`trace_packs`,
  liveBytes: sql`(select coalesce(sum(t.pack_length), 0) from traces t where t.pack = k.id)`,
  isUsed: (pack: SQL) => sql`exists (select 1 from traces t where t.pack = ${pack})`,
  async rewrite(platform, { id }) {
    const traces = await platform.db.all(sql<FoldedTrace>`select ${foldedColumns} from traces t
      where t.pack = ${id} order by t.id`)
    await writePacks(platform, traces)
  },
}
