import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { experiments } from '../tables.ts'

export const loggedModels = sqliteTable(
  'logged_models',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** `m-` and 32 hex digits. */
    model_id: text().notNull().unique(),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    artifact_uri: text().notNull(),
    /** LOGGED_MODEL_PENDING, LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED. */
    status: text().notNull(),
    model_type: text().notNull(),
    source_run_id: text().notNull(),
    status_message: text(),
    lifecycle_stage: text().notNull(),
    deleted_at_ms: integer(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** As of a run. */
    registered_writes: integer(),
    written_by: text(),
    written_at_ms: integer(),
    /** How many points it has, or a few more: a point that is sent twice counts twice. */
    metric_points: integer().notNull().default(0),
  },
  (t) => [
    index('logged_models_newest_first').on(t.experiment, t.lifecycle_stage, t.created_at_ms),
    index('logged_models_by_run').on(t.source_run_id),
  ],
)

const loggedModelColumn = () =>
  integer()
    .notNull()
    .references(() => loggedModels.id, { onDelete: 'cascade' })

export const loggedModelParams = sqliteTable(
  'logged_model_params',
  { logged_model: loggedModelColumn(), key: text().notNull(), value: text().notNull() },
  (t) => [primaryKey({ columns: [t.logged_model, t.key] })],
)

export const loggedModelTags = sqliteTable(
  'logged_model_tags',
  { logged_model: loggedModelColumn(), key: text().notNull(), value: text().notNull() },
  (t) => [primaryKey({ columns: [t.logged_model, t.key] })],
)

/** Points that were logged with a `model_id`, of many the newest; the run's own `metrics` hold them all. */
export const loggedModelMetrics = sqliteTable(
  'logged_model_metrics',
  {
    logged_model: loggedModelColumn(),
    key: text().notNull(),
    timestamp_ms: integer().notNull(),
    step: integer().notNull(),
    value: real().notNull(),
    is_nan: integer().notNull(),
    run_id: text().notNull(),
    /** Empty where no dataset was named. */
    dataset_name: text().notNull(),
    dataset_digest: text().notNull(),
  },
  (t) => [
    primaryKey({
      columns: [
        t.logged_model,
        t.key,
        t.timestamp_ms,
        t.step,
        t.value,
        t.is_nan,
        t.run_id,
        t.dataset_name,
        t.dataset_digest,
      ],
    }),
  ],
)

/** The point of greatest (step, timestamp, value) of each key and dataset, as `latestMetrics`. */
export const latestLoggedModelMetrics = sqliteTable(
  'latest_logged_model_metrics',
  {
    logged_model: loggedModelColumn(),
    key: text().notNull(),
    dataset_name: text().notNull(),
    dataset_digest: text().notNull(),
    timestamp_ms: integer().notNull(),
    step: integer().notNull(),
    value: real().notNull(),
    is_nan: integer().notNull(),
    run_id: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.logged_model, t.key, t.dataset_name, t.dataset_digest] })],
)
