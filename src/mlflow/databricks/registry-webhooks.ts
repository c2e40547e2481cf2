import { requireRight } from '../../access/permissions/require.ts'
import { invalid, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { checkPageSize } from '../../search/page.ts'
import {
  type DatabricksEvent,
  databricksEvents,
  typesOfDatabricksEvents,
} from '../../webhooks/events/databricks-events.ts'
import { getWebhook, listWebhooks, type Webhook } from '../../webhooks/read-webhooks.ts'
import { testWebhook } from '../../webhooks/test-webhook.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../../webhooks/webhooks.ts'
import { type Operation, operation } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { type Decoded, message } from '../wire/message.ts'
import { required, text } from './messages.ts'

const statuses = ['ACTIVE', 'DISABLED', 'TEST_MODE'] as const
type Status = (typeof statuses)[number]

const urlSpec = message({
  url: required,
  secret: text,
  authorization: text,
  enable_ssl_verification: { type: 'bool' },
})
const jobSpec = message({ job_id: text })
const told = {
  description: text,
  status: { type: statuses },
  http_url_spec: { type: urlSpec },
  job_spec: { type: jobSpec },
} as const
const events = { type: databricksEvents, repeated: true } as const

const pageMax = 1000
const pageDefault = 100

function manages(ctx: Context): Promise<void> {
  return requireRight(ctx, 'manage_webhooks')
}

/**
 * Databricks' registry webhooks: ours with the format `databricks`, for the events that Databricks
 * has.
 */
export const registryWebhookOperations: readonly Operation[] = [
  operation('createRegistryWebhook', {
    request: message({ ...told, model_name: text, events: { ...events, required: true } }),
    rule: manages,
    answer: async (ctx, req) => {
      const spec = specOf(req)
      if (!spec) throw invalid("Missing value for required parameter 'http_url_spec'.")
      const names = [...new Set(req.events)]
      if (req.model_name) await checkOfModel(ctx, req.model_name, names)
      const webhook = await createWebhook(ctx, {
        // Databricks' webhooks have no names.
        name: 'databricks',
        description: req.description,
        url: spec.url,
        secret: spec.secret,
        models: req.model_name,
        format: 'databricks',
        ...eventsFor(names, req.status ?? 'ACTIVE'),
      })
      return { webhook: webhookToWire(webhook) }
    },
  }),

  operation('listRegistryWebhooks', {
    request: message({
      model_name: text,
      events,
      max_results: { type: 'int32' },
      page_token: text,
    }),
    rule: manages,
    answer: async (ctx, req) => {
      const count = checkPageSize(req.max_results, { most: pageMax, absent: pageDefault })
      const page = await listWebhooks(ctx, {
        shown: 'in databricks',
        model: req.model_name || undefined,
        events: req.events,
        count,
        token: req.page_token,
      })
      return {
        webhooks: unlessEmpty(page.items.map(webhookToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),

  operation('updateRegistryWebhook', {
    request: message({ ...told, id: required, events }),
    rule: manages,
    answer: async (ctx, req) => {
      const spec = specOf(req)
      const was = await getWebhook(ctx, req.id, 'in databricks')
      const names = req.events.length > 0 ? [...new Set(req.events)] : eventsOf(was)
      if (was.models !== null) checkNotModels(names)
      const changed = await updateWebhook(ctx, req.id, {
        description: req.description,
        url: spec?.url,
        secret: spec?.secret,
        ...eventsFor(names, req.status ?? statusOf(was)),
      })
      return { webhook: webhookToWire(changed) }
    },
  }),

  operation('deleteRegistryWebhook', {
    request: message({ id: required }),
    rule: manages,
    answer: async (ctx, req) => {
      await getWebhook(ctx, req.id, 'in databricks')
      await deleteWebhook(ctx, req.id)
    },
  }),

  operation('testRegistryWebhook', {
    request: message({ id: required, event: { type: databricksEvents } }),
    rule: manages,
    answer: async (ctx, req) => {
      const [first = 'MODEL_VERSION_CREATED'] = eventsOf(
        await getWebhook(ctx, req.id, 'in databricks'),
      )
      const event = { databricks: req.event ?? first }
      const result = await testWebhook(ctx, req.id, { event, shown: 'in databricks' })
      return {
        status_code: result.responseStatus,
        body: result.responseBody ?? result.errorMessage,
      }
    },
  }),
]

type Spec = Decoded<typeof urlSpec.fields>

/** @throws INVALID_PARAMETER_VALUE it asks for something that this server does not do */
function specOf(req: {
  readonly http_url_spec?: Spec | undefined
  readonly job_spec?: object | undefined
}): Spec | undefined {
  if (req.job_spec) {
    throw invalid('job_spec is not supported: this server runs no jobs; give http_url_spec')
  }
  const spec = req.http_url_spec
  if (spec?.authorization) {
    throw invalid(
      'http_url_spec.authorization is not supported: let the receiver check X-Databricks-Signature, which http_url_spec.secret turns on',
    )
  }
  if (spec?.enable_ssl_verification === false) {
    throw invalid(
      'http_url_spec.enable_ssl_verification cannot be false: certificates are always verified',
    )
  }
  return spec
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model */
async function checkOfModel(
  ctx: Context,
  model: string,
  names: readonly DatabricksEvent[],
): Promise<void> {
  checkNotModels(names)
  if (model.includes('*')) {
    throw new RegistryError(
      'INVALID_PARAMETER_VALUE',
      "model_name cannot hold '*'; for a glob of names use /api/v1/webhooks",
    )
  }
  await getModel(ctx, model)
}

function checkNotModels(names: readonly DatabricksEvent[]): void {
  if (!names.includes('REGISTERED_MODEL_CREATED')) return
  throw invalid('REGISTERED_MODEL_CREATED is for webhooks without model_name alone')
}

/** A webhook in test mode is disabled, and marked. */
function eventsFor(names: readonly DatabricksEvent[], status: Status) {
  return {
    events: typesOfDatabricksEvents(names),
    databricks: { events: names, testMode: status === 'TEST_MODE' },
    status: status === 'ACTIVE' ? status : ('DISABLED' as const),
  }
}

function eventsOf({ databricks }: Webhook): readonly DatabricksEvent[] {
  return databricks?.events ?? []
}

function statusOf({ status, databricks }: Webhook): Status {
  return status === 'DISABLED' && databricks?.testMode ? 'TEST_MODE' : status
}

/** Databricks' `RegistryWebhook`. */
function webhookToWire(webhook: Webhook): object {
  return {
    id: webhook.id,
    events: eventsOf(webhook),
    model_name: webhook.models ?? undefined,
    description: webhook.description ?? undefined,
    status: statusOf(webhook),
    http_url_spec: { url: webhook.url, enable_ssl_verification: true },
    creation_timestamp: webhook.createdAtMs,
    last_updated_timestamp: webhook.updatedAtMs,
  }
}
