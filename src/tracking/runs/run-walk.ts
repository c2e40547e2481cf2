import { type SQL, sql } from 'drizzle-orm'
import type { SortItem } from '../../search/order-sql.ts'
import { fieldOf } from '../../search/vocabulary.ts'
import type { ValueWalk } from '../../search/walk/walk-statements.ts'
import { endTime, metricPrefixes, runSortKeys } from './search-run-keys.ts'

/**
 * How runs `r` of one experiment are found in their order, where an index has it.
 *
 * @param experiment the experiment, where the caller may read it
 * @returns undefined: the order begins with something that no index has
 */
export function runWalkOf(experiment: SQL, orderBy: readonly SortItem[]): ValueWalk | undefined {
  const [item] = orderBy
  // A metric with a field of its own is no latest value.
  if (!item || item.field) return undefined
  if (metricPrefixes.some((prefix) => prefix === item.key.prefix)) {
    return metricWalkOf(experiment, item)
  }
  return fieldOf(runSortKeys, item.key) === endTime ? endTimeWalkOf(experiment, item) : undefined
}

/** Runs that are ranked are in the table that has them in order; the others, which are few, are found by themselves. */
function metricWalkOf(experiment: SQL, item: SortItem): ValueWalk {
  return {
    item,
    prefixes: metricPrefixes,
    value: { expression: sql`v.value`, type: 'double' },
    isNan: sql`v.is_nan`,
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
        where: sql`r.experiment = ${experiment} and not exists (select 1 from latest_metrics v where v.run = r.id and v.key = ${name})`,
      },
    }),
  }
}

function endTimeWalkOf(experiment: SQL, item: SortItem): ValueWalk {
  return {
    item,
    prefixes: [],
    value: { expression: sql`r.end_time_ms`, type: 'int64' },
    tie: { expression: sql`r.start_time_ms`, descending: true, type: 'int64' },
    from: () => ({
      ranked: {
        from: sql`runs r indexed by runs_by_end_time`,
        where: sql`r.experiment = ${experiment} and r.end_time_ms is not null`,
      },
      missing: {
        from: sql`runs r`,
        where: sql`r.experiment = ${experiment} and r.end_time_ms is null`,
      },
    }),
  }
}
