import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { conflict } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { inactiveExperiment, noSuchExperiment } from '../../tracking/experiments/experiment.ts'

/** How long the traces of an experiment are kept. A bound that is undefined is none. */
export type TraceRetention = {
  /** From the time at which a trace began. */
  readonly daysMax: number | undefined
  /** The newest so many stay. */
  readonly tracesMax: number | undefined
  /** Whether traces with an assessment stay whatever their age. */
  readonly keepAssessed: boolean
  /** The same of traces of a run or logged model that a version was made from. */
  readonly keepOfVersions: boolean
}

/** @param revision 0: nobody set it yet */
export type RevisedRetention = TraceRetention & { readonly revision: number }

type RetentionRow = {
  readonly lifecycle_stage: string
  readonly revision: number | null
  readonly days_max: number | null
  readonly traces_max: number | null
  readonly keep_assessed: number | null
  readonly keep_of_versions: number | null
}

/**
 * How long traces of an experiment are kept: for good, unless somebody set it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function getRetention(ctx: Context, experimentId: number): Promise<RevisedRetention> {
  const row = await ctx.db.first(readRetention(ctx, experimentId))
  if (!row) throw noSuchExperiment(experimentId)
  return retentionFrom(row)
}

function readRetention(ctx: Context, experimentId: number) {
  return sql<RetentionRow>`select e.lifecycle_stage, r.revision, r.days_max, r.traces_max,
      r.keep_assessed, r.keep_of_versions
    from experiments e left join trace_retention r on r.experiment = e.id
    where e.id = ${experimentId} and e.workspace = ${ctx.workspace}`
}

function retentionFrom(row: RetentionRow): RevisedRetention {
  return {
    revision: row.revision ?? 0,
    daysMax: row.days_max ?? undefined,
    tracesMax: row.traces_max ?? undefined,
    keepAssessed: row.keep_assessed !== 0,
    keepOfVersions: row.keep_of_versions !== 0,
  }
}

/**
 * Say how long traces of an experiment are kept. What is then too much is deleted within some hours.
 *
 * @param wanted with the revision that the caller read
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 * @throws INVALID_PARAMETER_VALUE the experiment is deleted
 * @throws RESOURCE_CONFLICT somebody else changed it since
 */
export async function setRetention(
  ctx: Context,
  experimentId: number,
  wanted: RevisedRetention,
): Promise<RevisedRetention> {
  const { revision, daysMax = null, tracesMax = null } = wanted
  const assessed = wanted.keepAssessed ? 1 : 0
  const ofVersions = wanted.keepOfVersions ? 1 : 0
  const standing = sql`experiments e left join trace_retention r on r.experiment = e.id
    where e.id = ${experimentId} and e.workspace = ${ctx.workspace}
      and e.lifecycle_stage = 'active' and coalesce(r.revision, 0) = ${revision}`
  const { written, kept } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trace_retention.changed',
      from: standing,
      before: sql`iif(r.revision is null, null, ${retentionJson({
        revision: sql`r.revision`,
        daysMax: sql`r.days_max`,
        tracesMax: sql`r.traces_max`,
        assessed: sql`r.keep_assessed`,
        ofVersions: sql`r.keep_of_versions`,
      })})`,
      after: retentionJson({ revision: revision + 1, daysMax, tracesMax, assessed, ofVersions }),
    }),
    written: sql<{ revision: number }>`insert into trace_retention
        (experiment, revision, days_max, traces_max, keep_assessed, keep_of_versions, swept_at_ms)
      select e.id, ${revision} + 1, ${daysMax}, ${tracesMax}, ${assessed}, ${ofVersions}, 0
      from ${standing}
      on conflict (experiment) do update set revision = excluded.revision,
        days_max = excluded.days_max, traces_max = excluded.traces_max,
        keep_assessed = excluded.keep_assessed, keep_of_versions = excluded.keep_of_versions,
        swept_at_ms = 0, cursor_ms = null, cursor_id = null
      returning revision`,
    kept: readRetention(ctx, experimentId),
  })
  const [row] = kept
  if (!row) throw noSuchExperiment(experimentId)
  if (written.length > 0) return retentionFrom(row)
  if (row.lifecycle_stage !== 'active') throw inactiveExperiment(experimentId)
  throw conflict(
    `How long traces of experiment ${experimentId} are kept is at revision ${row.revision ?? 0}, not ${revision}: somebody else changed it; read it again and repeat your change`,
  )
}

function retentionJson(of: Readonly<Record<Told, unknown>>) {
  const flag = (value: unknown) => sql`json(iif(${value}, 'true', 'false'))`
  return sql`json_object('experiment', cast(e.id as text), 'revision', ${of.revision},
    'days_max', ${of.daysMax}, 'traces_max', ${of.tracesMax},
    'keep_assessed', ${flag(of.assessed)}, 'keep_of_versions', ${flag(of.ofVersions)})`
}

type Told = 'revision' | 'daysMax' | 'tracesMax' | 'assessed' | 'ofVersions'
