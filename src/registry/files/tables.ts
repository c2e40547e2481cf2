import { integer, sqliteTable } from 'drizzle-orm/sqlite-core'
import { modelVersions } from '../tables.ts'

/** When a file of a version was read last, to a day. A version without a row was read by nobody since it was registered. */
export const versionDownloads = sqliteTable('version_downloads', {
  model_version: integer()
    .primaryKey()
    .references(() => modelVersions.id, { onDelete: 'cascade' }),
  at_ms: integer().notNull(),
})
