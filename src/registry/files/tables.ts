import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { modelVersions } from '../tables.ts'

/** When a file of a version was read last, to a day. A version without a row was read by nobody since it was registered. */
export const versionDownloads = sqliteTable('version_downloads', {
  model_version: integer()
    .primaryKey()
    .references(() => modelVersions.id, { onDelete: 'cascade' }),
  at_ms: integer().notNull(),
})

/**
 * What the audit log was last told of the findings in a version's files. Triggers on `model_versions` and
 * `manifests_to_scan` make a version due once all of its files were scanned.
 */
export const versionFlags = sqliteTable(
  'version_flags',
  {
    model_version: integer()
      .primaryKey()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    /** 1: nobody has looked since its files were scanned. */
    is_due: integer().notNull(),
    /** A digest of the findings; empty: there were none, or nobody has looked. */
    told: text().notNull(),
  },
  (t) => [index('version_flags_due').on(t.model_version).where(sql`is_due = 1`)],
)
