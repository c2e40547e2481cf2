import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'

export const experiments = sqliteTable(
  'experiments',
  {
    /** MLflow's `experiment_id`; 0 is "Default". Never reused. */
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    /** Null: `<default artifact root>/<id>`, for the experiment that the first migration makes. */
    artifact_location: text(),
    /** `active` or `deleted`. */
    lifecycle_stage: text().notNull(),
    user_id: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
  },
  (t) => [uniqueIndex('experiments_by_name').on(t.workspace, t.name)],
)

export const experimentTags = sqliteTable(
  'experiment_tags',
  {
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.experiment, t.key] })],
)

export const runs = sqliteTable(
  'runs',
  {
    /** Short key for the child tables; `run_id` is what the world sees. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** 32 hex digits. */
    run_id: text().notNull().unique(),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    user_id: text().notNull(),
    /** MLflow's RunStatus name: RUNNING, SCHEDULED, FINISHED, FAILED, KILLED. */
    status: text().notNull(),
    start_time_ms: integer().notNull(),
    end_time_ms: integer(),
    artifact_uri: text().notNull(),
    lifecycle_stage: text().notNull(),
    deleted_at_ms: integer(),
    /**
     * How many writes there were since a model version was made of it; null: no version was. It shows
     * that facts which are kept with versions may differ from it.
     */
    registered_writes: integer(),
    /** The last of these writes: a PrincipalRecord, as JSON, and when it was. */
    written_by: text(),
    written_at_ms: integer(),
    /** Null: its latest metrics are in `ranked_metrics`; else since when they are not, and it is in `unranked_runs`. */
    unranked_at_ms: integer().default(0),
  },
  (t) => [
    index('runs_newest_first').on(t.experiment, t.lifecycle_stage, t.start_time_ms, t.run_id),
    index('runs_by_run_name')
      .on(t.experiment, t.name, t.start_time_ms)
      .where(sql`lifecycle_stage = 'active'`),
    // Written when a run ends, not when it begins.
    index('runs_by_end_time')
      .on(t.experiment, t.end_time_ms, t.start_time_ms)
      .where(sql`end_time_ms is not null`),
  ],
)

export const runColumn = () =>
  integer()
    .notNull()
    .references(() => runs.id, { onDelete: 'cascade' })

/** Logged points that came alone or few at a time; the key order is the order of metric history. */
export const metrics = sqliteTable(
  'metrics',
  {
    run: runColumn(),
    key: text().notNull(),
    timestamp_ms: integer().notNull(),
    step: integer().notNull(),
    /** Infinities are clamped to the largest double; NaN is 0 with `is_nan` 1, as MLflow stores it. */
    value: real().notNull(),
    is_nan: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.key, t.timestamp_ms, t.step, t.value, t.is_nan] })],
)

/**
 * Points of a metric that came together; each is read once, however often it is kept. See
 * history/chunk-codec.ts. Bodies lie in the order in which they came, so that pages of the database are full.
 */
export const metricChunks = sqliteTable(
  'metric_chunks',
  {
    id: integer().primaryKey(),
    run: runColumn(),
    key: text().notNull(),
    /** Of the first point and the last, in the order of history. */
    first_ms: integer().notNull(),
    first_step: integer().notNull(),
    last_ms: integer().notNull(),
    last_step: integer().notNull(),
    body: text().notNull(),
  },
  (t) => [index('metric_chunks_by_place').on(t.run, t.key, t.first_ms, t.first_step)],
)

/** The point of greatest (step, timestamp, value) of each key, and its extremes, kept by the write that logs points. */
export const latestMetrics = sqliteTable(
  'latest_metrics',
  {
    run: runColumn(),
    key: text().notNull(),
    value: real().notNull(),
    is_nan: integer().notNull(),
    step: integer().notNull(),
    timestamp_ms: integer().notNull(),
    /** Of all points that are not NaN; null: there is none, or, up to `metricExtremes`, nobody looked. */
    least: real(),
    greatest: real(),
  },
  (t) => [primaryKey({ columns: [t.run, t.key] })],
)

export const params = sqliteTable(
  'params',
  { run: runColumn(), key: text().notNull(), value: text().notNull() },
  (t) => [primaryKey({ columns: [t.run, t.key] })],
)

export const runTags = sqliteTable(
  'run_tags',
  { run: runColumn(), key: text().notNull(), value: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.run, t.key] }),
    // Finds the runs that are parts of a run.
    index('run_tags_by_parent').on(t.value).where(sql`key = 'mlflow.parentRunId'`),
  ],
)

/**
 * The names that the runs of an experiment have values for, and how many runs have each. Triggers keep it,
 * so that a point of a name that its run has costs nothing more.
 */
export const experimentKeys = sqliteTable(
  'experiment_keys',
  {
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    /** `metric`, `param` or `tag`. */
    kind: text().notNull(),
    key: text().notNull(),
    runs: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.experiment, t.kind, t.key] })],
)

export const datasets = sqliteTable(
  'datasets',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    digest: text().notNull(),
    source_type: text().notNull(),
    source: text().notNull(),
    schema: text(),
    profile: text(),
    /** Of the texts in `dataset_texts`, in UTF-16 units; null where there are none. */
    long_chars: integer(),
  },
  (t) => [
    uniqueIndex('datasets_by_name').on(t.experiment, t.name, t.digest),
    index('datasets_by_digest').on(t.digest),
    index('datasets_by_name_and_digest').on(t.name, t.digest),
  ],
)

/** The schema and the profile of a dataset in parts, where they are long. */
export const datasetTexts = sqliteTable(
  'dataset_texts',
  {
    dataset: integer()
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    /** From 0, the parts of the schema before those of the profile. */
    part: integer().notNull(),
    field: text().notNull(),
    text: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.dataset, t.part] })],
)

export const runDatasets = sqliteTable(
  'run_datasets',
  {
    run: runColumn(),
    dataset: integer()
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.run, t.dataset] }),
    index('run_datasets_by_dataset').on(t.dataset),
  ],
)

/** Tags of a dataset as one run used it, e.g. `mlflow.data.context` = `training`. */
export const runDatasetTags = sqliteTable(
  'run_dataset_tags',
  {
    run: runColumn(),
    dataset: integer()
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.dataset, t.key] })],
)

/** Logged models that a run read. The model need not exist, as in MLflow. */
export const runModelInputs = sqliteTable(
  'run_model_inputs',
  { run: runColumn(), model_id: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.run, t.model_id] }),
    index('run_model_inputs_by_model').on(t.model_id),
  ],
)

/** Logged models that a run wrote. */
export const runModelOutputs = sqliteTable(
  'run_model_outputs',
  { run: runColumn(), model_id: text().notNull(), step: integer().notNull() },
  (t) => [primaryKey({ columns: [t.run, t.model_id] })],
)

/**
 * Folders of our store that experiments keep their artifacts in. A path below several of them is
 * the first experiment's: one that is made later cannot take over what another one has.
 */
export const artifactRoots = sqliteTable(
  'artifact_roots',
  {
    workspace: text().notNull(),
    /** As `cleanPath` has it. */
    path: text().notNull(),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.workspace, t.path, t.experiment] }),
    index('artifact_roots_by_experiment').on(t.experiment),
  ],
)
