import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Receivers, and the events that each of them gets. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    /** A UUID: the id that clients use. */
    webhook_id: text().notNull().unique(),
    name: text().notNull(),
    description: text(),
    url: text().notNull(),
    /** Event types, `*`, or `model_version.*`: a JSON list. */
    events: text().notNull(),
    /** 1: some of its events have a name in MLflow, so MLflow's API shows it. */
    in_mlflow: integer().notNull(),
    /** A glob of model names; null for all. */
    models: text(),
    /** One of `formats`. */
    format: text().notNull(),
    /** Encrypted; null: deliveries are not signed. */
    secret: text(),
    /** ACTIVE or DISABLED. */
    status: text().notNull(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /**
     * For a webhook made by Databricks' API: `{events, testMode}`, JSON. It gets only these events.
     */
    databricks: text(),
    /** A glob of stages, and one of aliases; null: whatever the place. */
    stage: text(),
    alias: text(),
  },
  (t) => [index('webhooks_by_workspace').on(t.workspace, t.id)],
)

/** How far each webhook has come in the audit log, and which process delivers for it. */
export const webhookQueues = sqliteTable('webhook_queues', {
  webhook: integer()
    .primaryKey()
    .references(() => webhooks.id, { onDelete: 'cascade' }),
  /**
   * The next event to look at, event `n` of entry `seq`. Those before it are done, or have a row in
   * `webhook_deliveries`.
   */
  seq: integer().notNull(),
  n: integer().notNull(),
  /** Attempts in a row that failed. */
  failures: integer().notNull(),
  /** A random id of the process that delivers now; it is valid until `lease_until_ms`. */
  lease: text(),
  lease_until_ms: integer().notNull(),
})

/** The delivery log, with deliveries that are under way or wait for a retry. */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    webhook: integer()
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** A UUID: X-MLflow-Delivery-Id, the same on every attempt. */
    delivery_id: text().notNull().unique(),
    /** The event: `audit_entries.seq`, and its place among the entry's events. */
    seq: integer().notNull(),
    n: integer().notNull(),
    type: text().notNull(),
    model: text(),
    version: text(),
    /** `pending`, `delivered` or `failed`. */
    state: text().notNull(),
    /** 1: a redelivery, so the queue does not wait for it. */
    redelivery: integer().notNull(),
    attempts: integer().notNull(),
    /** X-MLflow-Timestamp of its attempts. */
    signed_at_ms: integer().notNull(),
    next_attempt_at_ms: integer().notNull(),
    /** Of the last attempt; null: no answer came. */
    response_status: integer(),
    error: text(),
    created_at_ms: integer().notNull(),
    finished_at_ms: integer(),
  },
  (t) => [
    index('webhook_deliveries_by_webhook').on(t.webhook, t.id),
    index('webhook_deliveries_pending').on(t.webhook, t.id).where(sql`state = 'pending'`),
  ],
)
