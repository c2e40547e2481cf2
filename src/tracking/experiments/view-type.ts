import { type SQL, sql } from 'drizzle-orm'

/** Which life-cycle stages a search of experiments or runs sees: MLflow's ViewType. */
export const viewTypes = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const
export type ViewType = (typeof viewTypes)[number]

/** The conditions, none or one, that a search in `view` puts on the column of the stage. */
export function inView(column: SQL, view: ViewType): SQL[] {
  if (view === 'ALL') return []
  return [sql`${column} = ${view === 'ACTIVE_ONLY' ? 'active' : 'deleted'}`]
}
