import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { jsonChunksOf, mergedTexts } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import { countStatement, intakeReads, rulesFromRows } from '../intake/intake.ts'
import type { IntakeRules } from '../intake/rules.ts'
import { traceIdOf } from '../spans/span.ts'
import type { SpanGroup } from './gather-traces.ts'
import { type KeptPayload, keepPayload } from './keep-payload.ts'
import { readUsage } from './read-usage.ts'
import { screenTraces } from './screen-traces.ts'
import { explainBound, inOtherExperiment } from './start-trace.ts'
import { type SpanSummary, summarizeSpans } from './summarize-spans.ts'

export type SpanLog = {
  readonly experimentId: number
  readonly groups: readonly SpanGroup[]
  /** The run that traces whose root is among them are linked with; one of another experiment is not. */
  readonly runId?: string | undefined
}

export const spansMax = 10_000
const tracesMax = 2000
/** Kinds of spans of one experiment; what is beyond has one kind for all. */
const kindsMax = 5000
/** Statements of one batch share a parameter of so much, and a request may need several batches. */
const batchCharsMax = 1_200_000

type TraceSpans = SpanSummary & { readonly payload: KeptPayload }

/**
 * Keep spans as they arrive: before or after the info of their trace, in any parts, and as often as
 * their sender repeats them. A trace that is not there is made; one that was deleted is not.
 *
 * @throws INVALID_PARAMETER_VALUE too much at once, a name or session too long, a trace of another
 *   experiment, or the experiment is deleted; nothing is kept
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function logSpans(ctx: Context, log: SpanLog): Promise<void> {
  checkSpanCount(log.groups.reduce((sum, { spans }) => sum + spans.length, 0))
  const ids = new Set(log.groups.flatMap(({ spans }) => spans.map(traceIdOf)))
  if (ids.size > tracesMax) {
    throw invalid(`One request may have spans of ${tracesMax} traces, and this one has ${ids.size}`)
  }
  const rules = await requireOwnTraces(ctx, log.experimentId, [...ids])
  const { traces: byTrace, ...counts } = await screenTraces(ctx, log, rules)
  const counted = countStatement(sql`${log.experimentId}`, counts)
  if (byTrace.size === 0) {
    if (counted) await ctx.db.all(counted)
    return
  }
  const traces: TraceSpans[] = []
  for (const { spans, tags } of byTrace.values()) {
    traces.push({ ...summarizeSpans(spans, tags), payload: await keepPayload(ctx, spans) })
  }
  let isFirst = true
  for (const batch of batchesOf(traces)) {
    await writeTraces(ctx, log, { traces: batch, counted: isFirst ? counted : undefined })
    isFirst = false
  }
  const used = traces.filter(({ hasAmounts }) => hasAmounts)
  await readUsage(
    ctx,
    new Map(used.map(({ traceId }) => [traceId, byTrace.get(traceId)?.spans ?? []])),
  )
}

/** @throws INVALID_PARAMETER_VALUE they are more than one request may have */
export function checkSpanCount(count: number): void {
  if (count <= spansMax) return
  throw invalid(
    `One request may have ${spansMax} spans, and this one has ${count}; send fewer at once`,
  )
}

/** @throws as `logSpans` says of experiments */
async function requireOwnTraces(
  ctx: Context,
  experimentId: number,
  traceIds: readonly string[],
): Promise<IntakeRules | undefined> {
  const { experiment, others, ...terms } = await ctx.db.batch({
    ...intakeReads(sql`${experimentId}`),
    experiment: sql<{ lifecycle_stage: string }>`select lifecycle_stage from experiments
      where id = ${experimentId} and workspace = ${ctx.workspace}`,
    others: sql<{
      trace_id: string
    }>`select t.trace_id from json_each(${JSON.stringify(traceIds)}) w
      cross join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value
      where t.experiment <> ${experimentId} limit 1`,
  })
  const [found] = experiment
  if (!found) await getExperiment(ctx, experimentId)
  if (found?.lifecycle_stage === 'deleted') throw inactiveExperiment(experimentId)
  const [other] = others
  if (other) throw inOtherExperiment(other.trace_id)
  return rulesFromRows(terms)
}

/** All spans of a trace in one batch; D1 bounds what a statement may be given. */
function* batchesOf(traces: readonly TraceSpans[]): Iterable<readonly TraceSpans[]> {
  let batch: TraceSpans[] = []
  let chars = 0
  for (const trace of traces) {
    const size = sizeOf(trace)
    if (batch.length > 0 && chars + size > batchCharsMax) {
      yield batch
      batch = []
      chars = 0
    }
    batch.push(trace)
    chars += size
  }
  yield batch
}

function sizeOf({ payload, tags, kinds, requestPreview, responsePreview }: TraceSpans): number {
  const texts = [JSON.stringify(tags), JSON.stringify(kinds), requestPreview, responsePreview]
  return (payload.body?.length ?? 0) + texts.reduce((sum, text) => sum + (text?.length ?? 0), 200)
}

async function writeTraces(
  ctx: Context,
  log: SpanLog,
  {
    traces,
    counted,
  }: { readonly traces: readonly TraceSpans[]; readonly counted: SQL | undefined },
): Promise<void> {
  try {
    await ctx.db.batch({ ...traceStatements(ctx, log, traces), counted })
  } catch (err) {
    throw explainBound(err)
  }
}

