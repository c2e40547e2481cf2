import { RegistryError } from '../../../core/error.ts'
import type { LabelSchema } from '../../../judging/labels/label-schema.ts'
import { listLabelSchemas } from '../../../judging/labels/label-schemas.ts'
import { requireReviewQueue } from '../../../judging/queues/queue-permissions.ts'
import {
  listReviewItems,
  type ReviewItem,
  type ReviewStatus,
} from '../../../judging/queues/review-items.ts'
import type { ReviewQueue } from '../../../judging/queues/review-queue.ts'
import { getReviewQueue } from '../../../judging/queues/review-queues.ts'
import type { Context } from '../../../platform/context.ts'
import type { TraceAssessment } from '../../../traces/assessments/assessment.ts'
import { getTrace, getTraceInfos, type Trace } from '../../../traces/reading/get-trace.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import { type Experiment, getExperiment } from '../../../tracking/experiments/experiment.ts'
import { attempt } from '../../attempt.ts'
import { findRefusal } from '../../forms.ts'

export type ReviewQuery = {
  readonly status: ReviewStatus | undefined
  /** The trace that is looked at; absent: the first. */
  readonly item: string | undefined
  readonly after: string | undefined
}

/** All that the page of a queue shows. */
export type ReviewStanding = {
  readonly queue: ReviewQueue
  readonly experiment: Experiment
  readonly schemas: readonly LabelSchema[]
  readonly items: readonly ReviewItem[]
  readonly infos: ReadonlyMap<string, TraceInfo>
  readonly next: string | undefined
  /** The trace that is looked at; undefined: none is there. */
  readonly trace: Trace | undefined
  /** Why the caller may not review what is in it. */
  readonly whyNot: string | undefined
  /** Whether the caller may say who does. */
  readonly mayChange: boolean
}

const itemsMax = 50
const schemasMax = 1000

/** @throws RESOURCE_DOES_NOT_EXIST no such queue, or trace */
export async function readReviewStanding(
  ctx: Context,
  queueId: string,
  { status, item, after }: ReviewQuery,
): Promise<ReviewStanding> {
  const [queue, page, whyNot, whyFixed] = await Promise.all([
    getReviewQueue(ctx, queueId),
    listReviewItems(ctx, { queueId, status, maxResults: itemsMax, token: after }),
    findRefusal(requireReviewQueue(ctx, queueId, 'review')),
    findRefusal(requireReviewQueue(ctx, queueId, 'change')),
  ])
  const ids = page.items.map(({ traceId }) => traceId)
  const shown = item ?? ids[0]
  const [experiment, schemas, infos, trace] = await Promise.all([
    getExperiment(ctx, queue.experimentId),
    readSchemas(ctx, queue),
    getTraceInfos(ctx, ids),
    shown === undefined ? undefined : findTraceToReview(ctx, shown, queue.experimentId),
  ])
  return {
    ...{ queue, experiment, schemas, items: page.items, next: page.nextPageToken, whyNot },
    mayChange: whyFixed === undefined && queue.type === 'CUSTOM',
    infos: new Map(infos.map((info) => [info.traceId, info])),
    trace,
  }
}

/** Undefined: there is none in the experiment; whether it is elsewhere is not told. */
export async function findTraceToReview(
  ctx: Context,
  traceId: string,
  experimentId: number,
): Promise<Trace | undefined> {
  const found = await attempt('RESOURCE_DOES_NOT_EXIST', getTrace(ctx, traceId, true))
  return found instanceof RegistryError || found.info.experimentId !== experimentId
    ? undefined
    : found
}

/** The questions of a queue; of one that names none, the one that every experiment has. */
export async function readSchemas(
  ctx: Context,
  { experimentId, schemaIds }: ReviewQueue,
): Promise<readonly LabelSchema[]> {
  const page = { maxResults: schemasMax, token: undefined }
  const { items } = await listLabelSchemas(ctx, experimentId, page)
  const wanted = new Set(schemaIds)
  const asked = items.filter(({ schemaId }) => wanted.has(schemaId))
  return asked.length > 0 ? asked : items.filter(({ isDefault }) => isDefault)
}

/** What somebody said before to a question, and still counts. */
export function saidBefore(
  { info }: Trace,
  { name, type }: Pick<LabelSchema, 'name' | 'type'>,
  by: string,
): TraceAssessment | undefined {
  const kind = type === 'EXPECTATION' ? 'expectation' : 'feedback'
  return info.assessments.findLast(
    (one) =>
      one.valid &&
      one.name === name &&
      one.kind === kind &&
      one.sourceType === 'HUMAN' &&
      one.sourceId === by,
  )
}
