import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { manifests } from '../../artifacts/tables.ts'
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

/**
 * Reading all files of a manifest again in the background, for a gate that asks for it, and how far that is. The
 * last one alone is kept.
 */
export const manifestReadings = sqliteTable(
  'manifest_readings',
  {
    manifest: integer()
      .primaryKey()
      .references(() => manifests.id, { onDelete: 'cascade' }),
    /** When the first file was read; until then, when a gate asked. */
    started_at_ms: integer().notNull(),
    /** The last path that was read whole. */
    after: text().notNull().default(''),
    files_read: integer().notNull().default(0),
    /** How many files differ. */
    differing: integer().notNull().default(0),
    /** The first of them with what is wrong, as a JSON list of texts. */
    named: text().notNull().default('[]'),
    /** Of the file behind `after`, one that is read in pieces: how many bytes are hashed, and what goes on with that. */
    piece_bytes: integer(),
    piece_state: text(),
    ended_at_ms: integer(),
    /** 1: every file and the list of them are what was sealed. */
    is_intact: integer(),
    /** Until then somebody is reading. */
    reading_until_ms: integer(),
    /** Of which object those bytes were: a damaged or large one may be replaced while it is read. */
    piece_key: text(),
  },
  (t) => [index('manifest_readings_under_way').on(t.manifest).where(sql`ended_at_ms is null`)],
)
