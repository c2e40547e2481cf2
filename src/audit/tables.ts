import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * The record: one row a change, written in the change's own batch, and one a refused attempt. It is
 * the outbox of events too. Triggers refuse UPDATE, DELETE and an INSERT over a row that is there.
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
    /** What was, and what is: JSON objects; see `actions` for their fields. */
    before: text(),
    after: text(),
    reason: text(),
    /** `promotions.id` of the request by which it happened. */
    promotion: integer(),
    /** Names of those who approved it, a JSON list. */
    approved_by: text(),
    request_id: text().notNull(),
    user_agent: text(),
  },
  (t) => [
    index('audit_entries_by_model').on(t.registered_model, t.seq),
    index('audit_entries_by_model_name').on(t.workspace, t.model, t.seq),
    index('audit_entries_by_time').on(t.at_ms),
    index('audit_entries_by_actor').on(sql`json_extract(${t.actor}, '$.name')`, t.seq),
    index('audit_entries_by_action').on(t.action, t.seq),
    index('audit_entries_refused').on(t.at_ms).where(sql`${t.action} = 'request.refused'`),
  ],
)

/**
 * The chain over the entries, one row each, without a gap from 1 on. The same triggers guard it.
 * Not a foreign key: a seal whose entry is gone is what tells that it is gone.
 */
export const auditSeals = sqliteTable(
  'audit_seals',
  {
    /** `audit_entries.seq`. */
    seq: integer().primaryKey(),
    /** See chain.ts, of both. */
    entry_hash: text().notNull(),
    chain_hash: text().notNull(),
  },
  (t) => [index('audit_seals_by_chain_hash').on(t.chain_hash)],
)
