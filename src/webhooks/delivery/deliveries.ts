import { sql } from 'drizzle-orm'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { type Page, readPage } from '../../search/page.ts'
import { eventId } from '../events/events.ts'
import { getWebhook } from '../read-webhooks.ts'
import type { DeliveryRow } from './queue.ts'

export const deliveryStates = ['pending', 'delivered', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** One event on its way to one webhook. */
export type Delivery = {
  /** A UUID, the same on every attempt. */
  readonly id: string
  /** Of the event: `<seq>.<n>`. */
  readonly eventId: string
  readonly type: string
  readonly model: string | null
  readonly version: string | null
  readonly state: DeliveryState
  readonly attempts: number
  /** Of the last attempt; null: no answer came. */
  readonly responseStatus: number | null
  readonly error: string | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  /** Undefined unless it is pending. */
  readonly nextAttemptAtMs: number | undefined
}

/** Which page of the delivery log is wanted. */
export type DeliveryList = {
  /** Absent: deliveries in any state. */
  readonly state?: DeliveryState | undefined
  /** Deliveries of a page, at most. */
  readonly count: number
  readonly token: string | undefined
}

/**
 * The delivery log of a webhook, newest first.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 * @throws INVALID_PARAMETER_VALUE the page token belongs to another query
 */
export async function listDeliveries(
  ctx: Context,
  webhookId: string,
  { state, count, token }: DeliveryList,
): Promise<Page<Delivery>> {
  const { rowId } = await getWebhook(ctx, webhookId)
  const fingerprint = ['deliveries', webhookId, state ?? null]
  const page = await readPage(
    { fingerprint, count, token },
    {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, limit) =>
        ctx.db.all(sql<DeliveryRow>`select * from webhook_deliveries
          where webhook = ${rowId} and id < ${before}
            and (${state ?? null} is null or state = ${state ?? null})
          order by id desc limit ${limit}`),
      keyOf: (row) => row.id,
    },
  )
  return { ...page, items: page.items.map(deliveryFrom) }
}

/** How many deliveries of each webhook are in each state, by `webhooks.id`. */
export async function countDeliveries(
  ctx: Context,
  webhooks: readonly number[],
): Promise<ReadonlyMap<number, Readonly<Partial<Record<DeliveryState, number>>>>> {
  type Row = { webhook: number; state: DeliveryState; deliveries: number }
  const rows = await ctx.db.all(sql<Row>`select webhook, state, count(*) as deliveries
    from webhook_deliveries where webhook in (select value from json_each(${JSON.stringify(webhooks)}))
    group by webhook, state`)
  const byWebhook = Map.groupBy(rows, ({ webhook }) => webhook)
  return new Map(
    [...byWebhook].map(([webhook, of]) => [
      webhook,
      Object.fromEntries(of.map(({ state, deliveries }) => [state, deliveries])),
    ]),
  )
}

/**
 * Have a delivery sent again at once, without waiting for the queue, under the same id and with all
 * its attempts. A pending one is tried now.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook, or no such delivery of it
 */
export async function redeliver(
  ctx: Context,
  webhookId: string,
  deliveryId: string,
): Promise<Delivery> {
  const { rowId } = await getWebhook(ctx, webhookId)
  const now = ctx.now()
  const [row] = await ctx.db.all(sql<DeliveryRow>`update webhook_deliveries
    set redelivery = iif(state = 'pending', redelivery, 1), state = 'pending', attempts = 0,
      signed_at_ms = ${now}, next_attempt_at_ms = ${now}, finished_at_ms = null
    where webhook = ${rowId} and delivery_id = ${deliveryId} returning *`)
  if (!row) throw notFound('Delivery', deliveryId)
  ctx.wake()
  return deliveryFrom(row)
}

function deliveryFrom(row: DeliveryRow): Delivery {
  return {
    id: row.delivery_id,
    eventId: eventId(row),
    type: row.type,
    model: row.model,
    version: row.version,
    // No other values are ever written.
    state: row.state as DeliveryState,
    attempts: row.attempts,
    responseStatus: row.response_status,
    error: row.error,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
    nextAttemptAtMs: row.state === 'pending' ? row.next_attempt_at_ms : undefined,
  }
}
