import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What was imported from which server, so that an import can be begun again and adds nothing twice. */
export const importedItems = sqliteTable(
  'imported_items',
  {
    workspace: text().notNull(),
    /** What the importing program calls the origin: the URL of a server, the id of a store. */
    source: text().notNull(),
    /** `experiment`, `run`, `logged_model`, `registered_model` or `model_version`. */
    kind: text().notNull(),
    /** Its id there; of a version `name/number`. */
    foreign_id: text().notNull(),
    /** Its id here, which differs where that of there was taken. */
    own_id: text().notNull(),
    /** What the importing program notes of it, to see later whether it changed there. */
    mark: text().notNull(),
    imported_at_ms: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspace, t.source, t.kind, t.foreign_id] }),
    /** Experiments are looked for by the ids that they had, whatever their source. */
    index('imported_experiments').on(t.workspace, t.foreign_id).where(sql`kind = 'experiment'`),
  ],
)
