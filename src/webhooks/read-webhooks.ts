import { type SQL, sql } from 'drizzle-orm'
import { absent, type RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import { type Page, readPage } from '../search/page.ts'
import { parseFormat, type WebhookStatus } from './check-webhook.ts'
import { type DatabricksTerms, databricksTerms } from './events/databricks-events.ts'
import type { Format } from './formats/formats.ts'
import type { webhooks } from './tables.ts'

/** A webhook without its secret. */
export type Webhook = {
  /** `webhooks.id`. */
  readonly rowId: number
  /** A UUID. */
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly url: string
  /** Types and patterns. */
  readonly events: readonly string[]
  /** A glob of model names; null for all models, and for events without a model. */
  readonly models: string | null
  /** Globs of the places that an event is of; null: whatever the place. */
  readonly stage: string | null
  readonly alias: string | null
  readonly format: Format
  readonly databricks: DatabricksTerms | undefined
  readonly hasSecret: boolean
  readonly status: WebhookStatus
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export type WebhookRow = typeof webhooks.$inferSelect

/**
 * Which webhooks a surface shows: all; those that MLflow's API can show, as some of their events
 * have names there; or those that were made by Databricks' API.
 */
export type ShownWebhooks = 'all' | 'in mlflow' | 'in databricks'

/** @throws RESOURCE_DOES_NOT_EXIST no such webhook, or the surface does not show it */
export async function getWebhook(
  ctx: Context,
  id: string,
  shown: ShownWebhooks = 'all',
): Promise<Webhook> {
  return webhookFrom(await getWebhookRow(ctx, id, shown))
}

/** As `getWebhook`, with the secret as it is stored. */
export async function getWebhookRow(
  ctx: Context,
  id: string,
  shown: ShownWebhooks = 'all',
): Promise<WebhookRow> {
  const row = await ctx.db.first(webhookRead(ctx, id))
  const isHidden =
    (shown === 'in mlflow' && row?.in_mlflow === 0) ||
    (shown === 'in databricks' && row?.databricks === null)
  if (!row || isHidden) throw webhookNotFound(id)
  return row
}

/** Which page of which webhooks is wanted. */
export type WebhookList = {
  readonly shown: ShownWebhooks
  /** Only those whose glob of models is exactly this. */
  readonly model?: string | undefined
  /** Only those for one of these events of Databricks; empty or absent: all. */
  readonly events?: readonly string[]
  /** Webhooks of a page, at most. */
  readonly count: number
  readonly token: string | undefined
}

/** Newest first. @throws INVALID_PARAMETER_VALUE the page token belongs to another query */
export function listWebhooks(
  ctx: Context,
  { shown, model, events = [], count, token }: WebhookList,
): Promise<Page<Webhook>> {
  const fingerprint = ['webhooks', shown, model ?? null, events]
  return readPage(
    { fingerprint, count, token },
    {
      first: Number.MAX_SAFE_INTEGER,
      read: async (before, limit) => {
        const rows = await ctx.db.all(sql<WebhookRow>`select * from webhooks
          where workspace = ${ctx.workspace} and id < ${before}
            and ${isShown[shown]} and (${model ?? null} is null or models = ${model ?? null})
            and (${events.length === 0} or exists (select 1 from json_each(databricks, '$.events')
              where value in (select value from json_each(${JSON.stringify(events)}))))
          order by id desc limit ${limit}`)
        return rows.map(webhookFrom)
      },
      keyOf: (webhook) => webhook.rowId,
    },
  )
}

const isShown: Readonly<Record<ShownWebhooks, SQL>> = {
  all: sql`1`,
  'in mlflow': sql`in_mlflow = 1`,
  'in databricks': sql`databricks is not null`,
}

/** A select of the caller's webhook of this id, or none. */
export function webhookRead(ctx: Context, id: string): SQL<WebhookRow> {
  return sql<WebhookRow>`select * from webhooks where workspace = ${ctx.workspace} and webhook_id = ${id}`
}

export function webhookFrom(row: WebhookRow): Webhook {
  return {
    rowId: row.id,
    id: row.webhook_id,
    name: row.name,
    description: row.description,
    url: row.url,
    events: JSON.parse(row.events) as string[],
    models: row.models,
    stage: row.stage,
    alias: row.alias,
    format: parseFormat(row.format),
    databricks: databricksTerms(row.databricks),
    hasSecret: row.secret !== null,
    status: row.status === 'DISABLED' ? 'DISABLED' : 'ACTIVE',
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}

export function webhookNotFound(id: string): RegistryError {
  return absent(`${messages.noWebhook(id)}.`)
}
