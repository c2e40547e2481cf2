import type { Context } from '../../platform/context.ts'
import { quantileOf } from '../../router/latencies.ts'
import type { DeploymentGuard } from '../deployment-guard.ts'
import type { Deployment } from '../deployments.ts'
import type { MeantVersion } from '../replicas.ts'
import { type CountsOfOne, type DeploymentStats, readFineCounts } from './read-counts.ts'
import { spanMs } from './report-counts.ts'

/** From when on a guard judges what was counted: what was before the deployment was as it is says nothing of it. */
export function judgedSinceMs(
  { now }: Pick<Context, 'now'>,
  { updatedAtMs }: Pick<Deployment, 'updatedAtMs'>,
  { window_seconds }: DeploymentGuard,
): number {
  return Math.max(now() - 1000 * window_seconds, updatedAtMs + spanMs - 1)
}

/** What a guard judges now: counts of the variants that have a weight, by version. */
export async function readJudgedCounts(
  ctx: Context,
  deployment: Deployment,
  guard: DeploymentGuard,
): Promise<DeploymentStats[]> {
  const sinceMs = judgedSinceMs(ctx, deployment, guard)
  const stats = await readFineCounts(ctx, deployment.id, sinceMs)
  const isJudged = ({ kind, name }: DeploymentStats) =>
    kind === 'variant' && deployment.variants.some((one) => one.name === name && one.weight > 0)
  return stats.filter(isJudged)
}

/** Requests, and how many of them were refused. */
type Refusals = Pick<CountsOfOne, 'requests' | 'refused'>

/** Those of all variants but one. */
export function refusalsBeside(stats: readonly DeploymentStats[], name: string): Refusals {
  const none: Refusals = { requests: 0, refused: 0 }
  return stats
    .filter((one) => one.name !== name)
    .reduce(
      (sum, { all }) => ({
        requests: sum.requests + all.requests,
        refused: sum.refused + all.refused,
      }),
      none,
    )
}

/** The figures of one version of a variant that a guard holds against its bounds. */
type JudgedFigures = {
  readonly requests: number
  /** Undefined: there were no requests. */
  readonly errorRate: number | undefined
  readonly p95Ms: number | undefined
  /** By how much its rate of refusals is above that of the others; undefined: those had too few requests. */
  readonly refusedExcess: number | undefined
}

/** @param beside of the other variants */
function figuresOf(
  { requests, errors, refused, latencies }: CountsOfOne,
  beside: Refusals,
  { min_requests }: DeploymentGuard,
): JudgedFigures {
  const isCompared = requests > 0 && beside.requests >= min_requests
  return {
    requests,
    errorRate: requests > 0 ? errors / requests : undefined,
    p95Ms: quantileOf(latencies, 0.95),
    refusedExcess: isCompared ? refused / requests - beside.refused / beside.requests : undefined,
  }
}

/** How a variant breaks its bounds; undefined: it does not, or there were too few requests. */
export function whyBroken(
  counts: CountsOfOne,
  beside: Refusals,
  guard: DeploymentGuard,
): string | undefined {
  const { requests, errors, refused } = counts
  const { max_error_rate, max_p95_ms, max_refused_excess, min_requests, window_seconds } = guard
  if (requests < min_requests) return undefined
  const { errorRate, p95Ms, refusedExcess } = figuresOf(counts, beside, guard)
  const within = `${requests} requests within ${window_seconds} s`
  if (isAbove(errorRate, max_error_rate)) {
    return `answered ${errors} of ${within} with errors; the guard allows a rate of ${max_error_rate}`
  }
  if (isAbove(p95Ms, max_p95_ms)) {
    return `took ${p95Ms} ms at the 95th percentile of ${within}; the guard allows ${max_p95_ms} ms`
  }
  if (!isAbove(refusedExcess, max_refused_excess)) return undefined
  return `refused ${refused} of ${within}, the other variants ${beside.refused} of ${beside.requests}; the guard allows a rate of ${max_refused_excess} above theirs`
}

function isAbove(figure: number | undefined, bound: number | undefined): boolean {
  return figure !== undefined && bound !== undefined && figure > bound
}

/** A variant as a guard sees it. */
export type GuardedVariant = JudgedFigures & {
  readonly name: string
  /** 0: only the scorer knows; undefined: nothing was counted of it. */
  readonly version: number | undefined
}

/**
 * How near the variants are to the bounds of their guard.
 *
 * @param wanted what their URIs mean, as `readWanted` has it
 * @returns those with a weight, in their order
 */
export async function readGuardedVariants(
  ctx: Context,
  { deployment, guard, wanted }: GuardedDeployment,
): Promise<GuardedVariant[]> {
  const stats = await readJudgedCounts(ctx, deployment, guard)
  return deployment.variants
    .filter(({ weight }) => weight > 0)
    .map(({ name, uri }) => {
      const meant = uri === undefined ? undefined : wanted.get(uri)?.version
      const versions = stats.find((one) => one.name === name)?.versions ?? []
      const [counts = nothing] = versions
        .filter(({ version }) => meant === undefined || version === meant)
        .toSorted((a, b) => b.requests - a.requests)
      const { version = meant } = counts
      return { name, version, ...figuresOf(counts, refusalsBeside(stats, name), guard) }
    })
}

type GuardedDeployment = {
  readonly deployment: Deployment
  readonly guard: DeploymentGuard
  readonly wanted: ReadonlyMap<string, MeantVersion>
}

const nothing = {
  ...{ version: undefined, requests: 0, errors: 0, refused: 0, skipped: 0 },
  ...{ compared: 0, agreed: 0, differenceMax: 0, latencies: {} },
}
