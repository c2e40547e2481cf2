import { sql } from 'drizzle-orm'
import { notFound } from '../../core/error.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import type { Page } from '../../search/page.ts'
import { getWebhook } from '../read-webhooks.ts'
import type { DeliveryRow } from './queue.ts'

export const deliveryStates = ['pending', 'delivered', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** The delivery log of a webhook, newest first. @throws RESOURCE_DOES_NOT_EXIST no such webhook */
export async function listDeliveries(
  ctx: Context,
  webhookId: string,
  state: DeliveryState | undefined,
  count: number,
  pageToken: string | undefined,
): Promise<Page<DeliveryRow>> {
  const { rowId } = await getWebhook(ctx, webhookId)
  const asked = ['deliveries', webhookId, state ?? null]
  const [before = Number.MAX_SAFE_INTEGER] = decodePageToken(asked, pageToken) ?? []
  if (typeof before !== 'number') throw foreignPageToken()
  const rows = await ctx.db.all<DeliveryRow>(sql`select * from webhook_deliveries
    where webhook = ${rowId} and id < ${before}
      and (${state ?? null} is null or state = ${state ?? null})
    order by id desc limit ${count + 1}`)
  const items = rows.slice(0, count)
  const last = rows.length > count ? items.at(-1) : undefined
  return { items, nextPageToken: last && encodePageToken(asked, [last.id]) }
}

/**
 * Have a delivery made again, under its own id, with all its attempts: at once, and beside the queue.
 * One that is pending is tried now.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook, or no such delivery of it
 */
export async function redeliver(
  ctx: Context,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRow> {
  const { rowId } = await getWebhook(ctx, webhookId)
  const now = ctx.now()
  const [row] = await ctx.db.all<DeliveryRow>(sql`update webhook_deliveries
    set redelivery = iif(state = 'pending', redelivery, 1), state = 'pending', attempts = 0,
      signed_at_ms = ${now}, next_attempt_at_ms = ${now}, finished_at_ms = null
    where webhook = ${rowId} and delivery_id = ${deliveryId} returning *`)
  if (!row) throw notFound('Delivery', deliveryId)
  ctx.wake()
  return row
}
