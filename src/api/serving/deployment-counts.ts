import { quantileOf } from '../../router/latencies.ts'
import { type CountsOfOne, readCounts } from '../../serving/counts/read-counts.ts'
import { takeReport } from '../../serving/counts/take-report.ts'
import { getDeployment } from '../../serving/deployments.ts'
import { readOutcomes } from '../../serving/outcomes/read-outcomes.ts'
import { requireOnDeployment } from '../../serving/permissions.ts'
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
      const { id, name, revision, variants } = await getDeployment(ctx, params.name)
      const since = ctx.now() - 1000 * query.window_seconds
      const stats = await readCounts(ctx, id, since)
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
        })),
        shadows: ofKind('shadow').map((one) => ({
          name: one.name,
          ...shadowCountsToWire(one.all),
          versions: one.versions.map(({ version, ...counts }) => ({
            ...versionToWire(version),
            ...shadowCountsToWire(counts),
          })),
        })),
        ...outcomesToWire(await readOutcomes(ctx, name, since)),
      }
    },
  ),
]

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
