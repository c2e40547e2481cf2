import type { Context } from '../../platform/context.ts'
import { quantileOf } from '../../router/latencies.ts'
import { judgedSinceMs, readGuardedVariants } from '../../serving/counts/judge-counts.ts'
import {
  type CountsOfOne,
  type CountsOfStep,
  readCounts,
} from '../../serving/counts/read-counts.ts'
import { takeReport } from '../../serving/counts/take-report.ts'
import { type Deployment, getDeployment } from '../../serving/deployments.ts'
import { readOutcomes } from '../../serving/outcomes/read-outcomes.ts'
import { requireOnDeployment } from '../../serving/permissions.ts'
import { readWanted } from '../../serving/replicas.ts'
import * as endpoints from '../endpoints/deployment-counts.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { outcomesToWire } from './outcomes.ts'

/** What the routers of deployments count. */
export const deploymentCountRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.reportDeploymentCounts,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'USE'),
    async (ctx, { params, body: { items, ...report } }) => ({
      counted: await takeReport(ctx, params.name, {
        ...report,
        items: items.map(({ difference_max: differenceMax, ...item }) => ({
          ...item,
          differenceMax,
        })),
      }),
    }),
  ),

  serve(
    endpoints.getDeploymentStats,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'READ'),
    async (ctx, { params, query }) => {
      const deployment = await getDeployment(ctx, params.name)
      const { id, name, revision, variants } = deployment
      const since = ctx.now() - 1000 * query.window_seconds
      const stepMs = query.step_seconds && 1000 * query.step_seconds
      const stats = await readCounts(ctx, id, { windowMs: 1000 * query.window_seconds, stepMs })
      const stepsOf = (steps: readonly CountsOfStep[]) =>
        stepMs === undefined ? {} : { steps: steps.map(stepToWire) }
      const ofKind = (kind: string) => stats.filter((one) => one.kind === kind)
      return {
        ...{ deployment: name, revision, since },
        variants: ofKind('variant').map((one) => ({
          name: one.name,
          weight: variants.find((variant) => variant.name === one.name)?.weight,
          ...countsToWire(one.all),
          versions: one.versions.map(({ version, ...counts }) => ({
            ...versionToWire(version),
            ...countsToWire(counts),
          })),
          ...stepsOf(one.steps),
        })),
        shadows: ofKind('shadow').map((one) => ({
          name: one.name,
          ...shadowCountsToWire(one.all),
          versions: one.versions.map(({ version, ...counts }) => ({
            ...versionToWire(version),
            ...shadowCountsToWire(counts),
          })),
          ...stepsOf(one.steps),
        })),
        guard: await guardToWire(ctx, deployment),
        ...outcomesToWire(await readOutcomes(ctx, deployment, since)),
      }
    },
  ),
]

/** What the guard judges now; undefined: there is none. */
async function guardToWire(ctx: Context, deployment: Deployment) {
  const { guard, variants, registeredModelId } = deployment
  if (!guard) return undefined
  const followers = variants.flatMap(({ uri }) => (uri ? [{ uri, registeredModelId }] : []))
  const wanted = await readWanted(ctx, followers)
  const judged = await readGuardedVariants(ctx, { deployment, guard, wanted })
  return {
    since: judgedSinceMs(ctx, deployment, guard),
    variants: judged.map(({ name, version = 0, requests, errorRate, p95Ms, refusedExcess }) => ({
      ...{ name, requests, ...versionToWire(version) },
      ...{ error_rate: errorRate, p95_ms: p95Ms, refused_excess: refusedExcess },
    })),
  }
}

function stepToWire({ atMs, ...counts }: CountsOfStep) {
  return { at: atMs, ...countsToWire(counts) }
}

function versionToWire(version: number) {
  return version === 0 ? {} : { version: String(version) }
}

function countsToWire({ requests, errors, refused, latencies }: CountsOfOne) {
  return {
    requests,
    errors,
    error_rate: partOf(errors, requests),
    refused,
    p50_ms: quantileOf(latencies, 0.5),
    p95_ms: quantileOf(latencies, 0.95),
    p99_ms: quantileOf(latencies, 0.99),
  }
}

function shadowCountsToWire(counts: CountsOfOne) {
  const { skipped, compared, agreed, differenceMax } = counts
  const agreement = partOf(agreed, compared)
  const difference_max = compared > 0 ? differenceMax : undefined
  return { ...countsToWire(counts), skipped, compared, agreed, agreement, difference_max }
}

function partOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined
}
