import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { modelVersions } from '../registry/tables.ts'

/** The public keys of this server's release bundles. The private one is no row: see `BundleKeyPlace`. */
export const bundleKeys = sqliteTable('bundle_keys', {
  /** Lower-case hex SHA-256 of `pem`. */
  hint: text().primaryKey(),
  pem: text().notNull(),
  /** From its first use to the first use of the next one; null: it is the one that signs. */
  from_ms: integer().notNull(),
  until_ms: integer(),
})

/** What was signed about a version at some time. */
export const releaseBundles = sqliteTable(
  'release_bundles',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    /** `bundle_keys.hint` */
    key: text()
      .notNull()
      .references(() => bundleKeys.hint),
    created_at_ms: integer().notNull(),
    /** A PrincipalRecord, as JSON. */
    created_by: text().notNull(),
    /** `model_versions.id` of those of whose runs it tells, a JSON list: only who may read them gets it. */
    runs_of: text().notNull(),
    /** 1: it has the version's part of the audit log. */
    has_audit: integer().notNull(),
  },
  (t) => [index('release_bundles_by_version').on(t.model_version, t.id)],
)

/** What a bundle holds beside the files of the version: a JSON object of texts by their paths, in parts. */
export const releaseBundleParts = sqliteTable(
  'release_bundle_parts',
  {
    bundle: integer()
      .notNull()
      .references(() => releaseBundles.id, { onDelete: 'cascade' }),
    part: integer().notNull(),
    text: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.bundle, t.part] })],
)
