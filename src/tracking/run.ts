import { type SQL, sql } from 'drizzle-orm'
import { type Int64, int64FromRow } from '../core/int64.ts'
import { fixSql } from '../db/compile.ts'
import { int64Column } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'
import type { runs } from './tables.ts'

/** MLflow's RunStatus, in the order of its numbers; RUNNING is 1. */
export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type RunStatus = (typeof runStatuses)[number]

export type LifecycleStage = 'active' | 'deleted'

export type KeyValue = { readonly key: string; readonly value: string }

/** One logged point. `value` may be NaN; an infinity is kept as the largest double, as in MLflow. */
export type Metric = {
  readonly key: string
  readonly value: number
  readonly timestampMs: Int64
  readonly step: Int64
}

export type Dataset = {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | undefined
  readonly profile: string | undefined
}

/** A dataset as one run used it. */
export type DatasetInput = { readonly dataset: Dataset; readonly tags: readonly KeyValue[] }

export type ModelOutput = { readonly modelId: string; readonly step: Int64 }

/** A run without what was logged to it. */
export type RunInfo = {
  /** Key of the child tables; never leaves the server. */
  readonly id: number
  /** 32 hex digits. */
  readonly runId: string
  readonly experimentId: number
  readonly name: string
  readonly userId: string
  readonly status: RunStatus
  readonly startTimeMs: Int64
  readonly endTimeMs: Int64 | undefined
  readonly artifactUri: string
  readonly lifecycleStage: LifecycleStage
}

/** A run with everything but its metric history: `metrics` has the latest point of each key. */
export type Run = RunInfo & {
  readonly metrics: readonly Metric[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly datasetInputs: readonly DatasetInput[]
  /** Ids of logged models that the run read; they need not exist. */
  readonly modelInputs: readonly string[]
  readonly modelOutputs: readonly ModelOutput[]
}

/** An int64 as `int64Column` reads it. */
type Int64Row = number | string

export type RunRow = Pick<
  typeof runs.$inferSelect,
  'id' | 'run_id' | 'experiment' | 'name' | 'user_id' | 'status' | 'artifact_uri'
> & { lifecycle_stage: string; start_time_ms: Int64Row; end_time_ms: Int64Row | null }

/** The columns of a `RunRow`, from a table that is named `runs` or returned by a write to it. */
export const runColumns = fixSql(sql`runs.id, runs.run_id, runs.experiment, runs.name, runs.user_id,
  runs.status, runs.artifact_uri, runs.lifecycle_stage,
  ${int64Column(sql`runs.start_time_ms`)} as start_time_ms,
  ${int64Column(sql`runs.end_time_ms`)} as end_time_ms`)

export function runInfoFromRow(row: RunRow): RunInfo {
  return {
    id: row.id,
    runId: row.run_id,
    experimentId: row.experiment,
    name: row.name,
    userId: row.user_id,
    // Only names of these two unions are ever written.
    status: row.status as RunStatus,
    lifecycleStage: row.lifecycle_stage as LifecycleStage,
    startTimeMs: int64FromRow(row.start_time_ms),
    endTimeMs: row.end_time_ms === null ? undefined : int64FromRow(row.end_time_ms),
    artifactUri: row.artifact_uri,
  }
}

export type MetricRow = {
  key: string
  value: number
  is_nan: number
  step: Int64Row
  timestamp_ms: Int64Row
}

export function metricFromRow(row: MetricRow): Metric {
  return {
    key: row.key,
    value: row.is_nan ? Number.NaN : row.value,
    timestampMs: int64FromRow(row.timestamp_ms),
    step: int64FromRow(row.step),
  }
}

/** Condition on `runs`: this one, and in the caller's workspace. */
export function isRun(ctx: Pick<Context, 'workspace'>, runId: string): SQL {
  return sql`runs.run_id = ${runId} and ${isInWorkspace(ctx)}`
}

/** Condition on `runs`: one of these, and in the caller's workspace. */
export function isOneOfRuns(ctx: Context, runIds: readonly string[]): SQL {
  return sql`runs.run_id in (select value from json_each(${JSON.stringify(runIds)})) and ${isInWorkspace(ctx)}`
}

function isInWorkspace(ctx: Pick<Context, 'workspace'>): SQL {
  return sql`exists (
    select 1 from experiments where experiments.id = runs.experiment and experiments.workspace = ${ctx.workspace})`
}

/** Condition on `runs`: this one, in the caller's workspace, and not deleted. */
export function isActiveRun(ctx: Context, runId: string): SQL {
  return isActive(isRun(ctx, runId))
}

/** Condition on `runs`: these, as far as they are not deleted. */
export function isActive(runs: SQL): SQL {
  return sql`${runs} and runs.lifecycle_stage = 'active'`
}
