import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { accounts } from '../../access/tables.ts'
import { experiments } from '../tables.ts'

/** Named addresses of the table of runs of an experiment. */
export const savedViews = sqliteTable(
  'saved_views',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    /** Who alone sees it; null: everybody who reads the experiment. */
    owner: integer().references(() => accounts.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    /** What stands behind the `?` of its address. */
    query: text().notNull(),
    /** 1: the table begins with it. */
    is_default: integer().notNull(),
    /** Counts the changes, from 1. */
    revision: integer().notNull(),
    changed_at_ms: integer().notNull(),
  },
  (t) => [
    // Rows of no owner are unlike each other in these, so those of everybody have two of their own.
    uniqueIndex('saved_views_by_name').on(t.experiment, t.owner, t.name),
    uniqueIndex('saved_views_by_default').on(t.experiment, t.owner).where(sql`is_default = 1`),
    uniqueIndex('shared_views_by_name').on(t.experiment, t.name).where(sql`owner is null`),
    uniqueIndex('shared_views_by_default')
      .on(t.experiment)
      .where(sql`owner is null and is_default = 1`),
    // Otherwise the end of an account reads all views.
    index('saved_views_by_owner').on(t.owner),
  ],
)
