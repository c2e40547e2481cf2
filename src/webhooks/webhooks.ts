import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import type { Context } from '../platform/context.ts'
import { checkFields, type WebhookFields } from './check-webhook.ts'
import { mlflowEventsOf } from './events/mlflow-events.ts'
import {
  getWebhookRow,
  type Webhook,
  type WebhookRow,
  webhookFrom,
  webhookNotFound,
  webhookRead,
} from './read-webhooks.ts'
import { seal } from './secrets.ts'
import { checkUrl, originOf } from './url.ts'
import { uuid } from './uuid.ts'

export type NewWebhook = WebhookFields & {
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
}

/**
 * Make a webhook. It gets the very next event: its place in the record is the end of it at the
 * moment of its making.
 *
 * @throws INVALID_PARAMETER_VALUE a field, or the URL, is refused
 */
export async function createWebhook(ctx: Context, wanted: NewWebhook): Promise<Webhook> {
  checkFields(wanted)
  await checkUrl(ctx, wanted.url)
  const id = uuid(ctx.randomId())
  const now = ctx.now()
  const row = {
    ...(await columnsOf(ctx, id, wanted)),
    webhook_id: id,
    status: wanted.status ?? 'ACTIVE',
    format: wanted.format ?? 'mlflow',
  }
  const [rows] = await commit(ctx, [
    sql`insert into webhooks (workspace, webhook_id, name, description, url, events, in_mlflow,
        models, format, databricks, secret, status, created_at_ms, updated_at_ms)
      values (${ctx.workspace}, ${id}, ${wanted.name}, ${row.description ?? null}, ${wanted.url},
        ${row.events}, ${row.in_mlflow}, ${row.models ?? null}, ${row.format},
        ${row.databricks ?? null}, ${row.secret ?? null}, ${row.status}, ${now}, ${now}) returning *`,
    sql`insert into webhook_queues (webhook, seq, n, failures, lease_until_ms)
      select id, (${endOfRecord}), 0, 0, 0 from webhooks where webhook_id = ${id}`,
    recordWebhook(ctx, id, 'webhook.created', { after: said(wanted.url) }),
  ])
  const [made] = rows as [WebhookRow]
  return webhookFrom(made)
}

/** The place behind the last entry. */
const endOfRecord = sql`select coalesce(max(seq), 0) + 1 from audit_entries`

/**
 * Change what is given. Events of the time in which a webhook was disabled are not sent later.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 * @throws INVALID_PARAMETER_VALUE a field, or the URL, is refused
 */
export async function updateWebhook(
  ctx: Context,
  id: string,
  change: WebhookFields,
): Promise<Webhook> {
  checkFields(change)
  const was = await getWebhookRow(ctx, id)
  if (change.url !== undefined) await checkUrl(ctx, change.url)
  const columns = await columnsOf(ctx, id, change)
  const sets = Object.entries(columns).map(
    ([name, value]) => sql`${sql.identifier(name)} = ${value}`,
  )
  const url = change.url ?? was.url
  const [, , , rows] = await commit(ctx, [
    sql`update webhook_queues set seq = (${endOfRecord}), n = 0
      where webhook = (select id from (${webhookRead(ctx, id)}) where status = 'DISABLED')
        and ${change.status === 'ACTIVE'}`,
    recordWebhook(ctx, id, 'webhook.updated', {
      before: said(was.url),
      after: saidAfter(columns, url),
    }),
    sql`update webhooks set ${sql.join([...sets, sql`updated_at_ms = ${ctx.now()}`], sql`, `)}
      where workspace = ${ctx.workspace} and webhook_id = ${id}`,
    webhookRead(ctx, id),
  ])
  const [changed] = rows as [WebhookRow?]
  if (!changed) throw webhookNotFound(id)
  return webhookFrom(changed)
}

/** Delete a webhook with its queue and its delivery log. @throws RESOURCE_DOES_NOT_EXIST no such webhook */
export async function deleteWebhook(ctx: Context, id: string): Promise<void> {
  const was = await getWebhookRow(ctx, id)
  const [, deleted] = await commit(ctx, [
    recordWebhook(ctx, id, 'webhook.deleted', { before: said(was.url) }),
    sql`delete from webhooks where workspace = ${ctx.workspace} and webhook_id = ${id} returning id`,
  ])
  if (!deleted?.length) throw webhookNotFound(id)
}

type Columns = Partial<
  Pick<
    WebhookRow,
    | 'name'
    | 'description'
    | 'url'
    | 'events'
    | 'in_mlflow'
    | 'models'
    | 'format'
    | 'databricks'
    | 'secret'
    | 'status'
  >
>

/** The columns that are given, as they are kept. */
async function columnsOf(ctx: Context, id: string, given: WebhookFields): Promise<Columns> {
  const { name, description, url, events, models, format, secret, status, databricks } = given
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description || null }),
    ...(url !== undefined && { url }),
    ...(events && {
      events: JSON.stringify(events),
      in_mlflow: mlflowEventsOf(events).length > 0 ? 1 : 0,
    }),
    ...((events || databricks) && { databricks: databricks ? JSON.stringify(databricks) : null }),
    ...(models !== undefined && { models: models || null }),
    ...(format !== undefined && { format }),
    ...(secret !== undefined && {
      secret: secret === '' ? null : await seal(ctx.settings, id, secret),
    }),
    ...(status !== undefined && { status }),
  }
}

/** What the record says of the webhook `w`: neither its secret nor the path of its URL, which may be one. */
function said(url: string): SQL {
  return withDatabricks(
    sql`json_object('webhook', w.webhook_id, 'name', w.name, 'origin', ${originOf(url)},
    'events', json(w.events), 'models', w.models, 'format', w.format,
    'signed', json(iif(w.secret is null, 'false', 'true')), 'status', w.status)`,
    sql`w.databricks`,
  )
}

/** As `said`, of `w` with these columns. */
function saidAfter(columns: Columns, url: string): SQL {
  const after = (name: keyof Columns) =>
    columns[name] === undefined ? sql`w.${sql.identifier(name)}` : sql`${columns[name]}`
  return withDatabricks(
    sql`json_object('webhook', w.webhook_id, 'name', ${after('name')},
    'origin', ${originOf(url)}, 'events', json(${after('events')}), 'models', ${after('models')},
    'format', ${after('format')},
    'signed', json(iif(${after('secret')} is null, 'false', 'true')), 'status', ${after('status')})`,
    after('databricks'),
  )
}

/** With the events of Databricks, where it is for some: json_insert leaves alone what is there, such as the status. */
function withDatabricks(said: SQL, terms: SQL): SQL {
  return sql`json_insert(${said}, iif(${terms} is null, '$.status', '$.databricks_events'),
    json(coalesce(json_extract(${terms}, '$.events'), 'null')))`
}

function recordWebhook(
  ctx: Context,
  id: string,
  action: 'webhook.created' | 'webhook.updated' | 'webhook.deleted',
  what: { readonly before?: SQL; readonly after?: SQL },
): SQL {
  return entryStatement(ctx, { action, ...what, from: sql`(${webhookRead(ctx, id)}) w` })
}
