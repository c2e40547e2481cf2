import * as endpoints from '../../api/endpoints/imports.ts'
import { storePathOf } from '../../artifacts/path.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { sortPoints } from '../../transfer/point-line.ts'
import type { ProgressBar } from '../progress.ts'
import { runPool } from './pool.ts'
import { digestLoggedModel, digestRunNow, HistoryDigest } from './run-digest.ts'
import type {
  ExperimentItem,
  ImportSource,
  RunItem,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
} from './sources/source.ts'
import { SourceError } from './sources/source-error.ts'
import { takeFiles } from './take-files.ts'
import type { Tally } from './tally.ts'

/** One import under way. */
export type TakeOver = {
  readonly client: GatehouseClient
  readonly source: ImportSource
  readonly tally: Tally
  /** How many runs are read at a time. */
  readonly jobs: number
  readonly bar: ProgressBar
  /** What the comparison at the end needs. */
  readonly taken: Taken
}

/** What was taken over, by the ids of the source. */
export class Taken {
  /** Experiments: what they became. */
  readonly experiments = new Map<string, OwnExperiment>()
  /** Digest and history of each run. */
  readonly runs = new Map<string, string>()
  readonly loggedModels = new Map<string, string>()
  readonly models = new Map<string, SourceModel>()
  /** By `name/number`. */
  readonly versions = new Map<string, string>()
}

export type OwnExperiment = {
  readonly item: ExperimentItem
  readonly ownId: string
  readonly isMerged: boolean
  /** Where its artifacts lie here. */
  readonly location: string
}

const experimentsPerCall = 100
const runsPerSlice = 50
const pointsPerCall = 5000

/** Take the experiments over, and with each its runs and logged models. */
export async function takeOverTracking(work: TakeOver): Promise<void> {
  const items = await collect(work.source.experiments())
  const { tally } = work
  tally.of('experiments').source = items.length
  for (let from = 0; from < items.length; from += experimentsPerCall) {
    await takeExperiments(work, items.slice(from, from + experimentsPerCall))
  }
  for (const { item } of work.taken.experiments.values()) {
    await takeLoggedModels(work, item.experiment_id)
    await takeRuns(work, item.experiment_id)
  }
}

async function takeExperiments(work: TakeOver, items: ExperimentItem[]): Promise<void> {
  const { client, source, tally, taken } = work
  const body = { source: source.name, items }
  const answer = await client.call(endpoints.importExperiments, { body })
  const counts = tally.of('experiments')
  for (const { id, state, own_id: ownId = id, artifact_location, problem } of answer.items) {
    const item = items.find(({ experiment_id }) => experiment_id === id)
    if (state === 'refused' || !item) {
      counts.refused++
      tally.differs(`experiment ${id}`, problem ?? 'it was refused')
      continue
    }
    counts[state === 'added' ? 'added' : 'unchanged']++
    if (ownId !== id) tally.renamed.push({ what: `experiment ${id}`, as: ownId })
    const location = artifact_location ?? ''
    taken.experiments.set(id, { item, ownId, location, isMerged: state === 'merged' })
  }
}

async function takeRuns(work: TakeOver, experimentId: string): Promise<void> {
  for await (const slice of slicesOf(work.source.runs(experimentId), runsPerSlice)) {
    const counts = work.tally.of('runs')
    counts.source += slice.length
    const known = await readMarks(
      work,
      'run',
      slice.map(({ run_id }) => run_id),
    )
    const changed = slice.filter((run) => {
      const mark = known.get(run.run_id)
      if (mark?.startsWith(`${digestRunNow(run)} `) !== true) return true
      work.taken.runs.set(run.run_id, mark)
      work.tally.of('points').source += Number(mark.split(' ')[1])
      work.tally.of('points').unchanged += Number(mark.split(' ')[1])
      return false
    })
    counts.unchanged += slice.length - changed.length
    work.bar.advance(slice.length - changed.length)
    await takeChangedRuns(work, changed)
  }
}

async function takeChangedRuns(work: TakeOver, runs: readonly SourceRun[]): Promise<void> {
  const read = await runPool(runs, work.jobs, async (run) => {
    const item = await readRun(work, run)
    work.bar.advance()
    return item
  })
  let batch: RunItem[] = []
  for (const item of read) {
    if (item === undefined) continue
    const points = [...batch, item].reduce((sum, one) => sum + (one.points?.length ?? 0), 0)
    if (batch.length > 0 && points > pointsPerCall) {
      await sendRuns(work, batch)
      batch = []
    }
    batch.push(item)
  }
  if (batch.length > 0) await sendRuns(work, batch)
}

