import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../access/permissions/permitted.ts'
import type { Context } from '../platform/context.ts'
import type { ModelVersion } from '../registry/versions/read-versions.ts'
import { versionTracesSql } from '../registry/versions/version-traces.ts'
import {
  type FeedbackFigures,
  feedbackFiguresSql,
  type TraceFigures,
  traceFiguresSql,
} from '../traces/metrics/trace-figures.ts'
import { type RunDataset, readDatasetsOfRuns } from '../tracking/run-data/datasets.ts'
import { type NamedRun, readableRuns } from '../tracking/runs/run-lineage.ts'

/** What a version did of late, by its traces, for people: gates measure their own. */
export type VersionTraces = Omit<TraceFigures, 'rated' | 'mean'> & {
  /** The most used feedback first. */
  readonly feedback: readonly FeedbackFigures[]
}

/** Traces that began in so many days, and of an experiment so many of the newest, are looked at. */
const tracesDays = 30
const newestTraces = 10_000
const feedbackMax = 20
const runsMax = 50
const dayMs = 86_400_000

/** A select of the traces of a version that the caller may read, of those that are looked at. */
function recentTracesSql(ctx: Context, version: SQL): SQL {
  const newest = sql`coalesce((select n.request_time_ms from traces n where n.experiment = e.id
    order by n.request_time_ms desc limit 1 offset ${newestTraces}), 0)`
  return versionTracesSql({
    version,
    fromMs: sql`max(${ctx.now() - tracesDays * dayMs}, ${newest})`,
    untilMs: sql`${ctx.now()}`,
    experiments: sql`'[]'`,
    dataset: sql`null`,
    isSeen: sql`${mayReadSql(ctx, 'experiment', { id: sql`e.id` })} and ${isNotDeniedSql(ctx, 'run')}`,
  })
}

/**
 * What versions did of late, by `model_versions.id`, as far as the caller may read the experiments of their
 * runs and logged models. One that has no traces there is absent.
 */
export async function readVersionTraces(
  ctx: Context,
  versions: readonly { readonly id: number }[],
): Promise<ReadonlyMap<number, VersionTraces>> {
  const recent = recentTracesSql(ctx, sql`w.value`)
  const rows = await ctx.db.all(sql<{ id: number; figures: string; feedback: string }>`
    select w.value as id, (select json_object('finished', finished, 'errors', errors,
        'unfinished', unfinished, 'p50', p50, 'p95', p95, 'p99', p99)
      from (${traceFiguresSql(recent, sql`null`)})) as figures,
      (select json_group_array(json_object('name', name, 'count', count, 'mean', mean))
        from (${feedbackFiguresSql(recent, feedbackMax)})) as feedback
    from json_each(${JSON.stringify(versions.map(({ id }) => id))}) w`)
  return new Map(
    rows.flatMap(({ id, figures, feedback }) => {
      const found: VersionTraces = { ...JSON.parse(figures), feedback: JSON.parse(feedback) }
      return found.finished + found.unfinished === 0 ? [] : [[id, found] as const]
    }),
  )
}

/** A run in which a version was looked at by its traces, and what it was asked on. */
export type EvaluationRun = NamedRun & { readonly datasets: readonly RunDataset[] }

/**
 * The runs other than its own in which a version was evaluated, the newest first: those that took its logged
 * model as an input, and those in which traces of it were made or that were linked with them. Only those that
 * the caller may read, and 50 at most.
 */
export async function readEvaluationRuns(
  ctx: Context,
  version: Pick<ModelVersion, 'id' | 'runId' | 'modelId'>,
): Promise<readonly EvaluationRun[]> {
  const rows = await ctx.db.all(sql<{ run_id: string; name: string }>`
    with recent as materialized (${recentTracesSql(ctx, sql`${version.id}`)})
    select r.run_id, r.name from ${readableRuns(ctx)} and r.lifecycle_stage = 'active'
      and r.run_id <> ${version.runId ?? ''} and r.run_id in (
        select t.source_run from recent s join traces t on t.id = s.id
        union select l.target from recent s join traces t on t.id = s.id
          cross join trace_links l on l.workspace = t.workspace and l.trace_id = t.trace_id and l.kind = 'run'
        union select o.run_id from run_model_inputs i join runs o on o.id = i.run
          where i.model_id = ${version.modelId || null})
    order by r.id desc limit ${runsMax}`)
  const datasets = await readDatasetsOfRuns(
    ctx,
    rows.map(({ run_id }) => run_id),
  )
  return rows.map(({ run_id, name }) => ({
    runId: run_id,
    name,
    datasets: datasets.get(run_id) ?? [],
  }))
}

/** The figures by their names, as comparisons list them. */
export function figuresByName(found: VersionTraces | undefined): ReadonlyMap<string, number> {
  if (!found) return new Map()
  const { finished, errors, p50, p95, p99, feedback } = found
  const known: readonly (readonly [string, number | null])[] = [
    ['traces', finished],
    ['error rate', finished === 0 ? null : errors / finished],
    ['latency p50 ms', p50],
    ['latency p95 ms', p95],
    ['latency p99 ms', p99],
    ...feedback.map(({ name, mean }) => [`mean of feedback ${name}`, mean] as const),
  ]
  return new Map(known.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])))
}
