import { sql } from 'drizzle-orm'
import {
  foreignKey,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { manifests } from '../artifacts/tables.ts'

/** Registered models, and prompts: a prompt is one with the tag `mlflow.prompt.is_prompt`. */
export const registeredModels = sqliteTable(
  'registered_models',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    user_id: text(),
    /** Null differs from empty: MLflow leaves the field out, or answers `""`. */
    description: text(),
    deployment_job_id: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
  },
  (t) => [uniqueIndex('registered_models_by_name').on(t.workspace, t.name)],
)

const registeredModelColumn = () =>
  integer()
    .notNull()
    .references(() => registeredModels.id, { onDelete: 'cascade' })

export const registeredModelTags = sqliteTable(
  'registered_model_tags',
  { registered_model: registeredModelColumn(), key: text().notNull(), value: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.registered_model, t.key] }),
    index('registered_model_tags_by_hub_name').on(t.value).where(sql`key = 'gatehouse.hub_name'`),
  ],
)

export const modelVersions = sqliteTable(
  'model_versions',
  {
    /** Names the version's read-only artifact address; never reused. */
    id: integer().primaryKey({ autoIncrement: true }),
    registered_model: registeredModelColumn(),
    version: integer().notNull(),
    user_id: text(),
    description: text(),
    /** Canonical name of its stage: None, Staging, Production, Archived, or a custom one. */
    stage: text().notNull(),
    /** As the client sent it; a `models:/name/...` source is resolved to its version first. */
    source: text().notNull(),
    /** What the source resolved to when the version was made: where its files were read. */
    storage_location: text().notNull(),
    run_id: text(),
    run_link: text(),
    /** The logged model that it was made from (`m-...`), or null. */
    model_id: text(),
    /** READY, PENDING_REGISTRATION or FAILED_REGISTRATION. */
    status: text().notNull(),
    status_message: text(),
    /** Null: not sealed, as its source has no files in our store. */
    manifest: integer().references(() => manifests.id),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /**
     * The row of `version_approvals` for the place that counts most: PendingManualApproval, Approved
     * or Rejected. Null: there is none.
     */
    approval_status: text(),
    /** A PrincipalRecord, as JSON. */
    approval_by: text(),
    approval_at_ms: integer(),
    approval_reason: text(),
    /**
     * Who made what is in it: who registered it and, of a copy, the authors of the original; a JSON list
     * of `{name, account}`. Null: `user_id` alone tells.
     */
    authors: text(),
  },
  (t) => [
    uniqueIndex('model_versions_by_number').on(t.registered_model, t.version),
    index('model_versions_by_stage').on(t.registered_model, t.stage, t.version),
    index('model_versions_by_run').on(t.run_id),
    index('model_versions_by_logged_model').on(t.model_id),
    index('model_versions_by_manifest').on(t.manifest),
  ],
)

/**
 * How far a version has come with each place that was requested for it. It follows from the requests,
 * and is rewritten with each change of one.
 */
export const versionApprovals = sqliteTable(
  'version_approvals',
  {
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    /** A stage or an alias, in the form in which names of places are compared. */
    place: text().notNull(),
    /** `stage` or `alias`, and its name, as the request has them. */
    target_kind: text().notNull(),
    target: text().notNull(),
    /** PendingManualApproval, Approved or Rejected. */
    status: text().notNull(),
    /**
     * A PrincipalRecord, as JSON: who opened the request, approved it last, rejected it, or used
     * break-glass.
     */
    by: text().notNull(),
    at_ms: integer().notNull(),
    reason: text(),
    /** 1: merged by break-glass, which is no approval. */
    break_glass: integer().notNull(),
    /** `promotions.id` */
    promotion: integer().notNull(),
    /** Names of the policies that the request was merged under, a JSON list. */
    policies: text().notNull(),
    /** 1: a policy guards the place today. */
    is_guarded: integer().notNull(),
    /** 0: approved under other policies than those that guard the place today. */
    stands: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.model_version, t.place] })],
)

export const modelVersionTags = sqliteTable(
  'model_version_tags',
  {
    model_version: integer()
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.model_version, t.key] })],
)

export const aliases = sqliteTable(
  'aliases',
  {
    registered_model: registeredModelColumn(),
    alias: text().notNull(),
    version: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.registered_model, t.alias] }),
    foreignKey({
      columns: [t.registered_model, t.version],
      foreignColumns: [modelVersions.registered_model, modelVersions.version],
      name: 'aliases_name_a_version',
    }).onDelete('cascade'),
    index('aliases_by_version').on(t.registered_model, t.version),
  ],
)

