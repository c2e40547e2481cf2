import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../core/error.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../core/page-token.ts'
import type { Context } from '../platform/context.ts'
import type { Page } from '../search/page.ts'
import { parseFormat, type Status } from './check-webhook.ts'
import { type DatabricksTerms, databricksTerms } from './events/databricks-events.ts'
import type { Format } from './formats/formats.ts'
import type { webhooks } from './tables.ts'

/** A webhook, but for its secret. */
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
  /** Null: of all models, and what is of none. */
  readonly models: string | null
  readonly format: Format
  readonly databricks: DatabricksTerms | undefined
  readonly hasSecret: boolean
  readonly status: Status
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export type WebhookRow = typeof webhooks.$inferSelect

/** Which webhooks: all, or those that MLflow's API can show, since some of their events have names there, or those that were made by Databricks'. */
export type Shown = 'all' | 'in mlflow' | 'in databricks'

/** @throws RESOURCE_DOES_NOT_EXIST no such webhook, or none of these */
export async function getWebhook(ctx: Context, id: string, shown: Shown = 'all'): Promise<Webhook> {
  return webhookFrom(await getWebhookRow(ctx, id, shown))
}

/** As `getWebhook`, with the secret as it is kept. */
export async function getWebhookRow(
  ctx: Context,
  id: string,
  shown: Shown = 'all',
): Promise<WebhookRow> {
  const row = await ctx.db.first(webhookRead(ctx, id))
  const isHidden =
    (shown === 'in mlflow' && row?.in_mlflow === 0) ||
    (shown === 'in databricks' && row?.databricks === null)
  if (!row || isHidden) throw webhookNotFound(id)
  return row
}

/** Those for one model, by its very name, and for one of these events of Databricks; each absent: for any. */
type Asked = { readonly model?: string | undefined; readonly events?: readonly string[] }

/** Newest first. @param count rows of a page */
export async function listWebhooks(
  ctx: Context,
  shown: Shown,
  count: number,
  pageToken: string | undefined,
  { model, events = [] }: Asked = {},
): Promise<Page<Webhook>> {
  const asked = ['webhooks', shown, model ?? null, events]
  const [before = Number.MAX_SAFE_INTEGER] = decodePageToken(asked, pageToken) ?? []
  if (typeof before !== 'number') throw foreignPageToken()
  const rows = await ctx.db.all<WebhookRow>(sql`select * from webhooks
    where workspace = ${ctx.workspace} and id < ${before}
      and ${isShown[shown]} and (${model ?? null} is null or models = ${model ?? null})
      and (${events.length === 0} or exists (select 1 from json_each(databricks, '$.events')
        where value in (select value from json_each(${JSON.stringify(events)}))))
    order by id desc limit ${count + 1}`)
  const items = rows.slice(0, count).map(webhookFrom)
  const last = rows.length > count ? items.at(-1) : undefined
  return { items, nextPageToken: last && encodePageToken(asked, [last.rowId]) }
}

const isShown: Readonly<Record<Shown, SQL>> = {
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
    format: parseFormat(row.format),
    databricks: databricksTerms(row.databricks),
    hasSecret: row.secret !== null,
    status: row.status === 'DISABLED' ? 'DISABLED' : 'ACTIVE',
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}

export function webhookNotFound(id: string): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', `Webhook with ID ${excerpt(id)} not found.`)
}
