import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/database.ts'
import { jsonRowsOf, Real } from '../../src/db/sql.ts'

/** A run as a search test states it; what is left out is empty or absent. */
export type SeededRun = {
  readonly name: string
  readonly runId?: string
  readonly startTimeMs?: number
  readonly endTimeMs?: number
  readonly status?: string
  readonly deleted?: true
  /** NaN is stored as the server stores it. */
  readonly metrics?: Readonly<Record<string, number>>
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * Write runs straight into the tables, thousands in a few statements. Keys are 1, 2, ... in the
 * order given, from the first free one on.
 */
export async function seedRuns(
  db: Database,
  experiment: number,
  runs: readonly SeededRun[],
): Promise<number[]> {
  const last = await db.first<{ id: number }>(sql`select coalesce(max(id), 0) as id from runs`)
  const first = (last?.id ?? 0) + 1
  const rows = runs.map((run, i) => [
    first + i,
    run.runId ?? (first + i).toString(16).padStart(32, '0'),
    run.name,
    run.status ?? 'RUNNING',
    run.startTimeMs ?? 0,
    run.endTimeMs ?? null,
    run.deleted ? 'deleted' : 'active',
  ])
  const texts = (of: 'params' | 'tags') =>
    jsonRowsOf(
      runs.flatMap((run, i) =>
        Object.entries(run[of] ?? {}).map(([key, value]) => [first + i, key, value]),
      ),
    )
  const metrics = runs.flatMap((run, i) =>
    Object.entries(run.metrics ?? {}).map(([key, value]) => [
      first + i,
      key,
      new Real(Number.isNaN(value) ? 0 : value),
      Number.isNaN(value) ? 1 : 0,
    ]),
  )
  await db.batch({
    runs: sql`insert into runs (id, run_id, experiment, name, user_id, status, start_time_ms,
        end_time_ms, artifact_uri, lifecycle_stage)
      select value ->> 0, value ->> 1, ${experiment}, value ->> 2, 'u1', value ->> 3, value ->> 4,
        value ->> 5, 'mlflow-artifacts:/x/' || (value ->> 1) || '/artifacts', value ->> 6
      from json_each(${jsonRowsOf(rows)})`,
    latestMetrics: sql`insert into latest_metrics (run, key, value, is_nan, step, timestamp_ms)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, 0, 1
      from json_each(${jsonRowsOf(metrics)})`,
    params: sql`insert into params (run, key, value)
      select value ->> 0, value ->> 1, value ->> 2 from json_each(${texts('params')})`,
    runTags: sql`insert into run_tags (run, key, value)
      select value ->> 0, value ->> 1, value ->> 2 from json_each(${texts('tags')})`,
  })
  return runs.map((_, i) => first + i)
}

/** Note that the run used a dataset. */
export async function seedDataset(
  db: Database,
  run: number,
  dataset: { name: string; digest: string; context?: string },
): Promise<void> {
  const { name, digest, context } = dataset
  const id = sql`(select s.id from datasets s join runs r on r.experiment = s.experiment
    where r.id = ${run} and s.name = ${name} and s.digest = ${digest})`
  await db.batch({
    statements: [
      sql`insert into datasets (experiment, name, digest, source_type, source)
      select experiment, ${name}, ${digest}, 'local', '{}' from runs where id = ${run}
      on conflict do nothing`,
      sql`insert into run_datasets (run, dataset) values (${run}, ${id})`,
      ...(context === undefined
        ? []
        : [
            sql`insert into run_dataset_tags (run, dataset, key, value)
            values (${run}, ${id}, 'mlflow.data.context', ${context})`,
          ]),
    ],
  })
}
