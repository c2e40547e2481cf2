import type { Metric } from '../../../tracking/run.ts'
import { sortPoints } from '../../../transfer/point-line.ts'
import { digestRunNow, HistoryDigest } from '../digests.ts'
import { runPool, slicesOf } from '../pool.ts'
import type { SourceRun } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { openExperiment } from './export-experiments.ts'
import { exportFiles } from './export-files.ts'
import {
  type Export,
  markTag,
  originTags,
  readMark,
  readOrigin,
  type ThereExperiment,
  type ThereRun,
  translateTags,
  tryItem,
  withoutOrigin,
} from './exported.ts'
import { batchesOf } from './run-batches.ts'

const runsPerSlice = 50

/** Make the runs of an experiment there, empty, so that each has its id before another one names it. */
export async function createRuns(work: Export, experimentId: string): Promise<void> {
  const experiment = work.exported.experiments.get(experimentId)
  if (!experiment) return
  const known = await findRuns(work, experiment)
  for await (const slice of slicesOf(work.source.runs(experimentId), runsPerSlice)) {
    await runPool(slice, work.jobs, (run) =>
      tryItem(work, `run ${run.run_id}`, async () => {
        const there = known.get(run.run_id) ?? (await createRun(work, experiment, run))
        work.exported.runs.set(run.run_id, there)
      }),
    )
  }
}

/** Runs of earlier exports, by the ids of here. */
async function findRuns(
  { there }: Export,
  experiment: ThereExperiment,
): Promise<ReadonlyMap<string, ThereRun>> {
  const known = new Map<string, ThereRun>()
  for await (const run of there.runs(experiment.id)) {
    const origin = readOrigin(run.tags)
    if (origin === undefined) continue
    known.set(origin, {
      id: run.run_id,
      experiment,
      address: run.artifact_uri,
      mark: readMark(run.tags),
      isNew: false,
      isDeleted: run.lifecycle_stage === 'deleted',
    })
  }
  return known
}

async function createRun(
  work: Export,
  experiment: ThereExperiment,
  run: SourceRun,
): Promise<ThereRun> {
  await openExperiment(work, experiment)
  const made = await work.target.createRun({
    experiment_id: experiment.id,
    user_id: run.user_id,
    run_name: run.run_name,
    start_time: String(run.start_time),
    tags: originTags(run.run_id),
  })
  return {
    id: made.run_id,
    experiment,
    address: made.artifact_uri,
    mark: undefined,
    isNew: true,
    isDeleted: false,
  }
}

/** Write the runs of an experiment, but for those that are whole there and did not change here. */
export async function fillRuns(work: Export, experimentId: string): Promise<void> {
  const counts = work.tally.of('runs')
  for await (const slice of slicesOf(work.source.runs(experimentId), runsPerSlice)) {
    counts.source += slice.length
    await runPool(slice, work.jobs, async (run) => {
      const isWritten = await tryItem(work, `run ${run.run_id}`, () => fillRun(work, run))
      if (!isWritten) counts.refused++
      work.bar.advance()
    })
  }
}

async function fillRun(work: Export, run: SourceRun): Promise<void> {
  const { exported, tally } = work
  const there = exported.runs.get(run.run_id)
  if (!there) throw new SourceError('it was not made there')
  const expected = expectRun(work, run, there)
  exported.expectedRuns.set(there.id, digestRunNow(expected))
  const now = digestRunNow(run)
  const counts = tally.of('runs')
  if (there.mark?.startsWith(`${now} `)) {
    counts.unchanged++
    const points = Number(there.mark.split(' ')[1])
    tally.of('points').source += points
    tally.of('points').unchanged += points
  } else {
    await openRun(work, there)
    const measure = await writeRun(work, run, { expected, there })
    if (measure !== undefined) {
      const tags = [markTag(`${now} ${measure}`)]
      await work.target.change('POST runs/log-batch', { run_id: there.id, tags })
    }
    counts[there.isNew ? 'added' : 'updated']++
  }
  if (run.lifecycle_stage === 'deleted' && !there.isDeleted) {
    await work.target.change('POST runs/delete', { run_id: there.id })
    there.isDeleted = true
  }
}

