import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const formats = z.enum([
  ...(['mlflow', 'json', 'cloudevents', 'slack', 'eventbridge', 'sagemaker'] as const),
  ...(['databricks', 'github'] as const),
])
const statuses = z.enum(['ACTIVE', 'DISABLED'])

const WebhookShape = z.object({
  id: z.string().describe("A UUID, the same in MLflow's API"),
  name: z.string(),
  description: z.string().optional(),
  url: z.string(),
  events: z.array(z.string()).describe('Event types, all of one kind as `model_version.*`, or `*`'),
  models: z
    .string()
    .optional()
    .describe('A glob of model names; absent: all, and what is of no model'),
  stage: z.string().optional().describe('A glob of stages that an event is of; absent: all'),
  alias: z.string().optional().describe('A glob of aliases; with both, either is enough'),
  format: formats,
  has_secret: z
    .boolean()
    .describe('Whether deliveries are signed. The secret itself is never given out'),
  status: statuses.describe('Events of the time in which it is DISABLED are not sent later'),
  created_at: z.number().int(),
  updated_at: z.number().int(),
})

const given = {
  name: z.string(),
  description: z.string().optional(),
  url: z.string(),
  events: z.array(z.string()),
  models: z.string().optional().describe('Empty for all'),
  stage: z.string().optional().describe('Empty for all'),
  alias: z.string().optional().describe('Empty for all'),
  format: formats.optional(),
  secret: z
    .string()
    .optional()
    .describe(
      'Empty: deliveries are not signed. With the format `github` the token that GitHub asks for, of this URL alone',
    ),
  status: statuses.optional(),
}

const WebhookParams = z.object({ id: z.string() })

const tag = 'webhooks'

export const listWebhooks = endpoint({
  name: 'listWebhooks',
  method: 'GET',
  path: '/api/v1/webhooks',
  tag,
  summary: 'All webhooks, newest first',
  query: PageQuery,
  answer: pageOf(WebhookShape),
})

export const createWebhook = endpoint({
  name: 'createWebhook',
  method: 'POST',
  path: '/api/v1/webhooks',
  tag,
  summary: 'Have events sent to a URL; the very next one is the first',
  description:
    'The format is `json` where none is given; webhooks made by MLflow clients have `mlflow`.',
  body: z.strictObject(given),
  status: 201,
  answer: WebhookShape,
})

export const getWebhook = endpoint({
  name: 'getWebhook',
  method: 'GET',
  path: '/api/v1/webhooks/{id}',
  tag,
  summary: 'One webhook',
  params: WebhookParams,
  answer: WebhookShape,
})

export const updateWebhook = endpoint({
  name: 'updateWebhook',
  method: 'PATCH',
  path: '/api/v1/webhooks/{id}',
  tag,
  summary: 'Change what is given of a webhook',
  params: WebhookParams,
  body: z.strictObject(given).partial(),
  answer: WebhookShape,
})

export const deleteWebhook = endpoint({
  name: 'deleteWebhook',
  method: 'DELETE',
  path: '/api/v1/webhooks/{id}',
  tag,
  summary: 'Delete a webhook with its delivery log',
  params: WebhookParams,
  answer: Nothing,
})

export const testWebhook = endpoint({
  name: 'testWebhook',
  method: 'POST',
  path: '/api/v1/webhooks/{id}/test',
  tag,
  summary: 'Send an example and say what the receiver answered',
  params: WebhookParams,
  body: z.strictObject({
    event: z
      .string()
      .optional()
      .describe('A type of event; the first that the webhook is for when absent'),
  }),
  answer: z.object({
    success: z.boolean(),
    response_status: z.number().int().optional(),
    response_body: z.string().optional().describe('The beginning of it'),
    error_message: z.string().optional(),
  }),
})

const deliveryStates = z.enum(['pending', 'delivered', 'failed'])

const DeliveryShape = z.object({
  id: z.string().describe('X-MLflow-Delivery-Id of every attempt'),
  event_id: z
    .string()
    .describe('The event, by which a receiver knows it again whatever the delivery'),
  event: z.string(),
  model: z.string().optional(),
  version: z.string().optional(),
  status: deliveryStates,
  attempts: z.number().int(),
  response_status: z
    .number()
    .int()
    .optional()
    .describe('Of the last attempt; absent when no answer came'),
  error: z.string().optional().describe('What was wrong with the last attempt'),
  created_at: z.number().int(),
  finished_at: z.number().int().optional(),
  next_attempt_at: z.number().int().optional().describe('Where it is pending'),
})

export const listDeliveries = endpoint({
  name: 'listDeliveries',
  method: 'GET',
  path: '/api/v1/webhooks/{id}/deliveries',
  tag,
  summary: 'The delivery log of a webhook, newest first: the last 1,000 and what is pending',
  params: WebhookParams,
  query: PageQuery.extend({ status: deliveryStates.optional() }),
  answer: pageOf(DeliveryShape),
})

export const redeliver = endpoint({
  name: 'redeliver',
  method: 'POST',
  path: '/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver',
  tag,
  summary: 'Have a delivery made again, under its own id',
  params: WebhookParams.extend({ delivery: z.string() }),
  answer: DeliveryShape,
})
