import { sql } from 'drizzle-orm'
import { absent, invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { checkPageSize, type Page, readPage } from '../../search/page.ts'
import { checkCharacters } from '../characters.ts'
import { judgingMessages } from '../messages.ts'
import { foldedOf } from './review-queue.ts'
import { getReviewQueue } from './review-queues.ts'

export const reviewStatuses = ['PENDING', 'COMPLETE', 'DECLINED'] as const
export type ReviewStatus = (typeof reviewStatuses)[number]

/** A trace in a queue. */
export type ReviewItem = {
  readonly queueId: string
  readonly traceId: string
  readonly status: ReviewStatus
  readonly completedBy: string | undefined
  readonly completedAtMs: number | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export type ItemRow = {
  readonly id: number
  readonly queue_id: string
  readonly trace_id: string
  readonly status: string
  readonly completed_by: string | null
  readonly completed_at_ms: number | null
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

export const itemColumns = sql`i.id, q.queue_id, t.trace_id, i.status, i.completed_by, i.completed_at_ms,
  i.created_at_ms, i.updated_at_ms`
export const itemTables = sql`review_queues q join review_items i on i.queue = q.id join traces t on t.id = i.trace`

export function itemFrom(row: ItemRow): ReviewItem {
  return {
    queueId: row.queue_id,
    traceId: row.trace_id,
    // Only these are ever written.
    status: row.status as ReviewStatus,
    completedBy: row.completed_by ?? undefined,
    completedAtMs: row.completed_at_ms ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}

const idsMax = 1000
const itemsMax = 100_000
const userCharsMax = 250
const pageMax = 1000
const pageDefault = 100

function readIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) throw invalid('`item_ids` must be a non-empty list; got [].')
  if (ids.length > idsMax) throw invalid(`item_ids may have at most ${idsMax} ids`)
  const read = ids.map((id) => id.trim())
  if (read.includes('')) throw invalid("`item_id` must be a non-empty string; got ''.")
  return [...new Set(read)]
}

/**
 * Put traces of the queue's experiment into it; one that is in it stays as it is.
 *
 * @returns those that were named, in their order
 * @throws RESOURCE_DOES_NOT_EXIST no such queue, or one of the traces is not in its experiment: then none is put
 */
export async function addReviewItems(
  ctx: Context,
  queueId: string,
  traceIds: readonly string[],
): Promise<readonly ReviewItem[]> {
  const wanted = readIds(traceIds)
  const { experimentId } = await getReviewQueue(ctx, queueId)
  const ids = JSON.stringify(wanted)
  const named = sql`json_each(${ids}) w cross join traces t on t.workspace = ${ctx.workspace}
    and t.trace_id = w.value and t.experiment = ${experimentId}`
  const now = ctx.now()
  const { found, items } = await ctx.db.batch({
    found: sql<{ trace_id: string }>`select t.trace_id from ${named}`,
    added: sql`insert into review_items (queue, trace, status, created_at_ms, updated_at_ms)
      select q.id, t.id, 'PENDING', ${now}, ${now} from review_queues q cross join ${named}
      where q.queue_id = ${queueId} and q.experiment = ${experimentId}
        and (select count(*) from ${named}) = ${wanted.length}
        and (select count(*) from review_items where queue = q.id) + (select count(*) from ${named}
          where not exists (select 1 from review_items k where k.queue = q.id and k.trace = t.id))
          <= ${itemsMax}
      order by t.trace_id desc
      on conflict (queue, trace) do nothing`,
    items: sql<ItemRow>`select ${itemColumns} from json_each(${ids}) w
      cross join review_queues q on q.queue_id = ${queueId}
      join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value
      join review_items i on i.queue = q.id and i.trace = t.id order by w.key`,
  })
  const known = new Set(found.map(({ trace_id }) => trace_id))
  const missing = wanted.filter((id) => !known.has(id))
  if (missing.length > 0)
    throw absent(judgingMessages.noTracesToReview(missing, queueId, experimentId))
  if (items.length < wanted.length) throw invalid(`A queue has at most ${itemsMax} items`)
  return items.map(itemFrom)
}

/** Take traces out of a queue; one that is not in it is no error. @throws RESOURCE_DOES_NOT_EXIST no such queue */
export async function removeReviewItems(
  ctx: Context,
  queueId: string,
  traceIds: readonly string[],
): Promise<void> {
  const wanted = JSON.stringify(readIds(traceIds))
  const { experimentId } = await getReviewQueue(ctx, queueId)
  await ctx.db.all(sql`delete from review_items
    where queue = (select q.id from review_queues q where q.queue_id = ${queueId} and q.experiment = ${experimentId})
      and trace in (select t.id from json_each(${wanted}) w
        cross join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value)`)
}

export type ItemList = {
  readonly queueId: string
  readonly status: ReviewStatus | undefined
  readonly maxResults: Int64 | undefined
  readonly token: string | undefined
}

/** Those that were put into it last come first, and of those of one request by their ids. @throws RESOURCE_DOES_NOT_EXIST no such queue */
export async function listReviewItems(
  ctx: Context,
  { queueId, status, maxResults, token }: ItemList,
): Promise<Page<ReviewItem>> {
  await getReviewQueue(ctx, queueId)
  const page = await readPage<ItemRow, number>(
    {
      fingerprint: ['review items', ctx.workspace, queueId, status ?? null],
      count: checkPageSize(maxResults, { most: pageMax, absent: pageDefault }),
      token,
    },
    {
      first: Number.MAX_SAFE_INTEGER,
      read: (after, count) =>
        ctx.db.all(sql<ItemRow>`select ${itemColumns} from ${itemTables}
          where q.queue_id = ${queueId} and i.id < ${after}
            and (${status ?? null} is null or i.status = ${status ?? null})
          order by i.id desc limit ${count}`),
      keyOf: ({ id }) => id,
    },
  )
  return { items: page.items.map(itemFrom), nextPageToken: page.nextPageToken }
}

/**
 * Say that a trace was looked at, or is to be looked at again. One that is said to be what it is already stays as it
 * is, by whoever looked at it first.
 *
 * @param by who did, if nobody has to sign in; none where it is to be looked at again
 * @throws INVALID_PARAMETER_VALUE it is missing, or there although it must not
 * @throws RESOURCE_DOES_NOT_EXIST no such queue, or the trace is not in it
 */
export async function setReviewStatus(
  ctx: Context,
  item: { readonly queueId: string; readonly traceId: string },
  { status, by }: { readonly status: ReviewStatus; readonly by: string | undefined },
): Promise<ReviewItem> {
  const isOpen = status === 'PENDING'
  const given = by === undefined ? undefined : foldedOf(by)
  if (isOpen ? given !== undefined : !given) {
    throw invalid(judgingMessages.wrongCompletedBy(status.toLowerCase()))
  }
  checkCharacters('`completed_by`', given ?? '', userCharsMax)
  const doer = isOpen ? undefined : ctx.settings.auth ? ctx.principal.name : given
  const { queueId } = item
  const traceId = item.traceId.trim()
  await getReviewQueue(ctx, queueId)
  const now = ctx.now()
  const one = sql`q.queue_id = ${queueId} and t.workspace = ${ctx.workspace} and t.trace_id = ${traceId}`
  const { items } = await ctx.db.batch({
    set: sql`update review_items set status = ${status}, completed_by = ${doer ?? null},
        completed_at_ms = ${isOpen ? null : now}, updated_at_ms = ${now}
      where id = (select i.id from ${itemTables} where ${one} and i.status <> ${status})`,
    items: sql<ItemRow>`select ${itemColumns} from ${itemTables} where ${one}`,
  })
  const [row] = items
  if (!row) throw absent(judgingMessages.noReviewItem(traceId, queueId))
  return itemFrom(row)
}
