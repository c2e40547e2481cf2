import { absent, invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { judgingMessages } from '../../../judging/messages.ts'
import { completeReview } from '../../../judging/queues/complete-review.ts'
import { type QueueUse, requireReviewQueue } from '../../../judging/queues/queue-permissions.ts'
import {
  addReviewItems,
  reviewStatuses,
  setReviewStatus,
} from '../../../judging/queues/review-items.ts'
import { getReviewQueue, updateReviewQueue } from '../../../judging/queues/review-queues.ts'
import type { Context } from '../../../platform/context.ts'
import { changeOn, type Reshown, readNothing } from '../../changes/change.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { selectedIn } from '../list/traces-query.ts'
import { readAnswers } from './answers.tsx'
import { peopleIn } from './people.tsx'
import {
  findTraceToReview,
  type ReviewQuery,
  readReviewStanding,
  readSchemas,
  saidBefore,
} from './read-review.ts'
import { ReviewPage } from './review-page.tsx'

function queueIdOf(c: AppContext): string {
  return c.req.param('queue') ?? ''
}

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadQueue(ctx: Context, c: AppContext): Promise<void> {
  return requireReviewQueue(ctx, queueIdOf(c), 'view')
}

/** `GET /reviews/{queue}?status=&item=&after=` */
export async function showReview(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const query = reviewQueryOf(c)
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readReviewStanding(c.var.ctx, queueIdOf(c), query),
  ])
  const page = <ReviewPage {...{ frame, standing, query, shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** Those that nobody has looked at, unless others are asked for. */
function reviewQueryOf(c: AppContext): ReviewQuery {
  const asked = optionalQuery(c, 'status')?.toUpperCase() ?? 'PENDING'
  const status = reviewStatuses.find((one) => one === asked)
  if (!status && asked !== 'ALL') {
    throw invalid("'status' is one of pending, complete, declined and all")
  }
  return { status, item: optionalQuery(c, 'item'), after: optionalQuery(c, 'after') }
}

const change = changeOn({
  show: showReview,
  atOf: (c) => ({
    queueId: queueIdOf(c),
    traceId: optionalQuery(c, 'item') ?? '',
    traceIds: selectedIn(c),
  }),
  addressOf: (to, { queueId }) => to.review(queueId),
})

function may(use: QueueUse) {
  return (ctx: Context, { queueId }: { readonly queueId: string }) =>
    requireReviewQueue(ctx, queueId, use)
}

/** `POST /reviews/{queue}/items?sel=`: traces are put into it. */
export const postReviewItems = change({
  operation: 'addItemsToReviewQueue',
  read: readNothing,
  rule: may('fill'),
  make: (ctx, { queueId, traceIds }) => addReviewItems(ctx, queueId, traceIds),
})

/** `POST /reviews/{queue}/answers?item=`: what one thinks of the trace, which is done then. */
export const postReviewAnswers = change({
  operation: 'setReviewQueueItemStatus',
  read: (form) => ({ form }),
  bytesMax: 1_000_000,
  rule: may('review'),
  async make(ctx, { queueId, traceId, form }) {
    const queue = await getReviewQueue(ctx, queueId)
    const [schemas, trace] = await Promise.all([
      readSchemas(ctx, queue),
      findTraceToReview(ctx, traceId, queue.experimentId),
    ])
    if (!trace) throw absent(judgingMessages.noReviewItem(traceId, queueId))
    const answers = readAnswers(schemas, form)
    if (answers.length === 0) throw invalid('Answer at least one question, or decline the trace')
    const by = ctx.principal.name
    return completeReview(
      ctx,
      { queueId, traceId },
      {
        by,
        answers: answers.map((answer) => ({
          ...answer,
          ...{ assessmentId: undefined, sourceType: 'HUMAN', sourceId: by, spanId: undefined },
          ...{ error: undefined, metadata: {}, createdAtMs: undefined, updatedAtMs: undefined },
          overrides: saidBefore(
            trace,
            { name: answer.name, type: answer.kind === 'expectation' ? 'EXPECTATION' : 'FEEDBACK' },
            by,
          )?.assessmentId,
        })),
      },
    )
  },
})

/** `POST /reviews/{queue}/status?item=`: the trace is declined, or to be looked at again. */
export const postReviewStatus = change({
  operation: 'setReviewQueueItemStatus',
  read: (form) => ({ isAgain: form.text('status') === 'pending' }),
  rule: may('review'),
  make: (ctx, { queueId, traceId, isAgain }) =>
    setReviewStatus(
      ctx,
      { queueId, traceId },
      isAgain
        ? { status: 'PENDING', by: undefined }
        : { status: 'DECLINED', by: ctx.principal.name },
    ),
})

/** `POST /reviews/{queue}/people`: who is to look at what is in it. */
export const postReviewPeople = change({
  operation: 'updateReviewQueue',
  read: (form) => ({ people: form.text('people') }),
  rule: may('change'),
  field: 'people',
  make: (ctx, { queueId, people }) =>
    updateReviewQueue(ctx, queueId, {
      ...{ name: undefined, owner: undefined, schemaIds: undefined },
      users: peopleIn(people),
    }),
})
