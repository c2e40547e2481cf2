import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonChunksOf, Real } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { noteModelWrites } from '../registered-writes.ts'
import { isActiveRun, type Metric } from '../run.ts'

/** A point of a run that may also belong to a logged model. */
export type ModelPoint = Metric & {
  /** Undefined or empty: the point belongs to the run alone. */
  readonly modelId?: string | undefined
  readonly datasetName?: string | undefined
  readonly datasetDigest?: string | undefined
}

/**
 * Statements for the batch that logs `points` to a run. They add each point that names a logged model
 * to that model's metrics, provided that the run is active. No statements when no point does.
 *
 * A point that names an unknown model fails the whole batch with a ConstraintError; give that to
 * `unknownModelError`. A deleted model still takes metrics, as in MLflow 3.17.2.
 *
 * @param points infinities already replaced by `clampInfinity`
 * @throws INVALID_PARAMETER_VALUE a point has one of dataset name and digest without the other
 */
export function loggedModelMetricStatements(
  ctx: Context,
  runId: string,
  points: readonly ModelPoint[],
): SQL[] {
  const rows = points.filter(({ modelId }) => modelId).map(cellsOf)
  if (rows.length === 0) return []
  const named = points.flatMap(({ modelId }) => modelId || [])
  const isActive = sql`exists (select 1 from runs where ${isActiveRun(ctx, runId)})`
  const inserts = jsonChunksOf(rows).map(
    (json) => sql`insert into logged_model_metrics (logged_model, key, timestamp_ms, step, value,
        is_nan, run_id, dataset_name, dataset_digest)
      select (select id from logged_models where model_id = point.value ->> 0 and experiment in
          (select id from experiments where workspace = ${ctx.workspace})),
        point.value ->> 1, point.value ->> 2, point.value ->> 3, point.value ->> 4,
        point.value ->> 5, runs.run_id, point.value ->> 6, point.value ->> 7
      from runs cross join json_each(${json}) as point
      where ${isActiveRun(ctx, runId)}
      on conflict do nothing`,
  )
  return [...inserts, noteModelWrites(ctx, named, isActive)]
}

function cellsOf(point: ModelPoint) {
  const { modelId = '', key, value, timestampMs, step } = point
  const { datasetName = '', datasetDigest = '' } = point
  if ((datasetName === '') !== (datasetDigest === '')) {
    throw invalid(
      `${messages.halfADataset} if one is, and metric '${excerpt(key)}' has one; send both or neither`,
    )
  }
  const isNan = Number.isNaN(value)
  const stored = new Real(isNan ? 0 : value)
  return [modelId, key, timestampMs, step, stored, Number(isNan), datasetName, datasetDigest]
}

/**
 * The 400 for a batch that failed because a point names a logged model that does not exist, or
 * undefined when `err` is another failure.
 */
export function unknownModelError(
  err: unknown,
  points: readonly ModelPoint[],
): RegistryError | undefined {
  const isOurs = err instanceof ConstraintError && err.subject.startsWith('logged_model_metrics')
  if (!isOurs) return undefined
  const ids = new Set(points.flatMap(({ modelId }) => (modelId ? [`'${modelId}'`] : [])))
  const message = `One of the logged models that the metrics name does not exist: ${excerpt([...ids].join(', '))}`
  return new RegistryError('BAD_REQUEST', message, { cause: err })
}
