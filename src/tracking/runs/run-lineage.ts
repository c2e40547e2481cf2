import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue } from '../run.ts'

/** The run that a model comes from. */
export type RunLineage = {
  readonly runId: string
  readonly name: string
  /** Undefined: the run is gone, and nobody saw its status. */
  readonly status: string | undefined
  readonly experimentId: string
  readonly experimentName: string
  /** The run of which this one is a part, where the caller may read that one. */
  readonly parent: NamedRun | undefined
  readonly code: RunCode
}

export type NamedRun = { readonly runId: string; readonly name: string }

/** The code that ran, as the client noted it in MLflow's tags. */
export type RunCode = {
  readonly source: string | undefined
  readonly commit: string | undefined
  readonly branch: string | undefined
  readonly repository: string | undefined
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
  return {
    runId: run.run_id,
    name: run.name,
    status: run.status,
    experimentId: String(run.experiment),
    experimentName: run.experiment_name,
    parent: parent && { runId: parent.run_id, name: parent.name },
    code: codeFrom(Object.fromEntries(tags.map(({ key, value }) => [key, value]))),
  }
}

/** What the tags of a run say about its code, without credentials. */
export function codeFrom(tags: Readonly<Record<string, string>>): RunCode {
  const shown = (key: string) =>
    Object.hasOwn(tags, key) ? maskCredentials(tags[key] ?? '') : undefined
  return {
    source: shown(codeTags.source),
    commit: shown(codeTags.commit),
    branch: shown(codeTags.branch),
    repository: shown(codeTags.repository),
  }
}

/** Undefined where there is no such run or the caller may not read it. */
export async function findReadableRun(ctx: Context, runId: string): Promise<NamedRun | undefined> {
  const row = await ctx.db.first(
    sql<{ name: string }>`select r.name from ${readableRuns(ctx)} and r.run_id = ${runId}`,
  )
  return row && { runId, name: row.name }
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

/** A logged model behind a version. */
export type LoggedModelLineage = {
  readonly modelId: string
  readonly name: string
  /** Undefined: the logged model is gone. */
  readonly status: string | undefined
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
