import { type SQL, sql } from 'drizzle-orm'

/** Nobody logs any more so long after a run ended, or a day after the last point of one that nobody ended. */
export const quietMs = 10 * 60_000
const abandonedMs = 86_400_000

/** The condition on runs `r` that nobody logs to them any more. Clients say when they end: an end that is still to come counts as none. */
export function isQuietSql(now: number): SQL {
  const isEnded = sql`r.status in ('FINISHED', 'FAILED', 'KILLED')
    and coalesce(r.end_time_ms, 0) not between ${now - quietMs + 1} and ${now + quietMs}`
  const isAbandoned = sql`r.start_time_ms <= ${now - abandonedMs} and not exists (
    select 1 from latest_metrics l where l.run = r.id and l.timestamp_ms > ${now - abandonedMs})`
  return sql`((${isEnded}) or (${isAbandoned}))`
}