/** Read a run whole and copy its files. Of a long history the first parts are sent at once. */
async function readRun(work: TakeOver, run: SourceRun): Promise<RunItem | undefined> {
  const { latest, ...item } = run
  const own = work.taken.experiments.get(run.experiment_id)
  if (!own) return undefined
  const address = ownAddress(own, run.artifact_uri)
  const base = { ...item, artifact_uri: address }
  const history = new HistoryDigest()
  let points: NonNullable<RunItem['points']> = []
  try {
    for (const { key } of sortPoints(latest)) {
      const sorted = sortPoints(await work.source.points(run, key))
      history.add(sorted)
      for (const { value, timestampMs, step } of sorted) {
        points.push([key, Number.isNaN(value) ? 'NaN' : value, exact(timestampMs), exact(step)])
        if (points.length < pointsPerCall) continue
        await sendRuns(work, [{ ...base, points }])
        points = []
      }
    }
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    work.tally.differs(`run ${run.run_id}, metrics`, err.message)
  }
  const folder = storePathOf(address ?? `${own.location}/${run.run_id}/artifacts`)
  if (folder !== undefined) await takeFiles(work, { kind: 'run', run }, folder)
  const mark = `${digestRunNow(run)} ${history.points} ${history.end()}`
  return { ...base, points, mark }
}

async function sendRuns(work: TakeOver, items: RunItem[]): Promise<void> {
  const { client, source, tally, taken } = work
  const answer = await client.call(endpoints.importRuns, { body: { source: source.name, items } })
  const byId = new Map(items.map((item) => [item.run_id, item]))
  for (const { id, state, problem } of answer.items) {
    const mark = byId.get(id)?.mark
    if (state === 'refused') {
      if (mark !== undefined) tally.of('runs').refused++
      tally.differs(`run ${id}`, problem ?? 'it was refused')
    } else if (mark !== undefined) {
      const points = Number(mark.split(' ')[1])
      tally.of('runs')[state === 'added' ? 'added' : 'updated']++
      tally.of('points').source += points
      tally.of('points').added += points
      taken.runs.set(id, mark)
    }
  }
}

async function takeLoggedModels(work: TakeOver, experimentId: string): Promise<void> {
  const own = work.taken.experiments.get(experimentId)
  if (!own) return
  const counts = work.tally.of('logged models')
  try {
    for await (const slice of slicesOf(work.source.loggedModels(experimentId), runsPerSlice)) {
      counts.source += slice.length
      const known = await readMarks(
        work,
        'logged_model',
        slice.map(({ model_id }) => model_id),
      )
      const changed = slice.filter((model) => {
        const mark = digestLoggedModel(model)
        if (known.get(model.model_id) !== mark) return true
        if (model.lifecycle_stage !== 'deleted') work.taken.loggedModels.set(model.model_id, mark)
        return false
      })
      counts.unchanged += slice.length - changed.length
      await sendLoggedModels(work, own, changed)
    }
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    // Servers before MLflow 3 have none, and say so.
    if (!/: (404|501) /.test(err.message)) {
      work.tally.differs(`logged models of experiment ${experimentId}`, err.message)
    }
  }
}

async function sendLoggedModels(
  work: TakeOver,
  own: OwnExperiment,
  models: readonly SourceLoggedModel[],
): Promise<void> {
  if (models.length === 0) return
  const { client, source, tally, taken } = work
  const items = await runPool(models, work.jobs, async (model) => {
    const address = ownAddress(own, model.artifact_uri)
    const folder = storePathOf(address ?? `${own.location}/models/${model.model_id}/artifacts`)
    if (folder !== undefined) await takeFiles(work, { kind: 'logged model', model }, folder)
    return { ...model, artifact_uri: address, mark: digestLoggedModel(model) }
  })
  const body = { source: source.name, items }
  const answer = await client.call(endpoints.importLoggedModels, { body })
  const marks = new Map(items.map(({ model_id, mark }) => [model_id, mark]))
  for (const { id, state, problem } of answer.items) {
    if (state === 'refused') {
      tally.of('logged models').refused++
      tally.differs(`logged model ${id}`, problem ?? 'it was refused')
    } else {
      tally.of('logged models')[state === 'added' ? 'added' : 'updated']++
      const isDeleted = items.some(
        (one) => one.model_id === id && one.lifecycle_stage === 'deleted',
      )
      // MLflow's API does not show those, so they cannot be compared by it.
      if (!isDeleted) taken.loggedModels.set(id, marks.get(id) ?? '')
    }
  }
}

/**
 * An address of the source as it is here: below the folder that its experiment has here. Undefined:
 * the usual place.
 */
export function ownAddress(own: OwnExperiment, address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const root = own.item.artifact_location?.replace(/\/+$/, '')
  if (root === undefined || !address.startsWith(`${root}/`)) {
    return own.isMerged || own.ownId !== own.item.experiment_id ? undefined : address
  }
  return `${own.location.replace(/\/+$/, '')}${address.slice(root.length)}`
}

export async function readMarks(
  { client, source }: TakeOver,
  kind: 'run' | 'logged_model' | 'registered_model' | 'model_version',
  ids: string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const body = { source: source.name, kind, ids }
  const { items } = await client.call(endpoints.findImported, { body })
  return new Map(items.map(({ id, mark }) => [id, mark]))
}

function exact(value: number | bigint): number | string {
  return typeof value === 'number' ? value : value.toString()
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* slicesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let slice: T[] = []
  for await (const item of items) {
    slice.push(item)
    if (slice.length < size) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}
