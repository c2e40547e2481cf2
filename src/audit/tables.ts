import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/**
 * The audit log: one row for each change, written in the batch of the change, and one for each refused
 * attempt. It is also the outbox of events. Triggers refuse UPDATE, DELETE, and INSERT over a row.
 */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    /** Rises by one with each entry: a gap is an entry that was taken out. */
    seq: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    at_ms: integer().notNull(),
    /** A Principal, as JSON. */
    actor: text().notNull(),
    /** One of `actions`. */
    action: text().notNull(),
    /** `registered_models.id`: stays the same when the model is renamed. Not a foreign key: it outlives the row. */
    registered_model: integer(),
    /** The model's name at that moment. */
    model: text(),
    version: integer(),
    /** 1: the model is a prompt. */
    is_prompt: integer().notNull(),
    /** The old and the new values: JSON objects, with the fields that `actions` lists. */
    before: text(),
    after: text(),
    reason: text(),
    /** `promotions.id` of the request by which it happened. */
    promotion: integer(),
    /** Names of those who approved it, a JSON list. */
    approved_by: text(),
    request_id: text().notNull(),
    user_agent: text(),
    /** The same people with their accounts, a JSON list of `{name, account}`. */
    approvers: text(),
  },
  (t) => [
    index('audit_entries_by_model').on(t.registered_model, t.seq),
    index('audit_entries_by_model_name').on(t.workspace, t.model, t.seq),
    index('audit_entries_by_time').on(t.at_ms),
    index('audit_entries_by_actor').on(sql`json_extract(${t.actor}, '$.name')`, t.seq),
    index('audit_entries_by_action').on(t.action, t.seq),
    index('audit_entries_of_service_accounts')
      .on(sql`coalesce(${t.after} ->> 'for', ${t.after} ->> 'name')`)
      .where(sql`${t.action} in ('service_account.created', 'token.created')`),
    index('audit_entries_refused').on(t.at_ms).where(sql`${t.action} = 'request.refused'`),
  ],
)

/**
 * The hash chain over the entries: one row for each, from 1 on without a gap. It has the same triggers.
 * `seq` is no foreign key: a seal without its entry shows that the entry is gone.
 */
export const auditSeals = sqliteTable(
  'audit_seals',
  {
    /** `audit_entries.seq`. */
    seq: integer().primaryKey(),
    /** Both hashes are those of chain.ts. */
    entry_hash: text().notNull(),
    chain_hash: text().notNull(),
  },
  (t) => [index('audit_seals_by_chain_hash').on(t.chain_hash)],
)

/**
 * Refused attempts that made no entry, counted by caller, operation and error. Each row becomes an
 * entry a minute after its first attempt, and goes.
 */
export const refusalCounts = sqliteTable(
  'refusal_counts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    /** 0: the name is only claimed. */
    verified: integer().notNull(),
    name: text().notNull(),
    /** A Principal, as JSON. */
    actor: text().notNull(),
    operation: text().notNull(),
    error_code: text().notNull(),
    /** Null: none, or several. */
    model: text(),
    version: integer(),
    count: integer().notNull(),
    first_at_ms: integer().notNull(),
    last_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('refusal_counts_by_caller').on(
      t.workspace,
      t.verified,
      t.name,
      t.operation,
      t.error_code,
    ),
    index('refusal_counts_by_time').on(t.first_at_ms),
  ],
)
