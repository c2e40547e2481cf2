import { requireRight } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { type Delivery, listDeliveries, redeliver } from '../../webhooks/delivery/deliveries.ts'
import { isEventPattern } from '../../webhooks/events/event-types.ts'
import { getWebhook, listWebhooks, type Webhook } from '../../webhooks/read-webhooks.ts'
import { testWebhook } from '../../webhooks/test-webhook.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../../webhooks/webhooks.ts'
import * as endpoints from '../endpoints/webhooks.ts'
import { pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

function manages(ctx: Context): Promise<void> {
  return requireRight(ctx, 'manage_webhooks')
}

/** Webhooks in full. MLflow's API shows only those whose events it has names for. */
export const webhookRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listWebhooks, manages, async (ctx, { query }) => {
    const { max_results: count, page_token: token } = query
    return pageToWire(await listWebhooks(ctx, { shown: 'all', count, token }), webhookToWire)
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
    const result = await testWebhook(ctx, params.id, { event })
    return {
      success: result.success,
      response_status: result.responseStatus,
      response_body: result.responseBody,
      error_message: result.errorMessage,
    }
  }),

  serve(endpoints.listDeliveries, manages, async (ctx, { params, query }) => {
    const { status: state, max_results: count, page_token: token } = query
    return pageToWire(await listDeliveries(ctx, params.id, { state, count, token }), deliveryToWire)
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
    stage: webhook.stage ?? undefined,
    alias: webhook.alias ?? undefined,
    format: webhook.format,
    has_secret: webhook.hasSecret,
    status: webhook.status,
    created_at: webhook.createdAtMs,
    updated_at: webhook.updatedAtMs,
  }
}

function deliveryToWire(delivery: Delivery) {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event: delivery.type,
    model: delivery.model ?? undefined,
    version: delivery.version ?? undefined,
    status: delivery.state,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus ?? undefined,
    error: delivery.error ?? undefined,
    created_at: delivery.createdAtMs,
    finished_at: delivery.finishedAtMs ?? undefined,
    next_attempt_at: delivery.nextAttemptAtMs,
  }
}
