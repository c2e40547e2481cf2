import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * The latest metrics of runs that nobody logs to any more, in the order of their values. Triggers write the
 * rows of a run when its `unranked_at_ms` becomes null, and remove them when that ends or the run goes.
 */
export const rankedMetrics = sqliteTable(
  'ranked_metrics',
  {
    experiment: integer().notNull(),
    key: text().notNull(),
    is_nan: integer().notNull(),
    value: real().notNull(),
    /** Of the run: of equal values the newest run comes first. */
    start_time_ms: integer().notNull(),
    run: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.experiment, t.key, t.is_nan, t.value, t.start_time_ms, t.run] }),
  ],
)

/** All other runs, by triggers too. It is no index of `runs`, which each write to a run that is counted would change. */
export const unrankedRuns = sqliteTable(
  'unranked_runs',
  { experiment: integer().notNull(), run: integer().notNull() },
  (t) => [primaryKey({ columns: [t.experiment, t.run] })],
)

/** How far ranking came: the next run of the job begins behind this one, and not before this. One row, of the id 1. */
export const metricRanking = sqliteTable('metric_ranking', {
  id: integer().primaryKey(),
  after_experiment: integer().notNull(),
  after_run: integer().notNull(),
  next_at_ms: integer().notNull(),
})
