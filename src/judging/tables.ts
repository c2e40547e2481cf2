import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
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
