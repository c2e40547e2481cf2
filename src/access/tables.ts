import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

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
