import * as endpoints from '../../../api/endpoints/imports.ts'
import type { ExperimentItem } from '../sources/source.ts'
import { sendItems } from './send-items.ts'
import { takeLoggedModels } from './take-logged-models.ts'
import type { TakeOver } from './take-over.ts'
import { takeRuns } from './take-runs.ts'

const experimentsPerCall = 100

/** Take the experiments over, and with each its runs and logged models. */
export async function takeOverTracking(work: TakeOver, items: ExperimentItem[]): Promise<void> {
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
  const send = (some: ExperimentItem[]) =>
    client.call(endpoints.importExperiments, { body: { source: source.name, items: some } })
  const counts = tally.of('experiments')
  for (const outcome of await sendItems(items, send, ({ experiment_id }) => experiment_id)) {
    const { id, state, own_id: ownId = id, artifact_location, problem } = outcome
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