function traceStatements(ctx: Context, log: SpanLog, traces: readonly TraceSpans[]) {
  const bodies = traces.map(({ traceId, payload }) => [
    ...[traceId, payload.body ?? null, payload.key ?? null],
  ])
  const ids = jsonChunksOf(bodies, batchCharsMax)
  const kinds = jsonChunksOf(
    traces.flatMap((trace) => trace.kinds.map((kind) => [trace.traceId, ...kind])),
  )
  const roots = traces.filter(({ state }) => state !== undefined)
  const named = sql`traces t on t.workspace = ${ctx.workspace} and t.trace_id = j.value ->> 0
    and t.experiment = ${log.experimentId}`
  return {
    traces: jsonChunksOf(traces.map(rowOf)).map((rows) => upsertStatement(ctx, log, rows)),
    payloads: ids.map(
      (rows) => sql`insert into trace_payloads (id, body, key)
        select t.id * 65536 + t.payload_rows, j.value ->> 1, j.value ->> 2
        from json_each(${rows}) j cross join ${named}`,
    ),
    kinds: kinds.map((rows) => kindStatement(log.experimentId, rows)),
    traceKinds: kinds.map((rows) => traceKindStatement(log.experimentId, rows, named)),
    links:
      log.runId !== undefined && roots.length > 0
        ? sql`insert into trace_links (workspace, kind, target, trace_id)
            select ${ctx.workspace}, 'run', r.run_id, j.value
            from json_each(${JSON.stringify(roots.map(({ traceId }) => traceId))}) j
            cross join runs r on r.run_id = ${log.runId}
              and r.experiment = ${log.experimentId}
            join experiments e on e.id = r.experiment and e.workspace = ${ctx.workspace}
            where 1 on conflict do nothing`
        : undefined,
  } satisfies Parameters<Context['db']['batch']>[0]
}

function rowOf(trace: TraceSpans) {
  return [
    ...[trace.traceId, trace.startMs, trace.durationMs ?? null, trace.state ?? null],
    ...[trace.requestPreview ?? null, trace.responsePreview ?? null],
    ...[JSON.stringify({ ...trace.names, ...trace.tags }), JSON.stringify(trace.metadata)],
  ]
}

/** Once its client has told of the trace, spans only add what that left open. */
function upsertStatement(ctx: Context, { experimentId }: SpanLog, rows: string): SQL {
  return sql`insert into traces (workspace, trace_id, experiment, request_time_ms, duration_ms, state,
      finalized, payload_rows, touched_at_ms, request_preview, response_preview, tags, metadata,
      usage_told, cost_told)
    select ${ctx.workspace}, j.value ->> 0, e.id, j.value ->> 1, j.value ->> 2,
      coalesce(j.value ->> 3, 'IN_PROGRESS'), 0, 1, ${ctx.now()}, j.value ->> 4, j.value ->> 5,
      j.value ->> 6, j.value ->> 7, 0, 0
    from json_each(${rows}) j
    join experiments e on e.id = ${experimentId} and e.workspace = ${ctx.workspace}
      and e.lifecycle_stage = 'active'
    where not exists (select 1 from deleted_traces d
      where d.workspace = ${ctx.workspace} and d.trace_id = j.value ->> 0)
    on conflict (workspace, trace_id) do update set
      duration_ms = iif(finalized, duration_ms, ${laterEnd}),
      request_time_ms = iif(finalized, request_time_ms, min(request_time_ms, excluded.request_time_ms)),
      state = iif(state in ('OK', 'ERROR') or excluded.state = 'IN_PROGRESS', state, excluded.state),
      request_preview = coalesce(request_preview, excluded.request_preview),
      response_preview = coalesce(response_preview, excluded.response_preview),
      tags = ${mergedTexts(sql`traces.tags`, newTags)},
      metadata = ${mergedTexts(sql`excluded.metadata`, sql`traces.metadata`)},
      payload_rows = payload_rows + 1, touched_at_ms = excluded.touched_at_ms
    where traces.experiment = excluded.experiment`
}

/** The latest end less the earliest start. */
const laterEnd = sql`coalesce(max(
    request_time_ms + coalesce(duration_ms, excluded.duration_ms),
    excluded.request_time_ms + coalesce(excluded.duration_ms, duration_ms))
  - min(request_time_ms, excluded.request_time_ms), duration_ms, excluded.duration_ms)`

/** A trace that has a name keeps it. */
const newTags = sql`iif(traces.tags ->> '$."mlflow.traceName"' is null, excluded.tags,
  json_remove(excluded.tags, '$."mlflow.traceName"'))`

/** Kinds that are new; beyond the bound, the one kind that stands for all. */
function kindStatement(experimentId: number, rows: string): SQL {
  return sql`insert into span_kinds (experiment, status, type, name)
    select distinct ${experimentId}, iif(is_full, '', status), iif(is_full, '', type),
      iif(is_full, '', name)
    from (
      select n.*, w.known + row_number() over (order by status, type, name) > ${kindsMax} as is_full
      from (select distinct value ->> 1 as status, value ->> 2 as type, value ->> 3 as name
        from json_each(${rows})) n
      cross join (
        select count(*) as known from span_kinds where experiment = ${experimentId}) w
      where not exists (select 1 from span_kinds k where k.experiment = ${experimentId}
        and k.status = n.status and k.type = n.type and k.name = n.name)) where 1
    on conflict do nothing`
}

function traceKindStatement(experimentId: number, rows: string, named: SQL): SQL {
  return sql`insert into trace_span_kinds (trace, kind)
    select t.id, coalesce(k.id, o.id) from json_each(${rows}) j cross join ${named}
    left join span_kinds k on k.experiment = ${experimentId}
      and k.status = j.value ->> 1 and k.type = j.value ->> 2 and k.name = j.value ->> 3
    left join span_kinds o on o.experiment = ${experimentId}
      and o.status = '' and o.type = '' and o.name = ''
    where coalesce(k.id, o.id) is not null
    on conflict do nothing`
}
