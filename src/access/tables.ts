import { sql } from 'drizzle-orm'
import {
  type AnySQLiteColumn,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'

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

/**
 * Access tokens; a revoked one has no row. A trigger ends those of an account when its password
 * changes. Another makes every end take effect with the next request.
 */
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
    /** The token that made this one; this one ends with it. */
    made_by: integer().references((): AnySQLiteColumn => tokens.id, { onDelete: 'cascade' }),
    /** The session in which it was made; it ends with the session. */
    session: text().references((): AnySQLiteColumn => sessions.id_hash, { onDelete: 'cascade' }),
    /** Key id of the pair with which AWS's clients sign, `GHK...`; null: it has none. */
    aws_key_id: text(),
  },
  (t) => [
    uniqueIndex('tokens_by_aws_key_id').on(t.aws_key_id),
    index('tokens_by_account').on(t.account, t.id),
    index('tokens_by_maker').on(t.made_by),
    index('tokens_by_session').on(t.session),
  ],
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
    /**
     * SHA-256 of the name and the address, or of the address. Hashed, as people type passwords as
     * names.
     */
    key: text().primaryKey(),
    failures: integer().notNull(),
    /** When they no longer count. */
    until_ms: integer().notNull(),
  },
  (t) => [index('sign_in_failures_by_time').on(t.until_ms)],
)

/** MLflow's roles: named sets of permissions that accounts have. */
export const roles = sqliteTable(
  'roles',
  {
    /** MLflow's role id; never reused. */
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    description: text(),
    /**
     * The account whose own role this is. Such a role has what was granted to the account directly.
     */
    account: integer().references(() => accounts.id, { onDelete: 'cascade' }),
    created_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('roles_by_name').on(t.workspace, t.name),
    uniqueIndex('roles_by_account').on(t.workspace, t.account),
  ],
)

/** Who has which role. */
export const roleHolders = sqliteTable(
  'role_holders',
  {
    /** MLflow's assignment id; never reused. */
    id: integer().primaryKey({ autoIncrement: true }),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    role: integer()
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
  },
  (t) => [
    uniqueIndex('role_holders_by_account').on(t.account, t.role),
    index('role_holders_by_role').on(t.role),
  ],
)

/** What a role permits. */
export const rolePermissions = sqliteTable(
  'role_permissions',
  {
    /** MLflow's role permission id; never reused. */
    id: integer().primaryKey({ autoIncrement: true }),
    role: integer()
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    /** MLflow's type: `experiment`, `registered_model`, `prompt`, `run`, ... */
    resource_type: text().notNull(),
    /**
     * `*`, or an id of `experiments` or `registered_models`, so that a renamed model keeps them.
     */
    resource: text().notNull(),
    /** READ, USE, EDIT, MANAGE, DENY, or NO_PERMISSIONS, which clients before 3.13 grant. */
    permission: text().notNull(),
  },
  (t) => [
    uniqueIndex('role_permissions_by_resource').on(t.role, t.resource_type, t.resource),
    index('role_permissions_of_resource').on(t.resource_type, t.resource),
    index('role_permissions_that_deny')
      .on(t.role)
      .where(sql`${t.permission} in ('DENY', 'NO_PERMISSIONS')`),
  ],
)

/** Rights beyond MLflow's: who may register, promote, approve, and so on. */
export const grants = sqliteTable(
  'grants',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    /** `user:ada`, `group:release`, `service:trainer`. */
    principal: text().notNull(),
    /** One of `rights`. */
    action: text().notNull(),
    /** Globs: `*` stands for any text. */
    models: text().notNull(),
    /** Of a `promote` grant; at most one of the two. Empty for none. */
    stage: text().notNull(),
    alias: text().notNull(),
    /** Who made it: a principal's name. */
    created_by: text().notNull(),
    created_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('grants_once').on(t.workspace, t.action, t.principal, t.models, t.stage, t.alias),
  ],
)

/** People and machines that an outside issuer identifies, and their accounts here. */
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
    /** The groups that the issuer sent at the last sign-in, a JSON list; null: before this was kept. */
    groups: text(),
  },
  (t) => [
    uniqueIndex('identities_by_subject').on(t.issuer, t.subject),
    index('identities_by_account').on(t.account),
  ],
)

/** Identities whose accounts were ended here: signing in makes no new account for them. */
export const barredIdentities = sqliteTable(
  'barred_identities',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    issuer: text().notNull(),
    subject: text().notNull(),
    /** The name of the account that they had. */
    account: text().notNull(),
    /** A principal's name. */
    barred_by: text().notNull(),
    barred_at_ms: integer().notNull(),
  },
  (t) => [uniqueIndex('barred_identities_by_subject').on(t.issuer, t.subject)],
)

/**
 * Who is signed in to the web page. A session ends with its account; a trigger ends it when the
 * account's password changes.
 */
export const sessions = sqliteTable(
  'sessions',
  {
    /**
     * SHA-256 of the id in the cookie, lower-case hex: nobody can sign in by reading this table.
     */
    id_hash: text().primaryKey(),
    account: integer()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    /** The issuer that identified them; null: a password did. */
    issuer: text(),
    /** The groups that the issuer named, by the names used here: a JSON list. */
    groups: text().notNull(),
    created_at_ms: integer().notNull(),
    /** The time of the last request, to the minute. */
    seen_at_ms: integer().notNull(),
  },
  (t) => [index('sessions_by_account').on(t.account), index('sessions_by_use').on(t.seen_at_ms)],
)
