import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

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
  (t) => [
    primaryKey({ columns: [t.group, t.account] }),
    index('group_members_by_account').on(t.account, t.group),
  ],
)

/** Access tokens; a revoked one has no row. */
export const tokens = sqliteTable(
  'tokens',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    /** SHA-256 of the token, lower-case hex. */
    sha256: text().notNull().unique(),
    /** `read`, `write` or `read write`. */
    scopes: text().notNull(),
    created_at_ms: integer().notNull(),
    /** Null: never. */
    expires_at_ms: integer(),
    /** Written at most once a minute. */
    last_used_at_ms: integer(),
  },
  (t) => [index('tokens_by_account').on(t.account, t.id)],
)

/** One row, 1: counts the changes of who may sign in and belongs to what. */
export const accessEpoch = sqliteTable('access_epoch', {
  id: integer().primaryKey(),
  epoch: integer().notNull(),
})

/** Failed attempts to sign in. */
export const signInFailures = sqliteTable(
  'sign_in_failures',
  {
    /** SHA-256 of the name and the address, or of the address: people type passwords as names. */
    key: text().primaryKey(),
    failures: integer().notNull(),
    /** From then on they count no longer. */
    until_ms: integer().notNull(),
  },
  (t) => [index('sign_in_failures_by_time').on(t.until_ms)],
)
