import { sql } from 'drizzle-orm'
import type { Platform } from '../../platform/context.ts'
import { countColumns, hourMs, mergedCounts, spanMs } from './report-counts.ts'

const keptMs = 30 * 24 * hourMs
/** How much of the oldest is folded in one run; the next run goes on. */
const perRunMs = 60_000
/** Rows of a deployment's hours; what goes beyond is forgotten at once. */
const rowsMax = 20_000

/** Fold counts that are older than an hour into one row for each hour, and forget those older than 30 days. */
export async function mergeOldCounts({ db, now }: Platform): Promise<void> {
  const oldest = await db.first(sql<{ at_ms: number }>`select at_ms from deployment_counts
    where span_ms = ${spanMs} and at_ms < ${now() - hourMs} order by at_ms limit 1`)
  if (oldest) await foldUntil(db, Math.min(oldest.at_ms + perRunMs, now() - hourMs))
  const isForgotten = sql`span_ms = ${hourMs} and at_ms < ${now() - keptMs}`
  const forgotten = await db.first(
    sql`select 1 from deployment_counts where ${isForgotten} limit 1`,
  )
  if (forgotten) await db.all(sql`delete from deployment_counts where ${isForgotten}`)
}

/** One batch, so that of two who fold at once each row is counted by one. */
async function foldUntil(db: Platform['db'], untilMs: number): Promise<void> {
  const hour = (table: string) => sql.raw(`${table}.at_ms - ${table}.at_ms % ${hourMs}`)
  await db.batch({
    folded: sql`insert into deployment_counts as c (deployment, span_ms, at_ms, ${countColumns})
      select o.deployment, ${hourMs}, ${hour('o')}, o.kind, o.name, o.version, sum(o.requests), sum(o.errors),
        sum(o.refused), sum(o.skipped), sum(o.compared), sum(o.agreed), max(o.difference_max),
        (select json_group_object(key, n) from (select h.key, sum(h.value) as n
          from deployment_counts s, json_each(s.latencies) h
          where s.deployment = o.deployment and s.span_ms = ${spanMs} and s.at_ms < ${untilMs}
            and ${hour('s')} = ${hour('o')} and s.kind = o.kind and s.name = o.name and s.version = o.version
          group by h.key))
      from deployment_counts o where o.span_ms = ${spanMs} and o.at_ms < ${untilMs}
        and (select count(*) from deployment_counts h
          where h.deployment = o.deployment and h.span_ms = ${hourMs}) < ${rowsMax}
      group by o.deployment, ${hour('o')}, o.kind, o.name, o.version
      on conflict do update set ${mergedCounts}`,
    gone: sql`delete from deployment_counts where span_ms = ${spanMs} and at_ms < ${untilMs}`,
  })
}
