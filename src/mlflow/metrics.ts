import { invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { JsonPieces } from '../http/send-json.ts'
import type { Context } from '../platform/context.ts'
import { checkPageSize } from '../search/page.ts'
import type { Point } from '../tracking/history/chunk-codec.ts'
import type { ModelPoint } from '../tracking/logged-models/logged-model-metrics.ts'
import { requireLoggedModels, requireRun, requireRuns } from '../tracking/permissions.ts'
import { logBatch, logMetric } from '../tracking/run-data/log-batch.ts'
import {
  type RunMetric,
  readMetricHistory,
  readMetricHistoryOfRuns,
  sampleMetricHistory,
} from '../tracking/run-data/metric-history.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { type Operation, operation, reading } from './operation.ts'
import { onRun } from './rules.ts'
import { metricToWire, pointToWire } from './run-wire.ts'
import { runId } from './runs.ts'
import { unlessEmpty } from './wire/json.ts'
import { type Decoded, message } from './wire/message.ts'

const pointFields = {
  key: { type: 'string', required: true },
  value: { type: 'double', required: true },
  timestamp: { type: 'int64', required: true },
  step: { type: 'int64' },
  model_id: { type: 'string' },
  dataset_name: { type: 'string' },
  dataset_digest: { type: 'string' },
} as const

const runsMax = 100
const int32Max = 2 ** 31 - 1
const bulkPointsMax = 25_000
const samplePointsMax = 2500

export const metricOperations: readonly Operation[] = [
  operation('logMetric', {
    request: message({ run_id: runId, ...pointFields }),
    rule: (ctx, req) => mayLogTo(ctx, req.run_id, [req]),
    answer: async (ctx, req) => {
      await logMetric(ctx, req.run_id, pointFromWire(req))
    },
  }),
  operation('logBatch', {
    request: message({
      run_id: { ...runId, type: 'run_id' },
      metrics: { type: message(pointFields), repeated: true },
      params: { type: keyValueMessage, repeated: true },
      tags: { type: keyValueMessage, repeated: true },
    }),
    rule: (ctx, req) => mayLogTo(ctx, req.run_id, req.metrics),
    answer: async (ctx, req) => {
      await logBatch(ctx, req.run_id, {
        metrics: req.metrics.map(pointFromWire),
        params: req.params.map(keyValueFrom),
        tags: req.tags.map(keyValueFrom),
      })
    },
  }),
  operation('getMetricHistory', {
    request: message({
      run_id: runId,
      metric_key: { type: 'string', required: true },
      page_token: { type: 'string' },
      max_results: { type: 'int32' },
    }),
    rule: onRun('READ'),
    answer: async (ctx, req) => {
      const { run_id, metric_key, max_results, page_token } = req
      const pointsMax =
        max_results === undefined ? undefined : checkPageSize(max_results, { most: int32Max })
      const points = readMetricHistory(ctx, {
        runId: run_id,
        key: metric_key,
        pointsMax,
        pageToken: page_token,
      })
      return new JsonPieces(historyToWire(metric_key, points))
    },
  }),
  operation('getMetricHistoryBulk', {
    request: reading(
      message({
        run_id: { type: 'string', repeated: true },
        metric_key: { type: 'string' },
        max_results: { type: 'int32' },
      }),
      async (_ctx, req) => bulkFromWire(req),
    ),
    rule: (ctx, req) => requireRuns(ctx, req.runIds, 'READ'),
    answer: async (ctx, { runIds, key, pointsMax }) => {
      const metrics = await readMetricHistoryOfRuns(ctx, runIds, { key, pointsMax })
      return { metrics: metrics.map(runMetricToWire) }
    },
  }),
  operation('getMetricHistoryBulkInterval', {
    request: message({
      run_ids: { type: 'string', repeated: true, required: true },
      metric_key: { type: 'string', required: true },
      start_step: { type: 'int32' },
      end_step: { type: 'int32' },
      max_results: { type: 'int32' },
    }),
    rule: (ctx, req) => requireRuns(ctx, req.run_ids, 'READ'),
    answer: async (ctx, req) => {
      if (req.run_ids.length > runsMax) {
        throw invalid(`${messages.intervalTooManyRuns(runsMax)} Got ${req.run_ids.length}`)
      }
      const pointsMax = checkPageSize(req.max_results, {
        most: samplePointsMax,
        absent: samplePointsMax,
        refusal: messages.pageSizeBetween,
      })
      const interval = intervalFromWire(req.start_step, req.end_step)
      const metrics = await sampleMetricHistory(ctx, {
        runIds: req.run_ids,
        key: req.metric_key,
        interval,
        pointsMax,
      })
      return { metrics: unlessEmpty(metrics.map(runMetricToWire)) }
    },
  }),
]

/** EDIT on the run, and on each logged model that a metric is about. */
async function mayLogTo(
  ctx: Context,
  id: string,
  points: readonly { readonly model_id?: string | undefined }[],
): Promise<void> {
  await requireRun(ctx, id, 'EDIT')
  const modelIds = points.flatMap(({ model_id }) => (model_id ? [model_id] : []))
  await requireLoggedModels(ctx, modelIds, 'EDIT')
}

function pointFromWire(point: Decoded<typeof pointFields>): ModelPoint {
  return {
    key: point.key,
    value: point.value,
    timestampMs: point.timestamp,
    step: point.step ?? 0,
    modelId: point.model_id,
    datasetName: point.dataset_name,
    datasetDigest: point.dataset_digest,
  }
}

/** Points that are objects at once on their way to the answer. */
const pointsPerPiece = 1000

/** The answer in JSON, in pieces, each made of the points that were just read. */
async function* historyToWire(
  key: string,
  rounds: AsyncGenerator<readonly Point[], string | undefined>,
): AsyncGenerator<string> {
  let before = '{"metrics":['
  for (;;) {
    const { done, value } = await rounds.next()
    if (done) {
      const token = value === undefined ? '' : `,"next_page_token":${JSON.stringify(value)}`
      yield before === ',' ? `]${token}}` : '{}'
      return
    }
    for (let at = 0; at < value.length; at += pointsPerPiece) {
      const piece = value.slice(at, at + pointsPerPiece)
      yield before + JSON.stringify(piece.map((point) => pointToWire(key, point))).slice(1, -1)
      before = ','
    }
  }
}

function runMetricToWire(metric: RunMetric): object {
  return { ...metricToWire(metric), run_id: metric.runId }
}

/** What a bulk request asks for. Its refusals have phrases of their own, and an order. */
function bulkFromWire(req: {
  readonly run_id: readonly string[]
  readonly metric_key?: string | undefined
  readonly max_results?: number | undefined
}) {
  const { run_id: runIds, metric_key: key } = req
  if (runIds.length === 0) throw invalid(`${messages.bulkWithoutRun}.`)
  if (runIds.length > runsMax) {
    throw invalid(`${messages.bulkTooManyRuns(runsMax)}; got ${runIds.length}`)
  }
  if (!key) throw invalid(`${messages.bulkWithoutKey}.`)
  const asked = checkPageSize(req.max_results, { most: int32Max, absent: bulkPointsMax })
  // Asking for more is not an error, as in MLflow.
  return { runIds, key, pointsMax: Math.min(asked, bulkPointsMax) }
}

function intervalFromWire(start: number | undefined, end: number | undefined) {
  if (start === undefined && end === undefined) return undefined
  if (start === undefined || end === undefined) {
    throw invalid(`${messages.halfAnInterval}.`)
  }
  if (end < start) throw invalid(`${messages.intervalReversed}: ${end} is below ${start}`)
  return { start, end }
}
