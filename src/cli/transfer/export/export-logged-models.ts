import { digestLoggedModel } from '../digests.ts'
import { runPool, slicesOf } from '../pool.ts'
import type { SourceLoggedModel } from '../sources/source.ts'
import { changeTags } from './change-tags.ts'
import { openExperiment } from './export-experiments.ts'
import { exportFiles } from './export-files.ts'
import { openRun } from './export-runs.ts'
import {
  type Export,
  markTag,
  originOf,
  originTags,
  readMark,
  readOrigin,
  type ThereExperiment,
  type ThereLoggedModel,
  translateTags,
  tryItem,
} from './exported.ts'

const modelsPerSlice = 50
const paramsPerCall = 100
const metricsPerCall = 1000

type Known = ThereLoggedModel & { readonly found: SourceLoggedModel | undefined }

/** Make the logged models of an experiment there, and write them, before its runs name them. */
export async function exportLoggedModels(work: Export, experimentId: string): Promise<void> {
  const experiment = work.exported.experiments.get(experimentId)
  if (!experiment) return
  const known = await findModels(work, experiment)
  const counts = work.tally.of('logged models')
  for await (const slice of slicesOf(work.source.loggedModels(experimentId), modelsPerSlice)) {
    counts.source += slice.length
    await runPool(slice, work.jobs, async (model) => {
      const isWritten = await tryItem(work, `logged model ${model.model_id}`, async () => {
        const origin = originOf(model.model_id, model.creation_time)
        const there = known.get(origin) ?? (await createModel(work, experiment, model))
        work.exported.loggedModels.set(model.model_id, there)
        await fillModel(work, experiment, { model, there })
      })
      if (!isWritten) counts.refused++
    })
  }
}

async function findModels(
  { there }: Export,
  { id }: ThereExperiment,
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>()
  for await (const found of there.loggedModels(id)) {
    const origin = readOrigin(found.tags)
    if (origin === undefined) continue
    known.set(origin, {
      found,
      id: found.model_id,
      address: found.artifact_uri,
      mark: readMark(found.tags),
      isNew: false,
    })
  }
  return known
}

async function createModel(
  work: Export,
  experiment: ThereExperiment,
  model: SourceLoggedModel,
): Promise<Known> {
  await openExperiment(work, experiment)
  const made = await work.target.createLoggedModel({
    experiment_id: experiment.id,
    name: model.name,
    model_type: model.model_type,
    source_run_id: runThere(work, model.source_run_id),
    tags: originTags(model.model_id, model.creation_time),
  })
  return { ...made, found: undefined, mark: undefined, isNew: true }
}

function runThere({ exported }: Export, runId: string | undefined): string | undefined {
  return runId === undefined ? undefined : (exported.runs.get(runId)?.id ?? runId)
}

/** A logged model as the other server should answer it. MLflow sets its times. */
function expectModel(work: Export, model: SourceLoggedModel, id: string): SourceLoggedModel {
  const run_id = (own: string | undefined) => runThere(work, own)
  return {
    ...withoutTimes(model),
    model_id: id,
    source_run_id: run_id(model.source_run_id),
    tags: translateTags(work.exported, model.tags),
    metrics: (model.metrics ?? []).map((metric) => ({
      ...metric,
      value: metric.value === 'NaN' ? 0 : metric.value,
      run_id: run_id(metric.run_id) ?? '',
    })),
  }
}

/** What is compared of a logged model. */
export function withoutTimes(model: SourceLoggedModel): SourceLoggedModel {
  return { ...model, creation_time: 0, last_update_time: 0 }
}

