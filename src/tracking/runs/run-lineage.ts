import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue, Run } from '../run.ts'
import { readRuns } from './read-runs.ts'

/** The run that a model comes from. */
export type RunLineage = {
  readonly runId: string
  readonly name: string
  readonly status: string
  readonly experimentId: string
  readonly experimentName: string
  /** The run of which this one is a part, where the caller may read that one. */
  readonly parent: { readonly runId: string; readonly name: string } | undefined
  /** The code that ran, as the client noted it in MLflow's tags. */
  readonly code: {
    readonly source: string | undefined
    readonly commit: string | undefined
    readonly branch: string | undefined
    readonly repository: string | undefined
  }
}

type RunLineageRow = {
  run_id: string
  name: string
  status: string
  experiment: number
  experiment_name: string
}
const codeTags = {
  source: 'mlflow.source.name',
  commit: 'mlflow.source.git.commit',
  branch: 'mlflow.source.git.branch',
  repository: 'mlflow.source.git.repoURL',
}

/** Undefined where there is no such run or the caller may not read it. */
export async function findRunLineage(ctx: Context, runId: string): Promise<RunLineage | undefined> {
  const tag = (key: SQL) => sql`select value from run_tags t join runs o on o.id = t.run
    where o.run_id = ${runId} and t.key = ${key}`
  const { runs, tags, parents } = await ctx.db.batch({
    runs: sql<RunLineageRow>`select r.run_id, r.name, r.status, r.experiment, e.name as experiment_name
      from ${readableRuns(ctx)} and r.run_id = ${runId}`,
    tags: sql<KeyValue>`select t.key, t.value from run_tags t join runs r on r.id = t.run
      where r.run_id = ${runId}
        and t.key in (select value from json_each(${JSON.stringify(Object.values(codeTags))}))`,
    parents: sql<{ run_id: string; name: string }>`select r.run_id, r.name from ${readableRuns(ctx)}
      and r.run_id = (${tag(sql`'mlflow.parentRunId'`)})`,
  })
  const [run] = runs
  const [parent] = parents
  if (!run) return undefined
  const tagged = new Map(tags.map((row) => [row.key, row.value]))
  const masked = (key: string) => {
    const value = tagged.get(key)
    return value === undefined ? undefined : maskCredentials(value)
  }
  return {
    runId: run.run_id,
    name: run.name,
    status: run.status,
    experimentId: String(run.experiment),
    experimentName: run.experiment_name,
    parent: parent && { runId: parent.run_id, name: parent.name },
    code: {
      source: masked(codeTags.source),
      commit: tagged.get(codeTags.commit),
      branch: tagged.get(codeTags.branch),
      repository: masked(codeTags.repository),
    },
  }
}

/**
 * FROM and WHERE of the runs `r`, of experiments `e`, that the caller may read, deleted ones too; more
 * conditions may follow.
 */
export function readableRuns(ctx: Context): SQL {
  return sql`runs r join experiments e on e.id = r.experiment
    where e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
      and ${isNotDeniedSql(ctx, 'run')}`
}

/** Those of these runs that the caller may read, deleted ones too. */
export async function readReadableRuns(ctx: Context, runIds: readonly string[]): Promise<Run[]> {
  if (runIds.length === 0) return []
  const rows = await ctx.db.all(sql<{ id: number }>`select r.id from ${readableRuns(ctx)}
    and r.run_id in (select value from json_each(${JSON.stringify(runIds)}))`)
  return readRuns(
    ctx.db,
    rows.map(({ id }) => id),
  )
}

/** A logged model behind a version. */
export type LoggedModelLineage = {
  readonly modelId: string
  readonly name: string
  readonly status: string
  readonly experimentId: string
}

/** Undefined where there is no such logged model, or the caller may not read it. */
export async function findLoggedModelLineage(
  ctx: Context,
  modelId: string,
): Promise<LoggedModelLineage | undefined> {
  const row = await ctx.db.first(sql<{ name: string; status: string; experiment: number }>`
    select l.name, l.status, l.experiment from logged_models l
    join experiments e on e.id = l.experiment
    where l.model_id = ${modelId} and e.workspace = ${ctx.workspace}
      and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })} and ${isNotDeniedSql(ctx, 'logged model')}`)
  return (
    row && { modelId, name: row.name, status: row.status, experimentId: String(row.experiment) }
  )
}
