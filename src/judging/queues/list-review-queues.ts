import { sql } from 'drizzle-orm'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { checkPageSize, type Page, readPage } from '../../search/page.ts'
import { traceNamed } from '../../traces/trace-named.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { foldedOf, type ReviewQueue, type ReviewQueueRow, reviewQueueFrom } from './review-queue.ts'

const pageMax = 1000
const pageDefault = 100

export type QueueList = {
  readonly experimentId: number
  /** Only those that this user is to look at. */
  readonly user: string | undefined
  /** Only those of this user too: the caller may see no others. */
  readonly shownTo: string | undefined
  /** Only those that have this trace. */
  readonly traceId: string | undefined
  readonly maxResults: Int64 | undefined
  readonly token: string | undefined
}

/** The newest first. @throws RESOURCE_DOES_NOT_EXIST no such experiment */
export async function listReviewQueues(
  ctx: Context,
  { experimentId, user, shownTo, traceId, maxResults, token }: QueueList,
): Promise<Page<ReviewQueue>> {
  await getExperiment(ctx, experimentId)
  const [ofUser, ofCaller] = [user, shownTo].map((one) =>
    one === undefined
      ? sql`1`
      : sql`exists (select 1 from json_each(q.users) u where u.value = ${foldedOf(one)})`,
  )
  const ofTrace =
    traceId === undefined
      ? sql`1`
      : sql`q.id in (select i.queue from review_items i where i.trace = (${traceNamed(ctx, traceId)}))`
  const page = await readPage(
    {
      fingerprint: ['review queues', ctx.workspace, experimentId, user ?? null, traceId ?? null],
      count: checkPageSize(maxResults, { most: pageMax, absent: pageDefault }),
      token,
    },
    {
      first: Number.MAX_SAFE_INTEGER,
      read: (after, count) =>
        ctx.db.all(sql<ReviewQueueRow>`select q.* from review_queues q
          where q.experiment = ${experimentId} and q.id < ${after} and ${ofUser} and ${ofCaller} and ${ofTrace}
          order by q.id desc limit ${count}`),
      keyOf: ({ id }) => id,
    },
  )
  return { items: page.items.map(reviewQueueFrom), nextPageToken: page.nextPageToken }
}
