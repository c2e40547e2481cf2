import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement, type NewEntry } from '../audit/commit.ts'
import { uuidOf } from '../core/bytes.ts'
import { conflict } from '../core/error.ts'
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
import { sealSecret, secretPlaceOf } from './secrets.ts'
import { checkUrl, originOf } from './url.ts'

export type NewWebhook = WebhookFields & {
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
}

/**
 * Make a webhook. It gets the very next event: its place in the audit log is the end of the log at
 * the moment it is made.
 *
 * @throws INVALID_PARAMETER_VALUE a field, or the URL, is refused
 */
export async function createWebhook(ctx: Context, wanted: NewWebhook): Promise<Webhook> {
  checkFields(wanted)
  await checkUrl(ctx, wanted.url)
  const id = uuidOf(ctx.randomId())
  const now = ctx.now()
  const row = {
    ...(await columnsOf(
      ctx,
      { webhook_id: id, format: wanted.format ?? 'mlflow', url: wanted.url },
      wanted,
    )),
    webhook_id: id,
    status: wanted.status ?? 'ACTIVE',
    format: wanted.format ?? 'mlflow',
  }
  const { made } = await commit(ctx, {
    made: sql<WebhookRow>`insert into webhooks (workspace, webhook_id, name, description, url, events, in_mlflow,
        models, stage, alias, format, databricks, secret, status, created_at_ms, updated_at_ms)
      values (${ctx.workspace}, ${id}, ${wanted.name}, ${row.description ?? null}, ${wanted.url},
        ${row.events}, ${row.in_mlflow}, ${row.models ?? null}, ${row.stage ?? null}, ${row.alias ?? null}, ${row.format},
        ${row.databricks ?? null}, ${row.secret ?? null}, ${row.status}, ${now}, ${now}) returning *`,
    queue: sql`insert into webhook_queues (webhook, seq, n, failures, lease_until_ms)
      select id, (${endOfAuditLog}), 0, 0, 0 from webhooks where webhook_id = ${id}`,
    entry: webhookEntry(ctx, id, { action: 'webhook.created', after: webhookJson(wanted.url) }),
  })
  if (!made[0]) throw new Error('a webhook was inserted and is not there')
  return webhookFrom(made[0])
}

/** The place behind the last entry. */
const endOfAuditLog = sql`select coalesce(max(seq), 0) + 1 from audit_entries`

/**
 * Change the fields that are given. Events from the time when a webhook was disabled are not sent
 * later.
 *
 * @param given.seenAtMs `updatedAtMs` of the webhook that the caller read; absent: any
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 * @throws INVALID_PARAMETER_VALUE a field, or the URL, is refused
 * @throws RESOURCE_CONFLICT it was changed since the caller read it
 */
export async function updateWebhook(
  ctx: Context,
  id: string,
  { seenAtMs, ...change }: WebhookFields & { readonly seenAtMs?: number | undefined },
): Promise<Webhook> {
  checkFields(change)
  const was = await getWebhookRow(ctx, id)
  if (change.url !== undefined) await checkUrl(ctx, change.url)
  const { format = was.format, url: target = was.url } = change
  const columns = await columnsOf(ctx, { webhook_id: id, format, url: target }, change)
  const sets = Object.entries(columns).map(
    ([name, value]) => sql`${sql.identifier(name)} = ${value}`,
  )
  const one = sql`(${webhookRead(ctx, id)}) w
    where ${seenAtMs ?? null} is null or w.updated_at_ms = ${seenAtMs ?? null}`
  const { updated, changed } = await commit(ctx, {
    queue: sql`update webhook_queues set seq = (${endOfAuditLog}), n = 0
      where webhook = (select w.id from ${one}) and ${change.status === 'ACTIVE'}
        and exists (select 1 from webhooks w where w.id = webhook and w.status = 'DISABLED')`,
    entry: entryStatement(ctx, {
      action: 'webhook.updated',
      before: webhookJson(was.url),
      after: webhookJsonAfter(columns, target),
      from: one,
    }),
    updated: sql`update webhooks set ${sql.join([...sets, sql`updated_at_ms = ${ctx.now()}`], sql`, `)}
      where id = (select w.id from ${one}) returning id`,
    changed: webhookRead(ctx, id),
  })
  if (!changed[0]) throw webhookNotFound(id)
  if (updated.length === 0) {
    throw conflict('The webhook was changed by somebody else meanwhile; read it again')
  }
  return webhookFrom(changed[0])
}

