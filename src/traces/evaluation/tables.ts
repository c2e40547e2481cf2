import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { experiments } from '../../tracking/tables.ts'

/** A set of examples that programs are evaluated with. Equal names are allowed, as in MLflow. */
export const evalDatasets = sqliteTable(
  'eval_datasets',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    /** `d-` and 32 hex digits. */
    dataset_id: text().notNull(),
    name: text().notNull(),
    /** 8 hex digits, others after each change of records. */
    digest: text().notNull(),
    created_by: text(),
    last_updated_by: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** `accounts.id` of who made it, whose it is while it is in no experiment. */
    account: integer(),
    records: integer().notNull(),
    /** JSON objects; the schema is that of all records that ever were. */
    tags: text().notNull(),
    schema: text(),
  },
  (t) => [
    uniqueIndex('eval_datasets_by_dataset_id').on(t.workspace, t.dataset_id),
    check('eval_datasets_tags', sql`octet_length(tags) <= 1000000`),
  ],
)

export const evalDatasetExperiments = sqliteTable(
  'eval_dataset_experiments',
  {
    dataset: integer()
      .notNull()
      .references(() => evalDatasets.id, { onDelete: 'cascade' }),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.dataset, t.experiment] }),
    index('eval_dataset_experiments_by_experiment').on(t.experiment),
  ],
)

/** One example. All but the ids and times are JSON. */
export const evalDatasetRecords = sqliteTable(
  'eval_dataset_records',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    dataset: integer()
      .notNull()
      .references(() => evalDatasets.id, { onDelete: 'cascade' }),
    /** `dr-` and 32 hex digits. */
    record_id: text().notNull(),
    /** SHA-256 of the inputs as sorted JSON: a record of the same inputs is the same record. */
    inputs_hash: text().notNull(),
    created_by: text(),
    last_updated_by: text(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
    /** TRACE, HUMAN, DOCUMENT, CODE or UNSPECIFIED. */
    source_type: text(),
    source_id: text(),
    source_data: text(),
    tags: text().notNull(),
    inputs: text().notNull(),
    outputs: text(),
    expectations: text(),
  },
  (t) => [
    uniqueIndex('eval_dataset_records_by_inputs').on(t.dataset, t.inputs_hash),
    uniqueIndex('eval_dataset_records_by_record_id').on(t.dataset, t.record_id),
    check(
      'eval_dataset_records_size',
      sql`octet_length(tags) + octet_length(coalesce(expectations, '')) <= 1000000`,
    ),
  ],
)
