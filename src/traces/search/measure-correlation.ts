import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { clauseLiteralsMax } from '../../search/filter-sql.ts'
import { checkStatement } from '../../search/find-page.ts'
import { Literals } from '../../search/literals.ts'
import { judgedSql, prepareFilter, uniqueExperiments } from './search-traces.ts'

export type CorrelationQuery = {
  readonly experimentIds: readonly number[]
  readonly first: string
  readonly second: string
  /** What all traces that are counted must meet; absent: nothing. */
  readonly base: string | undefined
}

/** How many traces meet each of two filters, both, and the base of both. */
export type FilterCounts = {
  readonly first: number
  readonly second: number
  readonly joint: number
  readonly total: number
}

export type Correlation = FilterCounts & {
  /** Normalized pointwise mutual information, -1 to 1; undefined where a filter finds nothing. */
  readonly npmi: number | undefined
  /** The same with half a trace more in each of the four cells. */
  readonly npmiSmoothed: number | undefined
}

/**
 * How much more often traces of the caller's experiments meet two filters at once than by chance.
 *
 * @throws INVALID_PARAMETER_VALUE a filter is malformed, or has to look at too many spans
 * @see MLflow REST API, "Calculate Trace Filter Correlation"
 */
export async function measureCorrelation(
  ctx: Context,
  { experimentIds, first, second, base }: CorrelationQuery,
): Promise<Correlation> {
  const experiments = uniqueExperiments(experimentIds)
  const filters = {
    base: await prepareFilter(ctx, experiments, { filter: base }),
    first: await prepareFilter(ctx, experiments, { filter: first }),
    second: await prepareFilter(ctx, experiments, { filter: second }),
  }
  const clauses = Object.values(filters).reduce((sum, filter) => sum + filter.clauses.length, 0)
  // Each filter also binds its experiments, who may read them, and its kinds of spans.
  const literals = new Literals(clauses * clauseLiteralsMax + 30)
  const conditions = {
    base: await judgedSql(ctx, filters.base, literals),
    first: await judgedSql(ctx, filters.first, literals),
    second: await judgedSql(ctx, filters.second, literals),
  }
  const statement = sql<FilterCounts>`${literals.with()}
    select count(*) as total, coalesce(sum(f), 0) as first, coalesce(sum(s), 0) as second,
      coalesce(sum(f and s), 0) as joint
    from (select coalesce((${conditions.first}), 0) as f, coalesce((${conditions.second}), 0) as s
      from traces t where ${conditions.base})`
  checkStatement(statement)
  const counts = await ctx.db.first(statement)
  if (!counts) throw new Error('a count has a row')
  return { ...counts, ...npmiOf(counts) }
}

/** @returns npmi and npmiSmoothed */
function npmiOf({ first, second, joint, total }: FilterCounts) {
  if (first === 0 || second === 0) return { npmi: undefined, npmiSmoothed: undefined }
  if (joint === total) return { npmi: 1, npmiSmoothed: 1 }
  const smoothed = {
    first: first + 1,
    second: second + 1,
    joint: joint + 0.5,
    total: total + 2,
  }
  return {
    npmi: joint === 0 ? -1 : normalizedOf({ first, second, joint, total }),
    npmiSmoothed: normalizedOf(smoothed),
  }
}

function normalizedOf({ first, second, joint, total }: FilterCounts): number {
  const information = Math.log(joint) + Math.log(total) - Math.log(first) - Math.log(second)
  return Math.max(-1, Math.min(1, information / (Math.log(total) - Math.log(joint))))
}
