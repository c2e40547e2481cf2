import { requireRight } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { listDeliveries, redeliver } from '../../webhooks/delivery/deliveries.ts'
import type { DeliveryRow } from '../../webhooks/delivery/queue.ts'
import { isEventPattern } from '../../webhooks/events/event-types.ts'
import { eventId } from '../../webhooks/events/events.ts'
import { getWebhook, listWebhooks, type Webhook } from '../../webhooks/read-webhooks.ts'
import { testWebhook } from '../../webhooks/test-webhook.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../../webhooks/webhooks.ts'
import * as endpoints from '../endpoints/webhooks.ts'
import { type Served, serve } from '../serve.ts'

function manages(ctx: Context): Promise<void> {
  return requireRight(ctx, 'manage_webhooks')
}

/** Webhooks in full; MLflow's API shows the same ones where it has names for what they are for. */
export const webhookRoutes: readonly Served[] = [
  serve(endpoints.listWebhooks, manages, async (ctx, { query }) => {
    const page = await listWebhooks(ctx, 'all', query.max_results, query.page_token)
    return { items: page.items.map(webhookToWire), next_page_token: page.nextPageToken }
  }),

  serve(endpoints.createWebhook, manages, async (ctx, { body }) =>
    webhookToWire(await createWebhook(ctx, { format: 'json', ...body })),
  ),

  serve(endpoints.getWebhook, manages, async (ctx, { params }) =>
    webhookToWire(await getWebhook(ctx, params.id)),
  ),

  serve(endpoints.updateWebhook, manages, async (ctx, { params, body }) =>
    webhookToWire(await updateWebhook(ctx, params.id, body)),
  ),

  serve(endpoints.deleteWebhook, manages, async (ctx, { params }) => {
    await deleteWebhook(ctx, params.id)
    return {}
  }),

  serve(endpoints.testWebhook, manages, async (ctx, { params, body }) => {
    const { event } = body
    if (event !== undefined && !isEventPattern(event)) {
      throw invalid(`Unknown event '${excerpt(event)}': use a type of docs/events.md`)
    }
    const result = await testWebhook(ctx, params.id, event)
    return {
      success: result.success,
      response_status: result.responseStatus,
      response_body: result.responseBody,
      error_message: result.errorMessage,
    }
  }),

  serve(endpoints.listDeliveries, manages, async (ctx, { params, query }) => {
    const { status, max_results, page_token } = query
    const page = await listDeliveries(ctx, params.id, status, max_results, page_token)
    return { items: page.items.map(deliveryToWire), next_page_token: page.nextPageToken }
  }),

  serve(endpoints.redeliver, manages, async (ctx, { params }) =>
    deliveryToWire(await redeliver(ctx, params.id, params.delivery)),
  ),
]

function webhookToWire(webhook: Webhook) {
  return {
    id: webhook.id,
    name: webhook.name,
    description: webhook.description ?? undefined,
    url: webhook.url,
    events: [...webhook.events],
    models: webhook.models ?? undefined,
    format: webhook.format,
    has_secret: webhook.hasSecret,
    status: webhook.status,
    created_at: webhook.createdAtMs,
    updated_at: webhook.updatedAtMs,
  }
}

function deliveryToWire(row: DeliveryRow) {
  return {
    id: row.delivery_id,
    event_id: eventId(row),
    event: row.type,
    model: row.model ?? undefined,
    version: row.version ?? undefined,
    status: row.state as 'pending' | 'delivered' | 'failed',
    attempts: row.attempts,
    response_status: row.response_status ?? undefined,
    error: row.error ?? undefined,
    created_at: row.created_at_ms,
    finished_at: row.finished_at_ms ?? undefined,
    next_attempt_at: row.state === 'pending' ? row.next_attempt_at_ms : undefined,
  }
}
