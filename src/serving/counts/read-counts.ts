import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import type { RequestCounts } from '../../router/tally.ts'
import { spanMs } from './report-counts.ts'

/** What was counted of a variant or a shadow, of one version or of all. */
export type CountsOfOne = Omit<RequestCounts, 'version' | 'kind' | 'name'>

/** Of a variant or a shadow: in all, and by version. */
export type DeploymentStats = {
  readonly kind: RequestCounts['kind']
  readonly name: string
  readonly all: CountsOfOne
  readonly versions: readonly (CountsOfOne & { readonly version: number })[]
}

type SumRow = {
  kind: RequestCounts['kind']
  name: string
  version: number
  requests: number
  errors: number
  refused: number
  skipped: number
  compared: number
  agreed: number
  difference_max: number
}

type BucketRow = Pick<SumRow, 'kind' | 'name' | 'version'> & { bucket: string; count: number }

/**
 * What was counted from a time on, variants first, by name. A span that began before it counts if it ends later.
 *
 * @param sinceMs what is older than an hour counts by whole hours
 */
export function readCounts(
  ctx: Context,
  deployment: number,
  sinceMs: number,
): Promise<DeploymentStats[]> {
  return readWhich(ctx, sql`c.deployment = ${deployment} and c.at_ms + c.span_ms > ${sinceMs}`)
}

/** As `readCounts`, of what does not count by whole hours yet. */
export function readFineCounts(
  ctx: Context,
  deployment: number,
  sinceMs: number,
): Promise<DeploymentStats[]> {
  return readWhich(
    ctx,
    sql`c.deployment = ${deployment} and c.span_ms = ${spanMs} and c.at_ms > ${sinceMs - spanMs}`,
  )
}

async function readWhich(ctx: Context, which: SQL): Promise<DeploymentStats[]> {
  const { sums, buckets } = await ctx.db.batch(countReads(which))
  const latenciesOf = Map.groupBy(buckets, keyOf)
  const counts = sums.map((row): RequestCounts => {
    const { difference_max: differenceMax, ...rest } = row
    const own = latenciesOf.get(keyOf(row)) ?? []
    const latencies = Object.fromEntries(own.map(({ bucket, count }) => [bucket, count]))
    return { ...rest, differenceMax, latencies }
  })
  return [...Map.groupBy(counts, ({ kind, name }) => `${kind} ${name}`).values()].flatMap(
    (versions) => {
      const [first] = versions
      return first ? [{ kind: first.kind, name: first.name, all: sumOf(versions), versions }] : []
    },
  )
}

function countReads(which: SQL) {
  return {
    sums: sql<SumRow>`select kind, name, version, sum(requests) as requests, sum(errors) as errors,
        sum(refused) as refused, sum(skipped) as skipped, sum(compared) as compared, sum(agreed) as agreed,
        max(difference_max) as difference_max
      from deployment_counts c where ${which} group by kind, name, version order by kind desc, name, version`,
    buckets: sql<BucketRow>`select c.kind, c.name, c.version, h.key as bucket, sum(h.value) as count
      from deployment_counts c, json_each(c.latencies) h where ${which} group by c.kind, c.name, c.version, h.key`,
  }
}

function keyOf({ kind, name, version }: Pick<SumRow, 'kind' | 'name' | 'version'>): string {
  return `${kind} ${name} ${version}`
}

function sumOf(all: readonly CountsOfOne[]): CountsOfOne {
  const sum = (field: 'requests' | 'errors' | 'refused' | 'skipped' | 'compared' | 'agreed') =>
    all.reduce((total, counts) => total + counts[field], 0)
  const latencies: Record<string, number> = {}
  for (const counts of all) {
    for (const [bucket, count] of Object.entries(counts.latencies)) {
      latencies[bucket] = (latencies[bucket] ?? 0) + count
    }
  }
  return {
    requests: sum('requests'),
    errors: sum('errors'),
    refused: sum('refused'),
    skipped: sum('skipped'),
    compared: sum('compared'),
    agreed: sum('agreed'),
    differenceMax: Math.max(...all.map(({ differenceMax }) => differenceMax)),
    latencies,
  }
}
