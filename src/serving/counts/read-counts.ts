import { sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
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
  /** One after another, those in which something was counted; empty where no step was asked for. */
  readonly steps: readonly CountsOfStep[]
}

/** What was counted from a time on, for as long as a step is. */
export type CountsOfStep = CountsOfOne & { readonly atMs: number }

type CountRow = Omit<RequestCounts, 'latencies' | 'differenceMax'> & {
  readonly at_ms: number
  readonly difference_max: number
  readonly latencies: string
}

/** Versions of a variant or a shadow that are told: those that answered last. */
const versionsMax = 20

/** The time until now of which something is asked, and by which steps, if by any. */
export type CountsWindow = { readonly windowMs: number; readonly stepMs?: number | undefined }

/**
 * What was counted within a time until now, variants first, by name. What is older than an hour counts by whole
 * hours. A span that began before the time counts if it ends later; `countedSinceMs` says when that was.
 *
 * @returns up to 20 versions of each; all of them are in the sums
 * @throws INVALID_PARAMETER_VALUE the steps are no whole spans, or too many
 */
export async function readCounts(
  ctx: Context,
  deployment: number,
  window: CountsWindow,
): Promise<DeploymentStats[]> {
  checkStep(window)
  const { windowMs, stepMs } = window
  const sinceMs = ctx.now() - windowMs
  const spans = windowMs > hourMs ? [spanMs, hourMs] : [spanMs]
  return readSpans(ctx, deployment, { sinceMs, spans, versionsMax, stepMs })
}

/** When the first span began of those that `readCounts` reads. */
export function countedSinceMs({ now }: Pick<Context, 'now'>, { windowMs }: CountsWindow): number {
  const sinceMs = now() - windowMs
  return sinceMs - (sinceMs % (windowMs > hourMs ? hourMs : spanMs))
}

const stepsMax = 400

function checkStep({ windowMs, stepMs }: CountsWindow): void {
  if (stepMs === undefined) return
  const span = windowMs > hourMs ? hourMs : spanMs
  if (stepMs % span !== 0) {
    throw invalid(
      `A step of ${stepMs / 1000} seconds is no multiple of the ${span / 1000} seconds by which such a window is counted`,
    )
  }
  if (windowMs / stepMs > stepsMax) {
    throw invalid(`The window has more than ${stepsMax} steps; take longer ones`)
  }
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
  readonly stepMs?: number | undefined
}

/** Rows that are read in one go: some 20 ms, however many durations they tell apart. */
const perRound = 500

async function readSpans(
  ctx: Context,
  deployment: number,
  { spans, sinceMs, ...how }: Spans,
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
      for (const row of rows) addRow(sums, row, how)
      before = rows.length < perRound ? undefined : rows.at(-1)
      if (before) await letOthersRun()
    } while (before)
  }
  return [...sums.values()]
    .map(({ versions, steps, ...one }) => ({
      ...one,
      versions: [...versions.values()].sort((a, b) => a.version - b.version),
      steps: [...steps.values()].sort((a, b) => a.atMs - b.atMs),
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
  readonly steps: Map<number, Sum & { readonly atMs: number }>
}

function addRow(
  sums: Map<string, NamedSum>,
  row: CountRow,
  { versionsMax, stepMs }: Pick<Spans, 'versionsMax' | 'stepMs'>,
): void {
  const { kind, name, version, latencies } = row
  const key = `${kind} ${name}`
  const none = { kind, name, all: emptySum(), versions: new Map(), steps: new Map() }
  const of: NamedSum = sums.get(key) ?? none
  sums.set(key, of)
  const buckets: Record<string, number> = JSON.parse(latencies)
  addTo(of.all, row, buckets)
  if (stepMs !== undefined) {
    const atMs = row.at_ms - (row.at_ms % stepMs)
    const step = of.steps.get(atMs) ?? { atMs, ...emptySum() }
    of.steps.set(atMs, step)
    addTo(step, row, buckets)
  }
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
