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
  ],
)
