import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { traces } from '../traces/tables.ts'
import { experiments } from '../tracking/tables.ts'

const experimentColumn = () =>
  integer()
    .notNull()
    .references(() => experiments.id, { onDelete: 'cascade' })

/** What judges traces, by its name in an experiment. It is gone with its last version. */
export const scorers = sqliteTable(
  'scorers',
  {
    id: integer().primaryKey(),
    experiment: experimentColumn(),
    name: text().notNull(),
    /** A UUID. */
    scorer_id: text().notNull(),
    /** 32 hex digits; null until somebody set how often it scores by itself. */
    config_id: text(),
    /** 0 to 1; the server runs no scorers, so only 0 is taken. */
    sample_rate: real(),
    /** Of the traces that it scores, in the grammar of searches. */
    filter: text(),
  },
  (t) => [
    uniqueIndex('scorers_by_name').on(t.experiment, t.name),
    uniqueIndex('scorers_by_scorer_id').on(t.scorer_id),
  ],
)

export const scorerVersions = sqliteTable(
  'scorer_versions',
  {
    scorer: integer()
      .notNull()
      .references(() => scorers.id, { onDelete: 'cascade' }),
    /** 1, 2, ... */
    version: integer().notNull(),
    /** JSON, as its client sent it. */
    serialized: text().notNull(),
    created_at_ms: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.scorer, t.version] })],
)

/** A problem that was found in traces. Assessments of the kind issue have its `issue_id` as their name. */
export const issues = sqliteTable(
  'issues',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** `iss-` and 32 hex digits. */
    issue_id: text().notNull(),
    experiment: experimentColumn(),
    name: text().notNull(),
    description: text().notNull(),
    /** pending, resolved or rejected. */
    status: text().notNull(),
    /** not_an_issue, low, medium or high. */
    severity: text(),
    /** The run that found it. */
    source_run: text(),
    created_by: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** JSON lists of texts. */
    root_causes: text().notNull(),
    categories: text().notNull(),
  },
  (t) => [
    uniqueIndex('issues_by_issue_id').on(t.issue_id),
    index('issues_newest_first').on(t.experiment, t.id),
  ],
)

/** A question that people answer about traces. Each experiment also has the default one, which is no row. */
export const labelSchemas = sqliteTable(
  'label_schemas',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** `ls-` and 32 hex digits. */
    schema_id: text().notNull(),
    experiment: experimentColumn(),
    name: text().notNull(),
    /** FEEDBACK or EXPECTATION: what an answer becomes. */
    type: text().notNull(),
    instruction: text(),
    enable_comment: integer().notNull(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** JSON: MLflow's LabelSchemaInput. */
    input: text().notNull(),
  },
  (t) => [
    uniqueIndex('label_schemas_by_schema_id').on(t.schema_id),
    uniqueIndex('label_schemas_by_name').on(t.experiment, t.name),
    index('label_schemas_newest_first').on(t.experiment, t.id),
  ],
)

/** Traces that people are to look at. */
export const reviewQueues = sqliteTable(
  'review_queues',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** `rq-` and 32 hex digits. */
    queue_id: text().notNull(),
    experiment: experimentColumn(),
    name: text().notNull(),
    /** The name in lower case, by which it is unique. */
    folded: text().notNull(),
    /** USER or CUSTOM. */
    type: text().notNull(),
    created_by: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** JSON lists of texts: names in lower case, and `label_schemas.schema_id`. */
    users: text().notNull(),
    schema_ids: text().notNull(),
  },
  (t) => [
    uniqueIndex('review_queues_by_queue_id').on(t.queue_id),
    uniqueIndex('review_queues_by_name').on(t.experiment, t.folded),
    index('review_queues_newest_first').on(t.experiment, t.id),
  ],
)

/** A trace in a queue. */
export const reviewItems = sqliteTable(
  'review_items',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    queue: integer()
      .notNull()
      .references(() => reviewQueues.id, { onDelete: 'cascade' }),
    trace: integer()
      .notNull()
      .references(() => traces.id, { onDelete: 'cascade' }),
    /** PENDING, COMPLETE or DECLINED. */
    status: text().notNull(),
    completed_by: text(),
    completed_at_ms: integer(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('review_items_by_trace').on(t.queue, t.trace),
    index('review_items_in_order').on(t.queue, t.id),
    index('review_items_of_trace').on(t.trace),
  ],
)