/**
 * Every (name, version) pair that was ever given out, and to which version. Rows are never
 * deleted, so a pair never names other files, even after the model was deleted or renamed.
 */
export const issuedVersions = sqliteTable(
  'issued_versions',
  {
    workspace: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    /** `model_versions.id`; no foreign key, since it outlives the row. */
    model_version: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspace, t.name, t.version] })],
)

/**
 * The stages that versions may be in, one list for the whole server. It always has MLflow's four,
 * which are not exclusive and may be entered from any stage.
 */
export const stages = sqliteTable('stages', {
  /** In the spelling that answers use: `Production`, `Canary`. */
  name: text().primaryKey(),
  /** In lower case, since clients may write a stage in any case. */
  name_key: text().notNull().unique(),
  /** Its place in the list, from 0. */
  position: integer().notNull(),
  /** 1: a model has at most one version in it. */
  is_exclusive: integer().notNull(),
  /** Names of the stages that it may be entered from, a JSON list; null for any. */
  entered_from: text(),
})

/** Legal holds: a version with a row here is not deleted. The foreign key refuses it too. */
export const versionHolds = sqliteTable('version_holds', {
  model_version: integer()
    .primaryKey()
    .references(() => modelVersions.id),
  reason: text().notNull(),
  /** A Principal, as JSON. */
  placed_by: text().notNull(),
  placed_at_ms: integer().notNull(),
})

/**
 * What a version was made from, as it was at some time: revision 1 when it was registered, one more
 * when it is found that the run or the logged model was changed. It outlives the run and the version.
 */
export const versionFacts = sqliteTable(
  'version_facts',
  {
    /** `model_versions.id`; no foreign key, since facts outlive the version. */
    model_version: integer().notNull(),
    /** 1, 2, 3, ... */
    revision: integer().notNull(),
    at_ms: integer().notNull(),
    /** `sha256:` and hex, of the facts as RFC 8785 JSON. */
    digest: text().notNull(),
    /** How it differs from the revision before: a list of FactChange, JSON. */
    changed: text().notNull(),
    /** The changes that the list leaves out. */
    changed_more: integer().notNull(),
    /** The last writer before it was read: a PrincipalRecord, as JSON, and when. Null: not known. */
    changed_by: text(),
    changed_at_ms: integer(),
    /** Metrics that were logged after the run had ended, by their own time; a list of keys, JSON. */
    late_metrics: text().notNull(),
    /** `registered_writes` of the run and of the logged model when they were read; null: there was none. */
    run_writes: integer(),
    model_writes: integer(),
    /** Status of the run when it was last looked at; no part of the facts. */
    run_status: text(),
    /**
     * `experiments.id` of the run (or, without one, of the logged model) and of the logged model, which
     * may be gone: who may not read these may not read the facts. Null: there is none.
     */
    experiment: integer(),
    model_experiment: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.model_version, t.revision] }),
    index('version_facts_by_experiment').on(t.experiment),
    index('version_facts_by_model_experiment').on(t.model_experiment),
  ],
)

/**
 * The facts of a revision, cut into JSON objects that D1 takes. Put together, lists one after the
 * other and objects key by key, they are the facts.
 */
export const versionFactParts = sqliteTable(
  'version_fact_parts',
  {
    model_version: integer().notNull(),
    revision: integer().notNull(),
    /** 0, 1, 2, ... */
    part: integer().notNull(),
    facts: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.model_version, t.revision, t.part] })],
)

/** Which versions have a dataset of a digest in any revision of their facts. */
export const versionDatasets = sqliteTable(
  'version_datasets',
  { digest: text().notNull(), model_version: integer().notNull() },
  (t) => [primaryKey({ columns: [t.digest, t.model_version] })],
)

/** Versions that an older release registered and whose facts were not read yet. */
export const versionsWithoutFacts = sqliteTable('versions_without_facts', {
  /** `model_versions.id`. */
  model_version: integer().primaryKey(),
})

/**
 * What SageMaker's clients gave with a version that they registered, beyond what a version has by
 * itself. Other versions have no row.
 */
export const modelPackages = sqliteTable(
  'model_packages',
  {
    model_version: integer()
      .primaryKey()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    /** Members of the request, as they were sent: a JSON object. */
    given: text().notNull(),
    /** The caller, its workspace and its ClientToken, hashed: the same again is the same package. Null: no token. */
    request_key: text(),
    /** SHA-256 of the request, lower-case hex. */
    request_hash: text(),
  },
  (t) => [uniqueIndex('model_packages_by_request').on(t.request_key)],
)