async function fillModel(
  work: Export,
  experiment: ThereExperiment,
  { model, there }: { readonly model: SourceLoggedModel; readonly there: Known },
): Promise<void> {
  const { target, exported, tally } = work
  const expected = expectModel(work, model, there.id)
  exported.expectedLoggedModels.set(there.id, digestLoggedModel(expected))
  const counts = tally.of('logged models')
  const mark = digestLoggedModel(model)
  if (there.mark === mark) {
    counts.unchanged++
    return
  }
  await openExperiment(work, experiment)
  const at = `logged-models/${encodeURIComponent(there.id)}`
  const params = model.params ?? []
  for (let from = 0; from < params.length; from += paramsPerCall) {
    const some = params.slice(from, from + paramsPerCall)
    await target.change(`POST ${at}/params`, { model_id: there.id, params: some })
  }
  await writeMetrics(work, model, there.id)
  if (model.status !== 'LOGGED_MODEL_PENDING') {
    await target.change(`PATCH ${at}`, { model_id: there.id, status: model.status })
  }
  await writeModelTags(work, there, expected)
  const files = { ...there, of: { kind: 'logged model', model: expected } as const }
  if (await exportFiles(work, { kind: 'logged model', model }, files)) {
    await target.change(`PATCH ${at}/tags`, { model_id: there.id, tags: [markTag(mark)] })
  }
  counts[there.isNew ? 'added' : 'updated']++
}

async function writeModelTags(
  { target }: Export,
  { id, found }: Known,
  { tags = [] }: SourceLoggedModel,
): Promise<void> {
  const at = `logged-models/${encodeURIComponent(id)}/tags`
  await changeTags({
    wanted: tags,
    found: found?.tags,
    set: (tag) => target.change(`PATCH ${at}`, { model_id: id, tags: [tag] }),
    remove: (key) => target.change(`DELETE ${at}/${encodeURIComponent(key)}`, {}),
  })
}

/** MLflow takes the metrics of a logged model with those of the run that measured them. */
async function writeMetrics(
  work: Export,
  model: SourceLoggedModel,
  modelId: string,
): Promise<void> {
  const { target, exported, tally } = work
  const byRun = Map.groupBy(model.metrics ?? [], ({ run_id }) => run_id)
  const nans = (model.metrics ?? []).filter(({ value }) => value === 'NaN')
  if (nans.length > 0) work.tally.loses('NaN as a metric of a logged model: 0 there', nans.length)
  for (const [ownRun, metrics] of byRun) {
    const run = exported.runs.get(ownRun)
    if (!run) {
      const what = `logged model ${model.model_id}, metrics`
      tally.differs(what, `run '${ownRun}', which measured them, is not there`)
      continue
    }
    await openRun(work, run)
    const points: object[] = []
    for (const metric of metrics) points.push(await pointThere(work, metric, modelId))
    for (let from = 0; from < points.length; from += metricsPerCall) {
      const some = points.slice(from, from + metricsPerCall)
      await target.change('POST runs/log-batch', { run_id: run.id, metrics: some })
    }
  }
}

type ModelMetric = NonNullable<SourceLoggedModel['metrics']>[number]

/** MLflow keeps NaN of a logged model as 0, but not that of its run, which is logged with it. */
async function pointThere(
  { source }: Export,
  { run_id, value, timestamp, step, ...metric }: ModelMetric,
  model_id: string,
): Promise<object> {
  const at = { timestamp: String(timestamp), step: String(step) }
  const ofRun = value === 0 ? await source.points({ run_id }, metric.key) : []
  const isNan = ofRun.some(
    (point) =>
      Number.isNaN(point.value) &&
      String(point.timestampMs) === at.timestamp &&
      String(point.step) === at.step,
  )
  return { ...metric, ...at, model_id, value: isNan ? 'NaN' : value }
}

/** MLflow writes the tag of versions anew whenever one is made, with those too that only fill gaps. */
export async function renewVersionTags(work: Export, experimentId: string): Promise<void> {
  for await (const model of work.source.loggedModels(experimentId)) {
    const there = work.exported.loggedModels.get(model.model_id)
    const tag = (model.tags ?? []).find(({ key }) => key === 'mlflow.modelVersions')
    if (!there || !tag) continue
    await tryItem(work, `logged model ${model.model_id}`, async () => {
      const at = `logged-models/${encodeURIComponent(there.id)}/tags`
      await work.target.change(`PATCH ${at}`, { model_id: there.id, tags: [tag] })
    })
  }
}
