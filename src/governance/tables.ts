import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { modelVersions, registeredModels } from '../registry/tables.ts'

/** Policies as they are now; earlier revisions are in `policy_revisions`. */
export const policies = sqliteTable(
  'policies',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    revision: integer().notNull(),
    /** A PolicyDocument, as JSON. */
    document: text().notNull(),
    updated_at_ms: integer().notNull(),
    /** A deleted policy keeps its row, since promotions name it. Made again, it counts on. */
    deleted_at_ms: integer(),
    /** Ids of the accounts that the document names, by the names in it (`user:ada`); JSON. */
    accounts: text().notNull().default('{}'),
  },
  (t) => [uniqueIndex('policies_by_name').on(t.workspace, t.name)],
)

/** All revisions of policies. Rows are never changed or deleted; `id` rises with each change of any policy. */
export const policyRevisions = sqliteTable(
  'policy_revisions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    policy: integer()
      .notNull()
      .references(() => policies.id),
    revision: integer().notNull(),
    /** Null: this revision deleted the policy. */
    document: text(),
    /** A Principal, as JSON. */
    author: text().notNull(),
    at_ms: integer().notNull(),
  },
  (t) => [uniqueIndex('policy_revisions_by_policy').on(t.policy, t.revision)],
)

/** Requests to let a version into a stage, or to point an alias at it. */
export const promotions = sqliteTable(
  'promotions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    /** `registered_models.id` and `model_versions.id`; no foreign keys: a request outlives what it was about. */
    registered_model: integer().notNull(),
    model_version: integer().notNull(),
    /** The model's present name; after it was deleted, its last name. */
    model: text().notNull(),
    version: integer().notNull(),
    from_stage: text().notNull(),
    /** `stage` or `alias`, and its name. */
    target_kind: text().notNull(),
    target: text().notNull(),
    archive_existing: integer().notNull(),
    /** open, merged, rejected, closed, expired or superseded. */
    status: text().notNull(),
    /** A Principal, as JSON; the name by itself for look-ups. */
    requested_by: text().notNull(),
    requester: text().notNull(),
    requested_at_ms: integer().notNull(),
    expires_at_ms: integer().notNull(),
    reason: text(),
    /** When it was merged, rejected, closed or expired, and by whom, as JSON. */
    decided_at_ms: integer(),
    decided_by: text(),
    /** The HTTP request that ended it: the other statements of that batch look for it. */
    merged_by_request: text(),
    /** The result of the last check of its files: `{ok, detail, at_ms}`, JSON. */
    files_read: text(),
    /**
     * The last judgement: gates with values and limits, policies with revisions, approvals; JSON.
     * An open request keeps the newest, a merged one the one it was merged by; others keep none.
     */
    evidence: text(),
    /** 1: merged by break-glass; a follow-up review stays open until `followed_up_by` is somebody. */
    break_glass: integer().notNull(),
    followed_up_by: text(),
    /** When `evidence` was judged. */
    judged_at_ms: integer(),
    /** Why a superseded request was closed. */
    closed_because: text(),
    /** The name of the target in the form in which names of places are compared. */
    place: text().notNull().default(''),
  },
  (t) => [
    uniqueIndex('promotions_open')
      .on(t.model_version, t.target_kind, t.target)
      .where(sql`status = 'open'`),
    index('promotions_by_status').on(t.workspace, t.status, t.id),
    index('promotions_by_model').on(t.registered_model, t.id),
    index('promotions_by_place').on(t.model_version, t.place),
    index('promotions_by_ending').on(t.merged_by_request),
    index('promotions_without_follow_up')
      .on(t.workspace, t.id)
      .where(sql`break_glass = 1 and followed_up_by is null`),
  ],
)

/** Reviews of requests; the latest decision of each reviewer stands. */
export const promotionReviews = sqliteTable(
  'promotion_reviews',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    promotion: integer()
      .notNull()
      .references(() => promotions.id),
    reviewer: text().notNull(),
    /** A Principal, as JSON. */
    principal: text().notNull(),
    /** approve, reject or comment. */
    decision: text().notNull(),
    comment: text(),
    at_ms: integer().notNull(),
    /** What was reviewed: file digest, card revision and policy revisions, as one text. */
    reviewed: text().notNull(),
    /** `accounts.id` of the reviewer; the review counts while it exists. Null: no account. */
    account: integer(),
    /** Groups that an outside issuer sent when the reviewer signed in; a JSON list. */
    claimed_groups: text().notNull().default('[]'),
  },
  (t) => [index('promotion_reviews_by_promotion').on(t.promotion, t.id)],
)

/** Results that pipelines posted, bound to the digest they were made for. */
export const promotionChecks = sqliteTable(
  'promotion_checks',
  {
    promotion: integer()
      .notNull()
      .references(() => promotions.id),
    name: text().notNull(),
    /** queued, pending, passed or failed. */
    status: text().notNull(),
    url: text(),
    summary: text(),
    /** The version's digest when it was posted; null if it was not sealed. */
    digest: text(),
    /** A Principal, as JSON. */
    posted_by: text().notNull(),
    at_ms: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.promotion, t.name] })],
)

/** Merged requests whose version is still to be signed, since a policy says so. */
export const signaturesDue = sqliteTable(
  'signatures_due',
  {
    promotion: integer()
      .primaryKey()
      .references(() => promotions.id),
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    next_try_ms: integer().notNull(),
    /** Why the last try failed; null: none did. */
    problem: text(),
  },
  (t) => [
    index('signatures_due_by_version').on(t.model_version),
    index('signatures_due_by_time').on(t.next_try_ms),
  ],
)

/** Comments on versions, apart from requests; they are deleted with the version. */
export const versionComments = sqliteTable(
  'version_comments',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    author: text().notNull(),
    text: text().notNull(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** `accounts.id` of the author; null: nobody signed in, or the account was gone before this was kept. */
    account: integer(),
  },
  (t) => [index('version_comments_by_version').on(t.model_version, t.id)],
)

/**
 * Every revision of every version's model card. Rows are never changed nor deleted (triggers refuse
 * it), not even when the version goes: what was approved can always be read.
 */
export const modelCards = sqliteTable(
  'model_cards',
  {
    /** `model_versions.id`, which is never reused; no foreign key, since it outlives the row. */
    model_version: integer().notNull(),
    /** 1, 2, 3, ... without a gap. */
    revision: integer().notNull(),
    /** A Principal, as JSON: who wrote it or, if it was imported, who registered the version. */
    author: text().notNull(),
    created_at_ms: integer().notNull(),
    /** The authored part, as JSON: see `CardShape`. */
    card: text().notNull(),
    /** `sha256:` and hex, of the card as RFC 8785 JSON. */
    digest: text().notNull(),
    /** The logged file that it was read from; null: it was written here. */
    imported_from: text(),
    /** What did not fit its field in that file, a JSON list of sentences; null: nothing. */
    problems: text(),
  },
  (t) => [
    primaryKey({ columns: [t.model_version, t.revision] }),
    index('model_cards_by_beginning').on(t.created_at_ms, t.model_version).where(sql`revision = 1`),
  ],
)

/** What cards of a model's versions start from. */
export const modelCardTemplates = sqliteTable('model_card_templates', {
  registered_model: integer()
    .primaryKey()
    .references(() => registeredModels.id, { onDelete: 'cascade' }),
  card: text().notNull(),
  /** Fields that a card must fill, a JSON list. */
  required: text().notNull(),
  author: text().notNull(),
  updated_at_ms: integer().notNull(),
})
