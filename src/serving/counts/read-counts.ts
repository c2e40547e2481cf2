import { sql } from 'drizzle-orm'
import { compareUnits } from '../../core/names.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import type { RequestCounts } from '../../router/tally.ts'
import { countColumns, hourMs, spanMs } from './report-counts.ts'

/** What was counted of a variant or a shadow, of one version or of all. */
export type CountsOfOne = Omit<RequestCounts, 'version' | 'kind' | 'name'>

/** Of a variant or a shadow: in all, and by version. */
export type DeploymentStats = {
  readonly kind: RequestCounts['kind']
  readonly name: string
  readonly all: CountsOfOne
  readonly versions: readonly (CountsOfOne & { readonly version: number })[]
}

type CountRow = Omit<RequestCounts, 'latencies' | 'differenceMax'> & {
  readonly at_ms: number
  readonly difference_max: number
  readonly latencies: string
}

/** Versions of a variant or a shadow that are told: those that answered last. */
const versionsMax = 20

/**
 * What was counted from a time on, variants first, by name. A span that began before it counts if it ends later.
 *
 * @param sinceMs what is older than an hour counts by whole hours
 * @returns up to 20 versions of each; all of them are in the sums
 */
export function readCounts(
  ctx: Context,
  deployment: number,
  sinceMs: number,
): Promise<DeploymentStats[]> {
  return readSpans(ctx, deployment, { sinceMs, spans: [spanMs, hourMs], versionsMax })
}

/** As `readCounts`, of what does not count by whole hours yet, with every version. */
export function readFineCounts(
  ctx: Context,
  deployment: number,
  sinceMs: number,
): Promise<DeploymentStats[]> {
  const versionsMax = Number.POSITIVE_INFINITY
  return readSpans(ctx, deployment, { sinceMs, spans: [spanMs], versionsMax })
}

type Spans = {
  readonly sinceMs: number
  /** The lengths of those that are read, the shorter ones first. */
  readonly spans: readonly number[]
  readonly versionsMax: number
}

/** Rows that are read in one go: some 20 ms, however many durations they tell apart. */
const perRound = 500

async function readSpans(
  ctx: Context,
  deployment: number,
  { sinceMs, spans, versionsMax }: Spans,
): Promise<DeploymentStats[]> {
  const sums = new Map<string, NamedSum>()
  for (const span of spans) {
    let before: Pick<CountRow, 'at_ms' | 'kind' | 'name' | 'version'> | undefined
    do {
      const { at_ms, kind, name, version } = before ?? afterAll
      const rows =
        await ctx.db.all(sql<CountRow>`select at_ms, ${countColumns} from deployment_counts
        where deployment = ${deployment} and span_ms = ${span} and at_ms > ${sinceMs - span}
          and (at_ms, kind, name, version) < (${at_ms}, ${kind}, ${name}, ${version})
        order by at_ms desc, kind desc, name desc, version desc limit ${perRound}`)
      for (const row of rows) addRow(sums, row, versionsMax)
      before = rows.length < perRound ? undefined : rows.at(-1)
      if (before) await letOthersRun()
    } while (before)
  }
  return [...sums.values()]
    .map(({ versions, ...one }) => ({
      ...one,
      versions: [...versions.values()].sort((a, b) => a.version - b.version),
    }))
    .sort((a, b) => compareUnits(b.kind, a.kind) || compareUnits(a.name, b.name))
}

/** Where those of all times come before. */
const afterAll = { at_ms: Number.MAX_SAFE_INTEGER, kind: '', name: '', version: 0 }

type Sum = { -readonly [K in keyof CountsOfOne]: CountsOfOne[K] } & {
  readonly latencies: Record<string, number>
}
type NamedSum = Pick<RequestCounts, 'kind' | 'name'> & {
  readonly all: Sum
  readonly versions: Map<number, Sum & { readonly version: number }>
}

function addRow(sums: Map<string, NamedSum>, row: CountRow, versionsMax: number): void {
  const { kind, name, version, latencies } = row
  const key = `${kind} ${name}`
  const of = sums.get(key) ?? { kind, name, all: emptySum(), versions: new Map() }
  sums.set(key, of)
  const buckets: Record<string, number> = JSON.parse(latencies)
  addTo(of.all, row, buckets)
  const known = of.versions.get(version)
  if (!known && of.versions.size >= versionsMax) return
  const own = known ?? { version, ...emptySum() }
  of.versions.set(version, own)
  addTo(own, row, buckets)
}

function emptySum(): Sum {
  const none = { requests: 0, errors: 0, refused: 0, skipped: 0, compared: 0, agreed: 0 }
  return { ...none, differenceMax: 0, latencies: {} }
}

const summed = ['requests', 'errors', 'refused', 'skipped', 'compared', 'agreed'] as const

function addTo(sum: Sum, row: CountRow, buckets: Readonly<Record<string, number>>): void {
  for (const field of summed) sum[field] += row[field]
  sum.differenceMax = Math.max(sum.differenceMax, row.difference_max)
  for (const bucket in buckets) {
    sum.latencies[bucket] = (sum.latencies[bucket] ?? 0) + (buckets[bucket] ?? 0)
  }
}
