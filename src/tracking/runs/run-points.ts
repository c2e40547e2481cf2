import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import type { ExtremeCells } from '../extremes/extremes.ts'
import type { MetricRow } from '../run.ts'
import {
  metricCellsFrom,
  metricNamesOf,
  type RunCells,
  type RunColumns,
  wantedExtremes,
} from './run-cells.ts'

/** A run among very many: its name, and the columns that were chosen. */
export type RunPoint = Omit<RunCells, 'info'> & {
  readonly runId: string
  readonly experimentId: number
  readonly name: string
}

type TextRow = { run: number; key: string; value: string }

/** As `readRunCells`, with no more of each run than a drawing of 20,000 needs. */
export async function readRunPoints(
  db: Database,
  ids: readonly number[],
  columns: RunColumns,
): Promise<RunPoint[]> {
  if (ids.length === 0) return []
  const wanted = sql`(select value from json_each(${JSON.stringify(ids)})) w`
  const among = (keys: readonly string[]) => sql`json_each(${JSON.stringify(keys)}) k`
  const texts = (table: SQL, keys: readonly string[]) =>
    keys.length === 0
      ? undefined
      : sql<TextRow>`select t.run, t.key, t.value from ${wanted} cross join ${among(keys)}
          cross join ${table} t on t.run = w.value and t.key = k.value`
  const names = metricNamesOf(columns)
  const { runs, metrics, params, tags } = await db.batch({
    runs: sql<{ id: number; run_id: string; experiment: number; name: string }>`
      select runs.id, runs.run_id, runs.experiment, runs.name from ${wanted} cross join runs on runs.id = w.value`,
    metrics:
      names.length === 0
        ? undefined
        : sql<MetricRow & ExtremeCells & { run: number }>`
            select t.run, t.key, t.value, t.is_nan, 0 as step, 0 as timestamp_ms, ${wantedExtremes(columns)}
            from ${wanted} cross join ${among(names)}
            cross join latest_metrics t on t.run = w.value and t.key = k.value`,
    params: texts(sql`params`, columns.params),
    tags: texts(sql`run_tags`, columns.tags),
  })
  const metricsOf = Map.groupBy(metrics ?? [], ({ run }) => run)
  const paramsOf = Map.groupBy(params ?? [], ({ run }) => run)
  const tagsOf = Map.groupBy(tags ?? [], ({ run }) => run)
  const runOf = new Map(runs.map((run) => [run.id, run]))
  return ids.flatMap((id) => {
    const run = runOf.get(id)
    if (!run) return []
    return {
      runId: run.run_id,
      experimentId: run.experiment,
      name: run.name,
      ...metricCellsFrom(metricsOf.get(id)),
      params: textsOf(paramsOf.get(id)),
      tags: textsOf(tagsOf.get(id)),
    }
  })
}

function textsOf(rows: readonly TextRow[] = []): ReadonlyMap<string, string> {
  return new Map(rows.map(({ key, value }) => [key, value]))
}
