import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Which metrics were logged by a release that kept no extremes, and are still to be read for them: all
 * before this `latest_metrics (run, key)`. One row, of the id 1, or none: all have theirs.
 */
export const metricExtremes = sqliteTable('metric_extremes', {
  id: integer().primaryKey(),
  run: integer().notNull(),
  key: text().notNull(),
})
