import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { registeredModels } from '../registry/tables.ts'

/**
 * Every revision of every version's model card. Rows are never changed nor deleted (triggers refuse
 * it), not even when the version goes: what was approved can be read ever after.
 */
export const modelCards = sqliteTable(
  'model_cards',
  {
    /** `model_versions.id`, which is never reused; no foreign key, since it outlives the row. */
    model_version: integer().notNull(),
    /** 1, 2, 3, ... without a gap. */
    revision: integer().notNull(),
    /** A Principal, as JSON: who wrote it or, of one that was read in, who registered the version. */
    author: text().notNull(),
    created_at_ms: integer().notNull(),
    /** The authored part, as JSON: see `CardShape`. */
    card: text().notNull(),
    /** `sha256:` and hex, of the card as RFC 8785 JSON. */
    digest: text().notNull(),
    /** The file that a client had logged and that it was read from; null: it was written here. */
    imported_from: text(),
  },
  (t) => [primaryKey({ columns: [t.model_version, t.revision] })],
)

/** What cards of a model's versions start from. */
export const modelCardTemplates = sqliteTable('model_card_templates', {
  registered_model: integer()
    .primaryKey()
    .references(() => registeredModels.id, { onDelete: 'cascade' }),
  card: text().notNull(),
  /** Fields that a card must fill, a JSON list. */
  required: text().notNull(),
  author: text().notNull(),
  updated_at_ms: integer().notNull(),
})
