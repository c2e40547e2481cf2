import { type SQL, sql } from 'drizzle-orm'
import type { Int64 } from '../../core/int64.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { int64Column, int64Param } from '../../db/sql.ts'
import { type Platform, systemContext } from '../../platform/context.ts'
import { isAssessedSql } from '../assessments/assessment.ts'
import { deleteRound } from '../changes/delete-traces.ts'

/** Conditions on a trace, by the alias of its row: what the registry says of it. */
export type TraceKeeping = {
  readonly isOfVersion: (trace: SQL) => SQL
  /** It belongs to a version under a legal hold. */
  readonly isHeld: (trace: SQL) => SQL
}

type PolicyRow = {
  readonly workspace: string
  readonly experiment: number
  readonly revision: number
  readonly days_max: number | null
  readonly traces_max: number | null
  readonly keep_assessed: number
  readonly keep_of_versions: number
  readonly cursor_ms: Int64 | string | null
  readonly cursor_id: string | null
}

/** The place of a trace in the order of time. */
type Place = { readonly ms: Int64; readonly id: string }
type PlaceRow = { readonly ms: number | string; readonly trace_id: string }

const dayMs = 86_400_000
const experimentsMax = 200
const roundsMax = 100
const roundsOfOneMax = 10
const tracesPerRound = 500

/**
 * Delete traces that are older, or more, than their experiment keeps: a part at a time, the experiments
 * first that waited longest. What is kept nevertheless is looked at once in a pass.
 *
 * @throws AggregateError what went wrong, after all others were swept
 */
export async function sweepRetention(platform: Platform, keeping: TraceKeeping): Promise<void> {
  const policies =
    await platform.db.all(sql<PolicyRow>`select e.workspace, r.experiment, r.revision,
      r.days_max, r.traces_max, r.keep_assessed, r.keep_of_versions,
      ${int64Column(sql`r.cursor_ms`)} as cursor_ms, r.cursor_id
    from trace_retention r join experiments e on e.id = r.experiment
    where e.lifecycle_stage = 'active' and (r.days_max is not null or r.traces_max is not null)
    order by iif(r.swept_at_ms > ${platform.now()}, 0, r.swept_at_ms), r.experiment limit ${experimentsMax}`)
  const failures: unknown[] = []
  let left = roundsMax
  for (const policy of policies) {
    if (left <= 0) break
    try {
      left -= await sweepExperiment(platform, policy, keeping)
    } catch (err) {
      left -= 1
      failures.push(err)
      // Its turn comes again after all others, so that failing ones do not keep these waiting.
      await platform.db.all(sql`update trace_retention set swept_at_ms = ${platform.now()}
        where experiment = ${policy.experiment}`)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, 'traces of experiments were not swept')
}

/** @returns how many rounds it took */
async function sweepExperiment(
  platform: Platform,
  policy: PolicyRow,
  keeping: TraceKeeping,
): Promise<number> {
  const ctx = systemContext(platform, policy.workspace)
  const { experiment, cursor_ms, cursor_id } = policy
  const edge = await readEdge(platform, policy)
  let cursor: Place | undefined =
    cursor_ms === null || cursor_id === null ? undefined : { ms: BigInt(cursor_ms), id: cursor_id }
  let rounds = 0
  while (edge && rounds < roundsOfOneMax) {
    rounds += 1
    const isOld = sql`(t.request_time_ms, t.trace_id) <= (${int64Param(edge.ms)}, ${edge.id})`
    // One that was made again meanwhile is not old.
    const guard = sql`${isOld} and ${guardSql(policy, keeping)}`
    const after = cursor
      ? sql`(t.request_time_ms, t.trace_id) > (${int64Param(cursor.ms)}, ${cursor.id})`
      : sql`1`
    const old = await platform.db.all(sql<PlaceRow & { id: number }>`select t.id,
        ${int64Column(sql`t.request_time_ms`)} as ms, t.trace_id from traces t
      where t.experiment = ${experiment} and ${after} and ${isOld}
      order by t.request_time_ms, t.trace_id limit ${tracesPerRound}`)
    const ids = JSON.stringify(old.map(({ id }) => id))
    const which = sql`select t.id from json_each(${ids}) w cross join traces t on t.id = w.value
      where ${guard}`
    await deleteRound(ctx, { experimentId: experiment, which, guard })
    const last = old.at(-1)
    cursor = last && old.length === tracesPerRound ? placeFrom(last) : undefined
    if (!cursor) break
    await letOthersRun()
  }
  await platform.db.all(sql`update trace_retention set swept_at_ms = ${platform.now()},
      cursor_ms = ${cursor ? int64Param(cursor.ms) : null}, cursor_id = ${cursor?.id ?? null}
    where experiment = ${experiment} and revision = ${policy.revision}`)
  return Math.max(rounds, 1)
}

/** The newest place at which a trace is too old or one too many; undefined: none is. */
async function readEdge(
  { db, now }: Platform,
  { experiment, days_max, traces_max }: PolicyRow,
): Promise<Place | undefined> {
  const byAge = days_max === null ? undefined : { ms: now() - days_max * dayMs, id: '' }
  if (traces_max === null) return byAge
  const first = await db.first(sql<PlaceRow>`select
      ${int64Column(sql`t.request_time_ms`)} as ms, t.trace_id from traces t
    where t.experiment = ${experiment}
    order by t.request_time_ms desc, t.trace_id desc limit 1 offset ${traces_max}`)
  const byCount = first && placeFrom(first)
  return byAge && byCount ? (byCount.ms >= byAge.ms ? byCount : byAge) : (byAge ?? byCount)
}

function placeFrom({ ms, trace_id }: PlaceRow): Place {
  return { ms: BigInt(ms), id: trace_id }
}

/** Nothing keeps the trace `t`, and nobody changed meanwhile what does. */
function guardSql(policy: PolicyRow, { isOfVersion, isHeld }: TraceKeeping): SQL {
  const t = sql`t`
  return sql`exists (select 1 from trace_retention r join experiments e on e.id = r.experiment
      where r.experiment = ${policy.experiment} and r.revision = ${policy.revision}
        and e.lifecycle_stage = 'active')
    and not ${policy.keep_assessed === 1 ? isAssessedSql(t, sql`1`) : sql`0`}
    and not ${policy.keep_of_versions === 1 ? isOfVersion(t) : isHeld(t)}`
}
