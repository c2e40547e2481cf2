import { requireRight } from '../access/permissions/require.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import { checkPageSize } from '../search/page.ts'
import { statuses } from '../webhooks/check-webhook.ts'
import {
  type MlflowEvent,
  mlflowActions,
  mlflowEntities,
  mlflowEventsOf,
  typeOfMlflowEvent,
} from '../webhooks/events/mlflow-events.ts'
import { getWebhook, listWebhooks, type Webhook } from '../webhooks/read-webhooks.ts'
import { testWebhook } from '../webhooks/test-webhook.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../webhooks/webhooks.ts'
import { type Operation, operation } from './operation.ts'
import { unlessEmpty } from './wire/json.ts'
import { type Decoded, message } from './wire/message.ts'

const required = { type: 'string', required: true } as const
const text = { type: 'string' } as const

const eventMessage = message({
  entity: { type: mlflowEntities, required: true },
  action: { type: mlflowActions, required: true },
})
const status = { type: statuses } as const

const pageMax = 1000
const pageDefault = 100

function manages(ctx: Context): Promise<void> {
  return requireRight(ctx, 'manage_webhooks')
}

/**
 * MLflow's webhooks. A webhook without any of MLflow's events is shown only by `/api/v1/webhooks`.
 */
export const webhookOperations: readonly Operation[] = [
  operation('createWebhook', {
    request: message({
      name: required,
      description: text,
      url: required,
      events: { type: eventMessage, repeated: true, required: true },
      secret: text,
      status,
    }),
    rule: manages,
    answer: async (ctx, req) => {
      const { name, description, url, secret } = req
      const events = req.events.map(typeOf)
      const wanted = { name, description, url, events, secret, status: req.status }
      return { webhook: webhookToWire(await createWebhook(ctx, wanted)) }
    },
  }),

  operation('listWebhooks', {
    request: message({ max_results: { type: 'int32' }, page_token: text }),
    rule: manages,
    answer: async (ctx, req) => {
      const count = checkPageSize(req.max_results, {
        most: pageMax,
        absent: pageDefault,
        refusal: messages.pageSizeBetween,
      })
      const page = await listWebhooks(ctx, { shown: 'in mlflow', count, token: req.page_token })
      return {
        webhooks: unlessEmpty(page.items.map(webhookToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),

  operation('getWebhook', {
    request: message({ webhook_id: required }),
    rule: manages,
    answer: async (ctx, req) => ({
      webhook: webhookToWire(await getWebhook(ctx, req.webhook_id, 'in mlflow')),
    }),
  }),

  operation('updateWebhook', {
    request: message({
      webhook_id: required,
      name: text,
      description: text,
      url: text,
      events: { type: eventMessage, repeated: true },
      secret: text,
      status,
    }),
    rule: manages,
    answer: async (ctx, req) => {
      await getWebhook(ctx, req.webhook_id, 'in mlflow')
      const changed = await updateWebhook(ctx, req.webhook_id, {
        name: req.name || undefined,
        description: req.description,
        url: req.url || undefined,
        events: req.events.length > 0 ? req.events.map(typeOf) : undefined,
        secret: req.secret,
        status: req.status,
      })
      return { webhook: webhookToWire(changed) }
    },
  }),

  operation('deleteWebhook', {
    request: message({ webhook_id: required }),
    rule: manages,
    answer: async (ctx, req) => {
      await getWebhook(ctx, req.webhook_id, 'in mlflow')
      await deleteWebhook(ctx, req.webhook_id)
    },
  }),

  operation('testWebhook', {
    request: message({ webhook_id: required, event: { type: eventMessage } }),
    rule: manages,
    answer: async (ctx, req) => {
      const event = req.event && typeOf(req.event)
      const result = await testWebhook(ctx, req.webhook_id, { event, shown: 'in mlflow' })
      return {
        result: {
          success: result.success,
          response_status: result.responseStatus,
          response_body: result.responseBody,
          error_message: result.errorMessage,
        },
      }
    },
  }),
]

function typeOf(event: Decoded<typeof eventMessage.fields>): string {
  return typeOfMlflowEvent(event)
}

function webhookToWire(webhook: Webhook): object {
  const events: readonly MlflowEvent[] = mlflowEventsOf(webhook.events)
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    description: webhook.description ?? undefined,
    url: webhook.url,
    events,
    status: webhook.status,
    creation_timestamp: webhook.createdAtMs,
    last_updated_timestamp: webhook.updatedAtMs,
  }
}
