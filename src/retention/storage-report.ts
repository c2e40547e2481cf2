import { sql } from 'drizzle-orm'
import { longReadsOf } from '../db/database.ts'
import type { Context } from '../platform/context.ts'

/** What the sealed versions of a model, or of a team, take. */
export type StorageShare = {
  /** A model's name or, of teams, the value of the tag `team`; empty: models without one. */
  readonly name: string
  readonly versions: number
  readonly files: number
  /** Of contents that no other has; equal bytes count once. */
  readonly ownBytes: number
  /** Of contents that others have too: each has them in its sum. */
  readonly sharedBytes: number
}

/**
 * What the versions of the workspace take, the most first.
 *
 * @param by `team` puts models together by their tag `team`
 */
export async function readStorage(ctx: Context, by: 'model' | 'team'): Promise<StorageShare[]> {
  const owner =
    by === 'model'
      ? sql`m.name`
      : sql`coalesce((select t.value from registered_model_tags t
          where t.registered_model = m.id and t.key = 'team'), '')`
  type Row = { name: string; versions: number; files: number; own: number; shared: number }
  const rows = await longReadsOf(ctx.db).all(sql<Row>`
    with sealed as materialized (select ${owner} as owner, v.manifest from model_versions v
        join registered_models m on m.id = v.registered_model where m.workspace = ${ctx.workspace}),
      held as materialized (select distinct s.owner, f.blob
        from (select distinct owner, manifest from sealed where manifest is not null) s
        join manifest_files f on f.manifest = s.manifest),
      counted as (select h.owner, b.size_bytes, h.blob,
          count(*) over (partition by h.blob) as owners from held h join blobs b on b.id = h.blob)
    select c.owner as name, c.versions, coalesce(k.files, 0) as files,
      coalesce(k.own, 0) as own, coalesce(k.shared, 0) as shared
    from (select owner, count(*) as versions from sealed group by owner) c
    left join (select owner, count(*) as files, sum(iif(owners = 1, size_bytes, 0)) as own,
        sum(iif(owners = 1, 0, size_bytes)) as shared from counted group by owner) k
      on k.owner = c.owner
    order by own + shared desc, name`)
  return rows.map(({ own, shared, ...row }) => ({ ...row, ownBytes: own, sharedBytes: shared }))
}

/** @param price what a gigabyte of 10⁹ bytes costs a month */
export function monthlyCostOf(bytes: number, price: number): number {
  return Number(((bytes / 1e9) * price).toFixed(6))
}