/** MLflow changes nothing in a run that is deleted, so that one is restored while it is written. */
export async function openRun(work: Export, there: ThereRun): Promise<void> {
  await openExperiment(work, there.experiment)
  if (!there.isDeleted) return
  await work.target.change('POST runs/restore', { run_id: there.id })
  there.isDeleted = false
}

/** A run as the other server should answer it. */
function expectRun({ exported }: Export, run: SourceRun, { id }: ThereRun): SourceRun {
  const modelId = (own: string) => exported.loggedModels.get(own)?.id ?? own
  return {
    ...run,
    run_id: id,
    tags: translateTags(exported, run.tags),
    model_inputs: (run.model_inputs ?? []).map(modelId),
    model_outputs: (run.model_outputs ?? []).map(({ model_id, step }) => ({
      model_id: modelId(model_id),
      step,
    })),
  }
}

/** @returns how many points the run has and their digest; undefined where not all of it is there */
async function writeRun(
  work: Export,
  run: SourceRun,
  { expected, there }: { readonly expected: SourceRun; readonly there: ThereRun },
): Promise<string | undefined> {
  const { source, target, tally } = work
  const run_id = there.id
  const written = new HistoryDigest()
  const keys = sortPoints(run.latest).map(({ key }) => key)
  async function* points(): AsyncGenerator<readonly Metric[]> {
    for (const key of keys) {
      const sorted = sortPoints(await source.points(run, key))
      written.add(sorted)
      yield sorted
    }
  }
  for await (const batch of batchesOf(expected, points())) {
    await target.change('POST runs/log-batch', { run_id, ...batch })
  }
  await writeLinks(work, expected, there)
  const { status, end_time, run_name } = run
  const ended = end_time === undefined ? {} : { end_time: String(end_time) }
  await target.change('POST runs/update', { run_id, status, run_name, ...ended })
  const files = { ...there, of: { kind: 'run', run: expected } as const }
  const hasFiles = await exportFiles(work, { kind: 'run', run }, files)
  tally.of('points').source += written.points
  const measure = `${written.points} ${written.end()}`
  if ((await measureThere(work, expected, keys)) !== measure) {
    tally.differs(`run ${run.run_id}, metrics`, 'other points are there than were written')
    return undefined
  }
  tally.of('points').added += written.points
  return hasFiles ? measure : undefined
}

/** Datasets, inputs and outputs that are not there yet, and tags that are there too many. */
async function writeLinks(work: Export, expected: SourceRun, there: ThereRun): Promise<void> {
  const { target } = work
  const run_id = there.id
  const found = there.isNew ? undefined : await target.getRun(run_id)
  const wanted = new Set((expected.tags ?? []).map(({ key }) => key))
  for (const { key } of withoutOrigin(found?.tags)) {
    if (wanted.has(key)) continue
    await target.change('POST runs/delete-tag', { run_id, key })
  }
  const datasets = (expected.dataset_inputs ?? []).filter(
    ({ dataset: { name, digest } }) =>
      !found?.dataset_inputs?.some(
        ({ dataset }) => dataset.name === name && dataset.digest === digest,
      ),
  )
  const models = (expected.model_inputs ?? [])
    .filter((id) => !found?.model_inputs?.includes(id))
    .map((model_id) => ({ model_id }))
  if (datasets.length + models.length > 0) {
    await takeTurn(target, () =>
      target.change('POST runs/log-inputs', { run_id, datasets, models }),
    )
  }
  const outputs = (expected.model_outputs ?? []).filter(
    ({ model_id }) => !found?.model_outputs?.some((one) => one.model_id === model_id),
  )
  if (outputs.length > 0) await target.change('POST runs/outputs', { run_id, models: outputs })
}

const turns = new WeakMap<object, Promise<unknown>>()

/** One after another for each target: MLflow fails where two runs log the same dataset at once. */
function takeTurn<T>(target: object, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(target) ?? Promise.resolve()).then(work, work)
  turns.set(target, turn)
  return turn
}

/** The histories there, read back. */
async function measureThere(
  { there }: Export,
  run: SourceRun,
  keys: readonly string[],
): Promise<string> {
  const digest = new HistoryDigest()
  for (const key of keys) digest.add(sortPoints(await there.points(run, key)))
  return `${digest.points} ${digest.end()}`
}
