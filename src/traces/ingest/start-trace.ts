import { type SQL, sql } from 'drizzle-orm'
import { conflict, invalid, RequestLimitError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { ConstraintError } from '../../db/database.ts'
import { mergedTexts } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import {
  addStatement,
  boundStatement,
  checkAssessment,
  overrideStatement,
  refuseTooMany,
} from '../assessments/assessment.ts'
import { countStatement, intakeReads, rulesFromRows } from '../intake/intake.ts'
import { infoReads, infosFrom } from '../reading/read-infos.ts'
import { cost, readAmounts, tokenUsage } from '../spans/usage.ts'
import { finalizedKey, keepTexts } from '../texts.ts'
import { checkTraceId, type TraceInfo } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'
import { type IsHeld, mergedMetadata } from './merge-metadata.ts'
import { isLeftOut, leftOutInfo, screenInfo } from './screen-info.ts'
import type { TraceStart } from './trace-start.ts'

const previewCharsMax = 100_000
const clientRequestCharsMax = 255
const assessmentsMax = 1000

/**
 * Keep what a client says of a trace. Said again it is merged: times, state and request id are replaced,
 * tags and metadata are added and overwritten, but for what ties a held trace to its version.
 *
 * @throws INVALID_PARAMETER_VALUE something is malformed or too long, the experiment is deleted, or the
 *   trace is in another experiment, out of which nothing moves it
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function startTrace(
  ctx: Context,
  given: TraceStart,
  isHeld: IsHeld,
): Promise<TraceInfo> {
  checkStart(given)
  const experimentId = sql`${given.experimentId}`
  const rules = rulesFromRows(await ctx.db.batch(intakeReads(experimentId)))
  if (await isLeftOut(ctx, given, rules)) {
    await requireActive(ctx, given.experimentId)
    await ctx.db.batch({ counted: countStatement(experimentId, { infosLeftOut: 1 }) })
    return leftOutInfo(given)
  }
  const { screened, valuesRedacted } = await screenInfo(given, rules)
  const counted = countStatement(experimentId, { valuesRedacted })
  return keepInfo(ctx, screened, { counted, isHeld })
}

/** @throws as `startTrace` says of experiments */
async function requireActive(ctx: Context, experimentId: number): Promise<void> {
  const { lifecycleStage } = await getExperiment(ctx, experimentId)
  if (lifecycleStage === 'deleted') throw inactiveExperiment(experimentId)
}

async function keepInfo(
  ctx: Context,
  start: TraceStart,
  { counted, isHeld }: { readonly counted: SQL | undefined; readonly isHeld: IsHeld },
): Promise<TraceInfo> {
  const tags = keepTexts(start.tags, 'tags')
  const { metadata, usageTold, costTold } = metadataOf(start)
  const id = traceNamed(ctx, start.traceId)
  const assessments = start.assessments.map((one) => ({
    ...one,
    assessmentId: one.assessmentId ?? `a-${ctx.randomId()}`,
  }))
  const finalized = Number(start.isFinal)
  const own = sql`${id} and experiment = ${start.experimentId}`
  try {
    const write = ctx.db.batch({
      started: sql<{
        id: number
      }>`insert into traces (workspace, trace_id, experiment, request_time_ms,
          duration_ms, state, client_request_id, finalized, payload_rows, touched_at_ms,
          request_preview, response_preview, tags, metadata, usage_told, cost_told)
        select ${ctx.workspace}, ${start.traceId}, id, ${start.requestTimeMs}, ${start.durationMs ?? null},
          ${start.state}, ${start.clientRequestId ?? null}, ${finalized}, 0, ${ctx.now()},
          ${start.requestPreview ?? null}, ${start.responsePreview ?? null},
          ${JSON.stringify(tags)}, ${JSON.stringify(metadata)}, ${usageTold}, ${costTold}
        from experiments where id = ${start.experimentId} and workspace = ${ctx.workspace}
          and lifecycle_stage = 'active'
        on conflict (workspace, trace_id) do update set
          request_time_ms = excluded.request_time_ms, duration_ms = excluded.duration_ms,
          state = excluded.state, client_request_id = excluded.client_request_id,
          finalized = max(finalized, excluded.finalized),
          usage_told = max(usage_told, excluded.usage_told),
          cost_told = max(cost_told, excluded.cost_told),
          request_preview = coalesce(excluded.request_preview, request_preview),
          response_preview = coalesce(excluded.response_preview, response_preview),
          tags = ${mergedTexts(sql`traces.tags`, sql`excluded.tags`)}, metadata = ${mergedMetadata(sql`excluded.metadata`, isHeld)}
        where traces.experiment = excluded.experiment
        returning id`,
      known: sql`delete from deleted_traces
        where workspace = ${ctx.workspace} and trace_id = ${start.traceId} and exists (${id})`,
      ...(assessments.length > 0
        ? {
            assessed: addStatement(ctx, { trace: own, made: assessments, skipKnown: true }),
            overridden: overrideStatement({ trace: own, made: assessments }),
            bound: boundStatement(id),
          }
        : {}),
      counted,
      ...infoReads(ctx, own),
    })
    const { started, ...read } = await refuseTooMany(write)
    const [info] = infosFrom(read)
    if (started.length === 0 || !info) throw await explainRefusal(ctx, start)
    return info
  } catch (err) {
    throw explainBound(err)
  }
}

function checkStart(start: TraceStart): void {
  checkTraceId(start.traceId)
  const fields = { request_preview: start.requestPreview, response_preview: start.responsePreview }
  for (const [field, text = ''] of Object.entries(fields)) {
    if (text.length > previewCharsMax) throw invalid(messages.tooLong(field, previewCharsMax))
  }
  if ((start.clientRequestId ?? '').length > clientRequestCharsMax) {
    throw invalid(messages.tooLong('client_request_id', clientRequestCharsMax))
  }
  if (start.assessments.length > assessmentsMax) {
    throw invalid(
      `A trace is sent with at most ${assessmentsMax} assessments; log the rest by themselves`,
    )
  }
  for (const one of start.assessments) checkAssessment(one)
}

/** What a trace used is kept as far as it is known, and what is no JSON is left out. */
function metadataOf({ metadata, isFinal }: TraceStart) {
  const kept: Record<string, string> = { ...keepTexts(metadata, 'trace_metadata') }
  const told = [tokenUsage, cost].map((kind) => {
    const text = kept[kind.metadata]
    const amounts = text === undefined ? undefined : readAmounts(text, kind)
    delete kept[kind.metadata]
    if (amounts !== undefined) kept[kind.metadata] = amounts
    return Number(amounts !== undefined)
  })
  if (isFinal) kept[finalizedKey] = 'true'
  return { metadata: kept, usageTold: told[0] ?? 0, costTold: told[1] ?? 0 }
}

/** Whether a write failed since one trace would have too many tags and metadata. */
function isTooMuch(err: unknown): boolean {
  return err instanceof ConstraintError && err.kind === 'check' && /traces_labels/.test(err.subject)
}

/** Of a failed write that a bound of traces refused, what to answer; any other failure as it is. */
export function explainBound(err: unknown): unknown {
  if (isTooMuch(err)) return tooManyLabels(err)
  if (!(err instanceof ConstraintError && /traces_payload_rows/.test(err.subject))) return err
  return new RequestLimitError(
    'A trace of these spans came in more than 65535 requests that are not folded yet; send them again later, and more spans at once',
    retryAfterS,
  )
}

/** The next fold takes such a trace. */
const retryAfterS = 10

function tooManyLabels(cause: unknown): Error {
  return invalid(
    'All tags and metadata of one trace may have 1000000 bytes in sum, and these would be more; store long texts as spans or artifacts',
    { cause },
  )
}

async function explainRefusal(ctx: Context, start: TraceStart): Promise<Error> {
  await requireActive(ctx, start.experimentId)
  const other = await ctx.db.first(traceNamed(ctx, start.traceId))
  if (other) return inOtherExperiment(start.traceId)
  return conflict(`Trace '${start.traceId}' changed at the same moment; send it again`)
}

/** The 400 for a trace that is in another experiment than the caller says. */
export function inOtherExperiment(traceId: string): Error {
  return invalid(
    `Trace '${traceId}' is in another experiment, and traces do not move; log it under another trace_id`,
  )
}
