import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { runColumn } from '../tables.ts'

/** An object of the blob store that has parts of the histories of many runs; see folding/segment.ts. */
export const metricPacks = sqliteTable('metric_packs', {
  /** Never used again: a run that was folded since has a part in a greater one. */
  id: integer().primaryKey({ autoIncrement: true }),
  key: text().notNull().unique(),
  size_bytes: integer().notNull(),
  created_at_ms: integer().notNull(),
  /** When gc found no run in it; null: it has some. */
  emptied_at_ms: integer(),
})

/** A part of the history of a run that is in a pack instead of rows. */
export const foldedMetrics = sqliteTable(
  'folded_metrics',
  {
    run: runColumn(),
    pack: integer()
      .notNull()
      .references(() => metricPacks.id),
    /** Where in the pack it begins, and how long it and its directory are, in bytes. */
    start: integer().notNull(),
    length: integer().notNull(),
    directory_length: integer().notNull(),
    points: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.pack] }), index('folded_metrics_by_pack').on(t.pack)],
)

/** How far folding came: the next run of the job begins at this `runs.id`, and not before this. One row, of the id 1. */
export const metricFolding = sqliteTable('metric_folding', {
  id: integer().primaryKey(),
  next_run: integer().notNull(),
  next_at_ms: integer().notNull(),
})
