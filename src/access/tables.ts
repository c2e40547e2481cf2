import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** Who can sign in: people, and service accounts. */
export const accounts = sqliteTable('accounts', {
  /** MLflow's user id; never reused. */
  id: integer().primaryKey({ autoIncrement: true }),
  /** `user` or `service`. */
  kind: text().notNull(),
  /** As the principal shows it: `ada`, `service:trainer`. */
  name: text().notNull().unique(),
  /** The name with look-alike letters folded, so that no two names can be taken for each other. */
  name_key: text().notNull().unique(),
  /** Null: cannot sign in with a password. */
  password_hash: text(),
  is_admin: integer().notNull(),
  created_at_ms: integer().notNull(),
})

export const groups = sqliteTable('groups', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
  created_at_ms: integer().notNull(),
})

export const groupMembers = sqliteTable(
  'group_members',
  {
    group: integer()
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.group, t.account] })],
)

/** Whom an issuer outside vouches for, and the account that this is here. */
export const identities = sqliteTable(
  'identities',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** The `iss` of its tokens, or `proxy`. */
    issuer: text().notNull(),
    /** Its own name for them: `sub` of a person, the rendered name of a machine. */
    subject: text().notNull(),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    created_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('identities_by_subject').on(t.issuer, t.subject),
    index('identities_by_account').on(t.account),
  ],
)

/**
 * Who is signed in to the web page. Ends with its account; a trigger ends it when the account's
 * password changes.
 */
export const sessions = sqliteTable(
  'sessions',
  {
    /** SHA-256 of the id in the cookie, lower-case hex: who reads this table can be nobody by it. */
    id_hash: text().primaryKey(),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    /** The issuer that vouched for them; null: a password. */
    issuer: text(),
    /** What the issuer said of groups, by our names: a JSON list. */
    groups: text().notNull(),
    created_at_ms: integer().notNull(),
    /** Of the last request, within a minute. */
    seen_at_ms: integer().notNull(),
  },
  (t) => [index('sessions_by_account').on(t.account), index('sessions_by_use').on(t.seen_at_ms)],
)
