import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { readableRuns } from '../../tracking/runs/run-lineage.ts'
import { modelId } from '../ids.ts'

/** A metric of one version. */
export type VersionMetric = {
  readonly version: number
  readonly stage: string
  readonly createdAtMs: number
  /** The latest of its run or, without one there, of its logged model; null: neither has one that the caller may read. */
  readonly value: number | null
}

type MetricRow = {
  version: number
  stage: string
  created_at_ms: number
  value: number | 'NaN' | null
}

/**
 * A metric over the versions of a model, the newest first, also of those that have none.
 *
 * @param page those before this version, and how many at most
 */
export async function readVersionMetrics(
  ctx: Context,
  name: string,
  { key, before, count }: { readonly key: string; readonly before: number; readonly count: number },
): Promise<VersionMetric[]> {
  const rows = await ctx.db.all(sql<MetricRow>`select v.version, v.stage, v.created_at_ms,
      ${valueSql(ctx, sql`${key}`)} as value
    from model_versions v where v.registered_model = (${modelId(ctx, name)}) and v.version < ${before}
    order by v.version desc limit ${count}`)
  return rows.map(({ created_at_ms, value, ...row }) => ({
    ...row,
    createdAtMs: created_at_ms,
    value: value === 'NaN' ? Number.NaN : value,
  }))
}

/** Finite metrics of one version by name, as `readVersionMetrics` tells them. */
export async function readMetricsOfVersion(
  ctx: Context,
  { id }: { readonly id: number },
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await ctx.db.all(sql<{ key: string; value: number | 'NaN' | null }>`
    select k.value as key, ${valueSql(ctx, sql`k.value`)} as value
    from json_each(${JSON.stringify(keys)}) k cross join model_versions v on v.id = ${id}`)
  return new Map(
    rows.flatMap(({ key, value }) => (typeof value === 'number' ? [[key, value] as const] : [])),
  )
}

/** A version of a model by the keys of the tables, and a metric. */
export type WantedMetric = {
  readonly model: number
  readonly version: number
  readonly key: string
}

/** One metric of each of some versions, in one statement; null as in `VersionMetric`. */
export async function readWantedMetrics<W extends WantedMetric>(
  ctx: Context,
  wanted: readonly W[],
): Promise<ReadonlyMap<W, number | null>> {
  if (wanted.length === 0) return new Map()
  const cells = wanted.map(({ model, version, key }) => [model, version, key])
  const rows = await ctx.db.all(sql<{ place: number; value: number | 'NaN' | null }>`
    select w.key as place, ${valueSql(ctx, sql`(w.value ->> 2)`)} as value
    from json_each(${jsonRowsOf(cells)}) w cross join model_versions v
      on v.registered_model = w.value ->> 0 and v.version = w.value ->> 1`)
  const values = new Map(rows.map(({ place, value }) => [place, value]))
  return new Map(
    wanted.map((one, place) => {
      const value = values.get(place) ?? null
      return [one, value === 'NaN' ? Number.NaN : value]
    }),
  )
}

/** The metric `key` of the version `v`: 'NaN', or null where neither its run nor its logged model has it. */
function valueSql(ctx: Context, key: SQL): SQL {
  const ofRun = sql`select iif(x.is_nan, 'NaN', x.value) from latest_metrics x
    where x.key = ${key} and x.run = (select r.id from ${readableRuns(ctx)} and r.run_id = v.run_id)`
  const ofModel = sql`select iif(x.is_nan, 'NaN', x.value)
    from ${readableLoggedModels(ctx)} and l.model_id = v.model_id and x.key = ${key}
    order by x.step desc, x.timestamp_ms desc, x.value desc, x.is_nan desc limit 1`
  return sql`coalesce((${ofRun}), (${ofModel}))`
}

/** Versions whose metrics are among those to choose from, and how many keys are told. */
const [lookedAt, keysMax] = [5, 200]

/** Metrics that the five newest versions have, by name; the first 200. */
export async function listVersionMetricKeys(ctx: Context, name: string): Promise<string[]> {
  const newest = sql`(select run_id, model_id from model_versions
    where registered_model = (${modelId(ctx, name)}) order by version desc limit ${lookedAt})`
  const rows = await ctx.db.all(sql<{ key: string }>`
    select x.key from latest_metrics x where x.run in (
      select r.id from ${readableRuns(ctx)} and r.run_id in (select run_id from ${newest}))
    union select x.key from ${readableLoggedModels(ctx)}
      and l.model_id in (select model_id from ${newest})
    order by 1 limit ${keysMax}`)
  return rows.map(({ key }) => key)
}

/** FROM and WHERE of the latest metrics `x` of logged models `l` that the caller may read. */
function readableLoggedModels(ctx: Context): SQL {
  return sql`logged_models l join experiments e on e.id = l.experiment
    join latest_logged_model_metrics x on x.logged_model = l.id
    where e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
      and ${isNotDeniedSql(ctx, 'logged model')}`
}
