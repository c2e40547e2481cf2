import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { modelVersions } from '../registry/tables.ts'

/** Keys of others whose statements count here, by the names that policies give them. */
export const trustedKeys = sqliteTable(
  'trusted_keys',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    /** Lower-case hex SHA-256 of `pem`. */
    hint: text().notNull(),
    pem: text().notNull(),
    /** A PrincipalRecord, as JSON. */
    set_by: text().notNull(),
    set_at_ms: integer().notNull(),
  },
  (t) => [uniqueIndex('trusted_keys_by_name').on(t.workspace, t.name)],
)

/** Statements about the files of a version that others signed. */
export const attestations = sqliteTable(
  'attestations',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    predicate_type: text().notNull(),
    /** The key that its signature was verified by. */
    hint: text().notNull(),
    /** Of an in-toto test result: PASSED, FAILED or WARNED; null: it has none. */
    result: text(),
    /** Lower-case hex SHA-256 of what was signed: the same statement counts once, however often it is sent. */
    payload_sha256: text().notNull(),
    /** As it was sent: a DSSE envelope, or a Sigstore bundle around one. */
    document: text().notNull(),
    /** A PrincipalRecord, as JSON. */
    sent_by: text().notNull(),
    sent_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('attestations_by_payload').on(t.model_version, t.hint, t.payload_sha256),
    index('attestations_by_predicate').on(t.model_version, t.predicate_type, t.hint, t.id),
  ],
)
