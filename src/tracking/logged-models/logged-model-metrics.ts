import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { boundMetricNames } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonChunksOf, jsonRowsOf, Real } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { latestOf } from '../latest-metrics.ts'
import { noteModelWrites } from '../registered-writes.ts'
import { isActiveRun, type Metric } from '../run.ts'

/** A point of a run that may also belong to a logged model. */
export type ModelPoint = Metric & {
  /** Undefined or empty: the point belongs to the run alone. */
  readonly modelId?: string | undefined
  readonly datasetName?: string | undefined
  readonly datasetDigest?: string | undefined
}

/** A point of a logged model. Infinities are clamped. */
export type OwnedPoint = ModelPoint & { readonly modelId: string; readonly runId: string }

/** What one model has of points, and what one answer shows of them, holds nobody else up. */
export const pointsMax = 10_000
const newestKept = pointsMax / 2

const columns = sql`logged_model, key, timestamp_ms, step, value, is_nan, run_id, dataset_name,
  dataset_digest`

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
  const owned = points.flatMap((point): OwnedPoint[] => {
    const { modelId } = point
    return modelId ? [{ ...point, modelId, runId }] : []
  })
  if (owned.length === 0) return []
  owned.forEach(checkDataset)
  const modelIds = owned.map(({ modelId }) => modelId)
  const isActive = sql`exists (select 1 from runs where ${isActiveRun(ctx, runId)})`
  return [
    boundNames(ctx, owned),
    ...pointStatements(ctx, owned, isActive),
    noteModelWrites(ctx, modelIds, isActive),
  ]
}

function checkDataset({ key, datasetName = '', datasetDigest = '' }: ModelPoint): void {
  if ((datasetName === '') === (datasetDigest === '')) return
  throw invalid(
    `${messages.halfADataset} if one is, and metric '${excerpt(key)}' has one; send both or neither`,
  )
}

/**
 * Statements that add `points` to logged models. Of a model that has more than `pointsMax` points the
 * newest are kept, and the latest of each key and dataset; the metrics of the runs have them all.
 *
 * @param guard a condition; absent: always
 */
export function pointStatements(
  ctx: Context,
  points: readonly OwnedPoint[],
  guard = sql`true`,
): SQL[] {
  const rows = (
    json: string,
  ) => sql`select ${modelOf(ctx, sql`point.value ->> 0`)}, point.value ->> 1,
      point.value ->> 2, point.value ->> 3, point.value ->> 4, point.value ->> 5, point.value ->> 6,
      point.value ->> 7, point.value ->> 8
    from json_each(${json}) as point where ${guard}`
  const inserts = jsonChunksOf(points.map(cellsOf)).map(
    (json) => sql`insert into logged_model_metrics (${columns}) ${rows(json)}
      on conflict do nothing`,
  )
  const latest = jsonChunksOf(latestOf(points, nameOf).map(cellsOf)).map(
    (json) => sql`insert into latest_logged_model_metrics as old (${columns}) ${rows(json)}
      on conflict (logged_model, key, dataset_name, dataset_digest) do update
      set timestamp_ms = excluded.timestamp_ms, step = excluded.step, value = excluded.value,
        is_nan = excluded.is_nan, run_id = excluded.run_id
      where (excluded.step, excluded.timestamp_ms, excluded.value, excluded.is_nan)
        > (old.step, old.timestamp_ms, old.value, old.is_nan)`,
  )
  return [...inserts, ...latest, ...thinningStatements(ctx, points, guard)]
}

function cellsOf(point: OwnedPoint) {
  const { modelId, key, value, timestampMs, step, runId } = point
  const { datasetName = '', datasetDigest = '' } = point
  const isNan = Number.isNaN(value)
  const stored = new Real(isNan ? 0 : value)
  return [modelId, key, timestampMs, step, stored, Number(isNan), runId, datasetName, datasetDigest]
}

function nameOf({ modelId, key, datasetName = '', datasetDigest = '' }: OwnedPoint): string {
  return JSON.stringify([modelId, key, datasetName, datasetDigest])
}

/** @returns a select of `logged_models.id` */
function modelOf(ctx: Context, modelId: SQL): SQL {
  return sql`(select id from logged_models where model_id = ${modelId} and experiment in
    (select id from experiments where workspace = ${ctx.workspace}))`
}

/** The statement that refuses names past the bound; before those that write them. */
function boundNames(ctx: Context, points: readonly OwnedPoint[]): SQL {
  const json = jsonRowsOf(
    latestOf(points, nameOf).map(({ modelId, key, datasetName = '', datasetDigest = '' }) => [
      ...[modelId, key, datasetName, datasetDigest],
    ]),
  )
  const model = modelOf(ctx, sql`p.value ->> 0`)
  return boundMetricNames({
    table: 'latest_logged_model_metrics',
    owner: 'logged_model',
    ids: sql`select distinct ${model} as id from json_each(${json}) p`,
    isNew: (id) => sql`exists (select 1 from json_each(${json}) p
      where ${model} = ${id} and not exists (select 1 from latest_logged_model_metrics l
        where l.logged_model = ${id} and l.key = p.value ->> 1
          and l.dataset_name = p.value ->> 2 and l.dataset_digest = p.value ->> 3))`,
    besideKey: sql`octet_length(dataset_name) + octet_length(dataset_digest)`,
  })
}

/**
 * Statements that count the points and, of a model with too many, delete the older ones. A model with
 * many names has as many points more, so that this is seldom.
 */
function thinningStatements(ctx: Context, points: readonly OwnedPoint[], guard: SQL): SQL[] {
  const counts = Map.groupBy(points, ({ modelId }) => modelId)
  const json = jsonRowsOf([...counts].map(([modelId, { length }]) => [modelId, length]))
  const models = sql`select ${modelOf(ctx, sql`one.value ->> 0`)} from json_each(${json}) one`
  const crowded = sql`select m.id from logged_models m where m.id in (${models})
    and m.metric_points > ${pointsMax} and m.metric_points > 2 * (
      select count(*) from latest_logged_model_metrics l where l.logged_model = m.id)`
  return [
    sql`update logged_models set metric_points = metric_points + (one.value ->> 1)
      from json_each(${json}) one
      where logged_models.id = ${modelOf(ctx, sql`one.value ->> 0`)} and ${guard}`,
    sql`delete from logged_model_metrics where logged_model in (${crowded}) and (${columns}) in (
      select ${columns} from (
        select p.*, row_number() over (
          partition by p.logged_model order by p.timestamp_ms desc, p.step desc) as place
        from logged_model_metrics p where p.logged_model in (${crowded})) p
      where p.place > ${newestKept} and not exists (
        select 1 from latest_logged_model_metrics l
        where l.logged_model = p.logged_model and l.key = p.key
          and l.dataset_name = p.dataset_name and l.dataset_digest = p.dataset_digest
          and (l.step, l.timestamp_ms, l.value, l.is_nan)
            = (p.step, p.timestamp_ms, p.value, p.is_nan)))`,
    sql`update logged_models set metric_points = (
        select count(*) from logged_model_metrics p where p.logged_model = logged_models.id)
      where id in (${crowded})`,
  ]
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
