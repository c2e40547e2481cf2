import { type SQL, sql } from 'drizzle-orm'
import { assessedNumber } from './query-metrics.ts'

/** What traces did. */
export type TraceFigures = {
  /** Those that ended, well or in an error. */
  readonly finished: number
  readonly errors: number
  /** Those of which nobody said that they ended. */
  readonly unfinished: number
  /** Milliseconds that so many of a hundred took at most; null: of none is it known how long it took. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  /** How many have a feedback of the name that is a number, true or false. */
  readonly rated: number
  /** Of those, each counting once; null: there are none. */
  readonly mean: number | null
}

/** What traces were told of under one name, by numbers, true or false. */
export type FeedbackFigures = {
  readonly name: string
  /** Traces that have it. */
  readonly count: number
  /** Of those, each counting once. */
  readonly mean: number
}

/**
 * A select of `FeedbackFigures`, the most used first. What has no finite mean is left out.
 *
 * @param traces as `traceFiguresSql`
 */
export function feedbackFiguresSql(traces: SQL, most: number): SQL {
  return sql`select name, count(*) as count, avg(mean) as mean from (
      select a.name, avg(${assessedNumber}) as mean from (${traces}) f
      cross join assessments a on a.trace = f.id
      where f.state in ('OK', 'ERROR') and a.kind = 'feedback' and a.valid = 1
      group by a.name, f.id having mean is not null)
    group by name having abs(avg(mean)) < 1e308 order by count desc, name limit ${most}`
}

/**
 * A select of one row of `TraceFigures`. A percentile is the value of one of the traces, the least that
 * so many of a hundred do not exceed. The traces are read once, and once more where a feedback is asked for:
 * a `with` that depends on a row outside SQLite would read anew wherever it is named.
 *
 * @param traces a select of `id`, `state`, `duration_ms`
 * @param feedback the name, as SQL; null: none is asked for
 */
export function traceFiguresSql(traces: SQL, feedback: SQL): SQL {
  const percentile = (percent: number) => sql`min(duration_ms) filter (where finished > 0
    and below >= (timed * ${sql.raw(String(percent))} + 99) / 100)`
  const timed = sql`sum(finished) filter (where duration_ms is not null)`
  return sql`select coalesce(sum(finished), 0) as finished, coalesce(sum(errors), 0) as errors,
      coalesce(sum(unfinished), 0) as unfinished,
      ${percentile(50)} as p50, ${percentile(95)} as p95, ${percentile(99)} as p99, rated, mean
    from (select count(*) as rated, avg(mean) as mean from (
        select avg(${assessedNumber}) as mean
        from (select ${feedback} as name limit 1) w cross join (${traces}) f
        cross join assessments a on a.trace = f.id
        where w.name is not null and f.state in ('OK', 'ERROR')
          and a.kind = 'feedback' and a.valid = 1 and a.name = w.name
        group by f.id having mean is not null)) r
    left join (select *, ${timed} over (order by duration_ms) as below, ${timed} over () as timed
      from (select duration_ms, sum(state in ('OK', 'ERROR')) as finished,
          sum(state = 'ERROR') as errors, sum(state not in ('OK', 'ERROR')) as unfinished
        from (${traces}) group by duration_ms)) d on 1`
}
