import { type SQL, sql } from 'drizzle-orm'
import type { SortItem } from '../../search/order-sql.ts'
import type { ValueWalk } from '../../search/value-walk.ts'
import { metricPrefixes } from './search-run-keys.ts'

/**
 * How runs `r` of one experiment are found in the order of a metric: those that are ranked by the table that has them
 * in it, the others, which are few, by themselves.
 *
 * @param experiment the experiment, where the caller may read it
 * @returns undefined: the order begins with something else
 */
export function metricWalkOf(experiment: SQL, orderBy: readonly SortItem[]): ValueWalk | undefined {
  const [item] = orderBy
  // One with a field of its own is no latest value.
  if (!item || item.field || !metricPrefixes.some((prefix) => prefix === item.key.prefix))
    return undefined
  return {
    item,
    prefixes: metricPrefixes,
    tie: { expression: sql`v.start_time_ms`, descending: true, type: 'int64' },
    from: (name) => ({
      size: sql`(select sum(k.runs) from experiment_keys k
        where k.experiment = ${experiment} and k.kind = 'metric' and k.key = ${name})`,
      ranked: {
        from: sql`ranked_metrics v`,
        where: sql`v.experiment = ${experiment} and v.key = ${name}`,
      },
      join: sql`cross join runs r on r.id = v.run`,
      unranked: {
        from: sql`unranked_runs u cross join runs r on r.id = u.run
          cross join latest_metrics v on v.run = r.id and v.key = ${name}`,
        where: sql`u.experiment = ${experiment}`,
      },
      missing: {
        from: sql`runs r`,
        where: sql`not exists (select 1 from latest_metrics v where v.run = r.id and v.key = ${name})`,
      },
    }),
  }
}
