import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Workspaces by name. The row of a deleted one stays, since the audit log names it. Triggers keep
 * everything from being made in one that is not there.
 */
export const workspaces = sqliteTable('workspaces', {
  name: text().primaryKey(),
  /** Null differs from empty: MLflow leaves the field out, or answers `""`. */
  description: text(),
  /** Where its new experiments keep artifacts; null: below the server's own root. */
  default_artifact_root: text(),
  created_at_ms: integer().notNull(),
  /** Null: it is there. */
  deleted_at_ms: integer(),
})
