import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import {
  type ExtremeCells,
  type Extremes,
  extremeColumns,
  extremesFrom,
} from '../extremes/extremes.ts'
import {
  isOneOfRuns,
  type KeyValue,
  type MetricRow,
  metricFromRow,
  type RunInfo,
  type RunRow,
  runColumns,
  runInfoFromRow,
} from '../run.ts'

/** What a table shows of its runs: only the columns that were chosen. */
export type RunCells = {
  readonly info: RunInfo
  readonly metrics: ReadonlyMap<string, number>
  /** Of the metrics whose extremes were asked for and are known. */
  readonly extremes: ReadonlyMap<string, Extremes>
  readonly params: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
}

export type RunColumns = {
  readonly metrics: readonly string[]
  /** Metrics whose least and greatest values are wanted. */
  readonly extremes: readonly string[]
  readonly params: readonly string[]
  readonly tags: readonly string[]
}

type CellRow = KeyValue & { run: number }
type MetricCellRow = MetricRow & ExtremeCells & { run: number }

/**
 * Some columns of the runs of these keys (`runs.id`), in the order of `ids`; a run with 10,000 metrics costs as
 * much as one with those that were chosen.
 */
export async function readRunCells(
  db: Database,
  ids: readonly number[],
  columns: RunColumns,
): Promise<RunCells[]> {
  if (ids.length === 0) return []
  const wanted = idsSql(ids)
  const cells = (table: SQL, keys: readonly string[]) => sql<CellRow>`
    select t.run, t.key, t.value from ${wanted} w cross join json_each(${JSON.stringify(keys)}) k
    cross join ${table} t on t.run = w.value and t.key = k.value`
  const { infos, metrics, params, tags } = await db.batch({
    infos: sql<RunRow>`select ${runColumns} from ${wanted} w cross join runs on runs.id = w.value`,
    metrics: sql<MetricCellRow>`
      select t.run, t.key, t.value, t.is_nan, 0 as step, 0 as timestamp_ms, ${wantedExtremes(columns)}
      from ${wanted} w cross join json_each(${JSON.stringify(metricNamesOf(columns))}) k
      cross join latest_metrics t on t.run = w.value and t.key = k.value`,
    params: cells(sql`params`, columns.params),
    tags: cells(sql`run_tags`, columns.tags),
  })
  const metricsOf = Map.groupBy(metrics, ({ run }) => run)
  const paramsOf = Map.groupBy(params, ({ run }) => run)
  const tagsOf = Map.groupBy(tags, ({ run }) => run)
  const infoOf = new Map(infos.map((row) => [row.id, runInfoFromRow(row)]))
  return ids.flatMap((id) => {
    const info = infoOf.get(id)
    if (!info) return []
    return {
      info,
      ...metricCellsFrom(metricsOf.get(id)),
      params: textsOf(paramsOf.get(id)),
      tags: textsOf(tagsOf.get(id)),
    }
  })
}

/** The extremes of rows of `latest_metrics t`, null where nobody asks for them. */
export function wantedExtremes({ extremes }: RunColumns): SQL {
  return extremes.length === 0 ? sql`null as least, null as greatest` : extremeColumns(sql`t`)
}

/** Of the metrics that are read. */
export function metricNamesOf({ metrics, extremes }: RunColumns): string[] {
  return [...new Set([...metrics, ...extremes])]
}

/** What rows with `wantedExtremes` say of the metrics of a run. */
export function metricCellsFrom(
  rows: readonly (MetricRow & ExtremeCells)[] = [],
): Pick<RunCells, 'metrics' | 'extremes'> {
  return {
    metrics: new Map(rows.map(metricFromRow).map(({ key, value }) => [key, value])),
    extremes: new Map(
      rows.flatMap((row) => {
        const extremes = extremesFrom(row)
        return extremes ? [[row.key, extremes] as const] : []
      }),
    ),
  }
}

function textsOf(rows: readonly CellRow[] = []): ReadonlyMap<string, string> {
  return new Map(rows.map(({ key, value }) => [key, value]))
}

/** As `readRunCells`, of runs of the caller's workspace by their ids; those that are not there are left out. */
export async function readCellsOfIds(
  ctx: Context,
  runIds: readonly string[],
  columns: RunColumns,
): Promise<RunCells[]> {
  return readRunCells(ctx.db, await listKeysOfRuns(ctx, runIds), columns)
}

/** The keys (`runs.id`) of runs of the caller's workspace, in the order given; those that are not there are left out. */
export async function listKeysOfRuns(ctx: Context, runIds: readonly string[]): Promise<number[]> {
  if (runIds.length === 0) return []
  const found = await ctx.db.all(sql<{ id: number; run_id: string }>`
    select runs.id, runs.run_id from runs where ${isOneOfRuns(ctx, runIds)}`)
  const keys = new Map(found.map(({ id, run_id }) => [run_id, id]))
  return runIds.flatMap((runId) => keys.get(runId) ?? [])
}

/** A name that runs have a value for. */
export type RunKey = {
  readonly key: string
  /** How many of the runs have it. */
  readonly runs: number
  /** How many values they have, "none" being one. */
  readonly values: number
}

export type RunKeys = {
  readonly metrics: readonly RunKey[]
  readonly params: readonly RunKey[]
  readonly tags: readonly RunKey[]
}

/** The names that these runs (`runs.id`) have values for, those that most have first; at most `keysMax` of a kind. */
export async function readRunKeys(
  db: Database,
  ids: readonly number[],
  keysMax: number,
): Promise<RunKeys> {
  const names = (table: SQL) => sql<{ key: string; runs: number; found: number }>`
    select t.key, count(*) as runs, count(distinct t.value) as found
    from ${idsSql(ids)} w cross join ${table} t on t.run = w.value
    group by t.key order by runs desc, t.key limit ${keysMax}`
  const { metrics, params, tags } = await db.batch({
    metrics: names(sql`latest_metrics`),
    params: names(sql`params`),
    tags: names(sql`run_tags`),
  })
  const keysFrom = (rows: typeof metrics) =>
    rows.map(({ key, runs, found }) => ({
      key,
      runs,
      values: found + (runs < ids.length ? 1 : 0),
    }))
  return { metrics: keysFrom(metrics), params: keysFrom(params), tags: keysFrom(tags) }
}

function idsSql(ids: readonly number[]): SQL {
  return sql`(select value from json_each(${JSON.stringify(ids)}))`
}
