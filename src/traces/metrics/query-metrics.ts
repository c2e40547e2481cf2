import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { inExperimentsSql, uniqueExperiments } from '../search/search-traces.ts'
import { type Aggregated, aggregateOf, type ValueCount } from './aggregate.ts'
import { countSpans } from './count-spans.ts'
import { checkMetricQuery, type MetricQuery, tokenMetrics, traceRangeOf } from './metric.ts'
import { readMetricFilters } from './metric-filters.ts'

/** Different values in all groups; beyond, the answer would take too long. */
const valuesMax = 100_000

/** One point of a metric. */
export type MetricPoint = {
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

/**
 * Counts, sums and percentiles of traces, their spans or their assessments, by dimensions and in steps of
 * time; of the experiments that the caller may read.
 *
 * @returns ordered by the dimensions, time first
 * @throws INVALID_PARAMETER_VALUE what is asked is not there, or has too many different values
 * @see MLflow REST API, "Query Trace Metrics"
 */
export async function measureTraceMetrics(
  ctx: Context,
  query: MetricQuery,
): Promise<readonly MetricPoint[]> {
  checkMetricQuery(query)
  const filters = readMetricFilters(query.filters, query.view)
  const inScope = inExperimentsSql(ctx, uniqueExperiments(query.experimentIds))
  const counted =
    query.view === 'SPANS'
      ? await countSpans(ctx, { query, filters, inScope, valuesMax })
      : await countRows(ctx, query, [inScope, ...filters.conditions])
  if (counted.length > valuesMax) {
    throw invalid(
      `These have more than ${valuesMax} different values; ask for a shorter range of time or fewer dimensions`,
    )
  }
  const names = [...(query.bucketSeconds === undefined ? [] : ['time_bucket']), ...query.dimensions]
  const isDistinct = query.metric === 'session_count'
  // What has not the name, or the model, by which it is asked is in no group, as with MLflow.
  const found = aggregateOf(counted, query.aggregations, isDistinct)
    .filter(({ group }) => !group.includes(null))
    .map((one) => pointOf(one, names))
  const isCount = query.aggregations.every(({ type }) => type === 'COUNT')
  const isNothing = found.length === 0 && isCount && names.length === 0
  const points = isNothing ? [{ dimensions: {}, values: { COUNT: 0 } }] : found
  return points.slice(0, query.pointsMax)
}

function pointOf({ group, values }: Aggregated, names: readonly string[]): MetricPoint {
  return { dimensions: Object.fromEntries(names.map((name, i) => [name, group[i] ?? ''])), values }
}

type CountRow = { readonly group_json: string; readonly value: number | string; readonly n: number }

async function countRows(
  ctx: Context,
  query: MetricQuery,
  conditions: readonly SQL[],
): Promise<readonly ValueCount[]> {
  const ofAssessments = query.view === 'ASSESSMENTS'
  const rows = await ctx.db.all(sql<CountRow>`select group_json, value, count(*) as n from (
      select json_array(${sql.join([...groupColumns(query)], sql`, `)}) as group_json,
        ${valueColumn(query)} as value
      from traces t ${ofAssessments ? sql`join assessments a on a.trace = t.id and a.valid = 1` : sql``}
      where ${sql.join([...conditions, ...traceRangeOf(query)], sql` and `)})
    where value is not null group by group_json, value limit ${valuesMax + 1}`)
  return rows.map(({ group_json, value, n }) => ({
    group: JSON.parse(group_json),
    value,
    count: n,
  }))
}

const dimensionColumns: ReadonlyMap<string, SQL> = new Map([
  ['trace_name', sql`t.name`],
  ['trace_status', sql`t.state`],
  ['assessment_name', sql`a.name`],
  // Clients send all numbers as doubles, and MLflow shows them so.
  [
    'assessment_value',
    sql`iif(a.number is not null and not a.value glob '*[.eE]*', a.value || '.0', a.value)`,
  ],
])

function groupColumns({ dimensions, bucketSeconds }: MetricQuery): readonly SQL[] {
  const columns = dimensions.flatMap((name) => dimensionColumns.get(name) ?? [])
  if (bucketSeconds === undefined) return columns
  const at = sql`cast(t.request_time_ms / 1000 / ${bucketSeconds} as integer) * ${bucketSeconds}`
  return [sql`strftime('%Y-%m-%dT%H:%M:%S+00:00', ${at}, 'unixepoch')`, ...columns]
}

/** MLflow also takes yes and no for numbers. */
export const assessedNumber: SQL = sql`case when a.number is not null then a.number
  when a.value = 'true' then 1 when a.value = 'false' then 0
  when substr(a.value, 1, 1) = '"' then case lower(trim(a.value, '" ')) when 'yes' then 1 when 'no' then 0 end
  end`

function valueColumn({ metric }: MetricQuery): SQL {
  if (tokenMetrics.includes(metric)) {
    return sql`t.metadata ->> '$."mlflow.trace.tokenUsage"' ->> ${metric}`
  }
  switch (metric) {
    case 'session_count':
      return sql`t.session_id`
    case 'latency':
      return sql`t.duration_ms`
    case 'assessment_value':
      return assessedNumber
    default:
      return sql`1`
  }
}