/**
 * Delete a webhook with its queue and its delivery log.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 */
export async function deleteWebhook(ctx: Context, id: string): Promise<void> {
  const was = await getWebhookRow(ctx, id)
  const { deleted } = await commit(ctx, {
    entry: webhookEntry(ctx, id, { action: 'webhook.deleted', before: webhookJson(was.url) }),
    deleted: sql`delete from webhooks where workspace = ${ctx.workspace} and webhook_id = ${id}
      returning id`,
  })
  if (deleted.length === 0) throw webhookNotFound(id)
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
    | 'stage'
    | 'alias'
    | 'format'
    | 'databricks'
    | 'secret'
    | 'status'
  >
>

/** Those that an empty text clears. */
function optionalColumns({ description, models, stage, alias }: WebhookFields): Columns {
  return {
    ...(description !== undefined && { description: description || null }),
    ...(models !== undefined && { models: models || null }),
    ...(stage !== undefined && { stage: stage || null }),
    ...(alias !== undefined && { alias: alias || null }),
  }
}

/** The columns for the fields that are given, as they are stored. */
async function columnsOf(
  ctx: Context,
  place: Parameters<typeof secretPlaceOf>[0],
  given: WebhookFields,
): Promise<Columns> {
  const { name, url, events, format, secret, status, databricks } = given
  return {
    ...(name !== undefined && { name }),
    ...optionalColumns(given),
    ...(url !== undefined && { url }),
    ...(events && {
      events: JSON.stringify(events),
      in_mlflow: mlflowEventsOf(events).length > 0 ? 1 : 0,
    }),
    ...((events || databricks) && { databricks: databricks ? JSON.stringify(databricks) : null }),
    ...(format !== undefined && { format }),
    ...(secret !== undefined && {
      secret: secret === '' ? null : await sealSecret(ctx.settings, secretPlaceOf(place), secret),
    }),
    ...(status !== undefined && { status }),
  }
}

/**
 * What the audit log keeps of the webhook `w`: not its secret, nor the path of its URL, which may
 * be one.
 */
function webhookJson(url: string): SQL {
  return withDatabricks(
    sql`json_object('webhook', w.webhook_id, 'name', w.name, 'origin', ${originOf(url)},
    'events', json(w.events), 'models', w.models, 'stage', w.stage, 'alias', w.alias, 'format', w.format,
    'signed', json(iif(w.secret is null, 'false', 'true')), 'status', w.status)`,
    sql`w.databricks`,
  )
}

/** As `webhookJson`, once these columns of `w` have changed. */
function webhookJsonAfter(columns: Columns, url: string): SQL {
  const after = (name: keyof Columns) =>
    columns[name] === undefined ? sql`w.${sql.identifier(name)}` : sql`${columns[name]}`
  return withDatabricks(
    sql`json_object('webhook', w.webhook_id, 'name', ${after('name')},
    'origin', ${originOf(url)}, 'events', json(${after('events')}), 'models', ${after('models')},
    'stage', ${after('stage')}, 'alias', ${after('alias')},
    'format', ${after('format')},
    'signed', json(iif(${after('secret')} is null, 'false', 'true')), 'status', ${after('status')})`,
    after('databricks'),
  )
}

/**
 * Adds the events of Databricks, if there are any: json_insert keeps what is there, such as the
 * status.
 */
function withDatabricks(webhook: SQL, terms: SQL): SQL {
  return sql`json_insert(${webhook}, iif(${terms} is null, '$.status', '$.databricks_events'),
    json(coalesce(json_extract(${terms}, '$.events'), 'null')))`
}

function webhookEntry(
  ctx: Context,
  id: string,
  detail: Pick<NewEntry, 'action' | 'before' | 'after'>,
): SQL {
  return entryStatement(ctx, { ...detail, from: sql`(${webhookRead(ctx, id)}) w` })
}
