import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Which versions of a workspace are deleted once nobody needs them. */
export const retentionRules = sqliteTable(
  'retention_rules',
  {
    workspace: text().notNull(),
    name: text().notNull(),
    /** From 1; each change adds one. */
    revision: integer().notNull(),
    /** A RetentionTerms, as JSON. */
    terms: text().notNull(),
    /** 1: the hourly work follows it by itself. */
    is_automatic: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** When the hourly work last followed it. */
    swept_at_ms: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspace, t.name] })],
)
