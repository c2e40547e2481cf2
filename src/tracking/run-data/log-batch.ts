import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import {
  loggedModelMetricStatements,
  type ModelPoint,
  unknownModelError,
} from '../logged-models/logged-model-metrics.ts'
import { isActiveRun, type KeyValue } from '../run.ts'
import { checkMetric, clampInfinity, metricStatements } from './metrics.ts'
import { checkParamKey, paramErrorOf, paramStatements } from './params.ts'
import { tagStatements } from './run-tags.ts'
import { writeToRun } from './write-to-run.ts'

const limits = { metrics: 1000, params: 100, tags: 100 }
const itemsMax = 1000

export type RunBatch = {
  readonly metrics: readonly ModelPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

/**
 * Log metrics, params and tags to a run, all or nothing, in one round trip.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted, a param has another value already, a key is
 *   malformed, or there is too much; then nothing is written
 */
export async function logBatch(ctx: Context, runId: string, batch: RunBatch): Promise<void> {
  checkSizes(batch)
  batch.metrics.forEach((metric, i) => {
    checkMetric(metric, `metrics[${i}].`)
  })
  batch.params.forEach(({ key }, i) => {
    checkParamKey(key, `params[${i}].key`)
  })
  batch.tags.forEach(({ key }, i) => {
    checkKey(key, `tags[${i}].key`)
  })
  refuseRepeatedKeys('params', batch.params)
  await writeBatch(ctx, runId, batch)
}

/** Log one point. Errors are those of `logBatch`. */
export async function logMetric(ctx: Context, runId: string, metric: ModelPoint): Promise<void> {
  checkMetric(metric, '')
  await writeBatch(ctx, runId, { metrics: [metric], params: [], tags: [] })
}

/** Log one param. The same value again is no error; other errors are those of `logBatch`. */
export async function logParam(ctx: Context, runId: string, param: KeyValue): Promise<void> {
  checkParamKey(param.key, 'key')
  await writeBatch(ctx, runId, { metrics: [], params: [param], tags: [] })
}

async function writeBatch(
  ctx: Context,
  runId: string,
  { metrics, params, tags }: RunBatch,
): Promise<void> {
  const points = metrics.map((point) => ({ ...point, value: clampInfinity(point.value) }))
  try {
    await writeToRun(ctx, runId, {
      metrics: metricStatements(ctx, runId, points),
      modelMetrics: loggedModelMetricStatements(ctx, runId, points),
      params: paramStatements(ctx, runId, params),
      tags: tagStatements(isActiveRun(ctx, runId), tags),
    })
  } catch (err) {
    throw (await paramErrorOf(ctx, runId, { params, err })) ?? unknownModelError(err, points) ?? err
  }
}

function checkSizes(batch: RunBatch): void {
  const { metrics, params, tags } = batch
  for (const [what, max] of Object.entries(limits) as [keyof RunBatch, number][]) {
    if (batch[what].length > max) throw tooMany(batch[what].length, max, what)
  }
  const count = metrics.length + params.length + tags.length
  if (count > itemsMax) throw tooMany(count, itemsMax, 'metrics, params, and tags')
}

function tooMany(count: number, max: number, what: string): Error {
  return invalid(`${messages.batchTooLarge(count, max, what)}; split them over several requests`)
}
