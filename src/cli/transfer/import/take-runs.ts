import * as endpoints from '../../../api/endpoints/imports.ts'
import { sortPoints } from '../../../transfer/point-line.ts'
import { digestRunNow, HistoryDigest } from '../digests.ts'
import { runPool, slicesOf } from '../pool.ts'
import type { RunItem, SourceRun } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { sendItems } from './send-items.ts'
import { takeFiles } from './take-files.ts'
import { incomplete, ownAddress, readList, readMarks, type TakeOver } from './take-over.ts'

const runsPerSlice = 50
const pointsPerCall = 5000

/** Take the runs of an experiment over, but for those that did not change since. */
export async function takeRuns(work: TakeOver, experimentId: string): Promise<void> {
  const what = `runs of experiment ${experimentId}`
  const runs = readList(work, what, () => work.source.runs(experimentId))
  for await (const slice of slicesOf(runs, runsPerSlice)) {
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

/** Read a run whole and copy its files. */
async function readRun(work: TakeOver, run: SourceRun): Promise<RunItem | undefined> {
  const { latest: _latest, ...item } = run
  const own = work.taken.experiments.get(run.experiment_id)
  if (!own) return undefined
  const address = ownAddress(own, run.artifact_uri)
  const base = { ...item, artifact_uri: address }
  const history = await readHistory(work, run, base)
  const folder = address ?? `${own.location}/${run.run_id}/artifacts`
  const hasFiles = await takeFiles(work, { kind: 'run', run }, folder)
  const mark = `${digestRunNow(run)} ${history.measure}`
  const isWhole = history.isWhole && hasFiles
  return { ...base, points: history.rest, mark: isWhole ? mark : `${incomplete}${mark}` }
}

type History = {
  /** The points that were not sent yet. */
  readonly rest: NonNullable<RunItem['points']>
  /** How many points there are, and their digest. */
  readonly measure: string
  readonly isWhole: boolean
}

/** The points of a run. Of a long history the first parts are sent at once. @param base what they go with */
async function readHistory(work: TakeOver, run: SourceRun, base: RunItem): Promise<History> {
  const digest = new HistoryDigest()
  let points: NonNullable<RunItem['points']> = []
  let isWhole = true
  try {
    for (const { key } of sortPoints(run.latest)) {
      const sorted = sortPoints(await work.source.points(run, key))
      digest.add(sorted)
      for (const { value, timestampMs, step } of sorted) {
        points.push([key, Number.isNaN(value) ? 'NaN' : value, exact(timestampMs), exact(step)])
        if (points.length < pointsPerCall) continue
        // Datasets may be long; they go with the last part.
        await sendRuns(work, [{ ...base, dataset_inputs: [], points }])
        points = []
      }
    }
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    isWhole = false
    work.tally.differs(`run ${run.run_id}, metrics`, err.message)
  }
  return { rest: points, measure: `${digest.points} ${digest.end()}`, isWhole }
}

async function sendRuns(work: TakeOver, items: RunItem[]): Promise<void> {
  const { client, source, tally, taken } = work
  const send = (some: RunItem[]) =>
    client.call(endpoints.importRuns, { body: { source: source.name, items: some } })
  const byId = new Map(items.map((item) => [item.run_id, item]))
  for (const { id, state, problem } of await sendItems(items, send, ({ run_id }) => run_id)) {
    const mark = byId.get(id)?.mark?.replace(incomplete, '')
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

function exact(value: number | bigint): number | string {
  return typeof value === 'number' ? value : value.toString()
}
