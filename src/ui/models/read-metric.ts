import { chosenMetricOf } from '../../find/chosen-metric.ts'
import type { Context } from '../../platform/context.ts'
import {
  listVersionMetricKeys,
  readVersionMetrics,
  type VersionMetric,
} from '../../registry/versions/version-metrics.ts'
import { boundsOf, type MetricBound } from '../parts/metric-bounds.ts'
import type { ModelStanding } from './read-model.ts'

/** A metric over the versions of a model, as its page shows it. */
export type ModelMetric = {
  /** Those to choose from. */
  readonly keys: readonly string[]
  readonly key: string
  /** Oldest first. */
  readonly versions: readonly VersionMetric[]
  /** There are older ones. */
  readonly isCut: boolean
  readonly bounds: readonly MetricBound[]
}

const shownMax = 100

/**
 * The metric that was asked for or, in its place, the one that a tag of the model names, or that a gate asks for.
 *
 * @returns undefined: no version has any
 */
export async function readModelMetric(
  ctx: Context,
  { model, stages }: ModelStanding,
  asked: string | undefined,
): Promise<ModelMetric | undefined> {
  if (model.latestVersions.length === 0) return undefined
  const keys = await listVersionMetricKeys(ctx, model.name)
  const bounds = stages.flatMap(({ name, policies }) => policies.flatMap(boundsOf(name)))
  const named = chosenMetricOf(model)
  const usual = [named, ...bounds.map(({ metric }) => metric)].find(
    (one) => one !== undefined && keys.includes(one),
  )
  const key = asked ?? usual ?? keys[0]
  if (key === undefined) return undefined
  const found = await readVersionMetrics(ctx, model.name, {
    key,
    before: Number.MAX_SAFE_INTEGER,
    count: shownMax + 1,
  })
  return {
    keys: keys.includes(key) ? keys : [key, ...keys],
    key,
    versions: found.slice(0, shownMax).reverse(),
    isCut: found.length > shownMax,
    bounds: bounds.filter(({ metric }) => metric === key),
  }
}
