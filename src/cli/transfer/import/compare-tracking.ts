import * as endpoints from '../../../api/endpoints/imports.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import { byKey, digestLoggedModel, digestOf, digestRunNow } from '../digests.ts'
import type { ExperimentItem, ImportSource } from '../sources/source.ts'
import type { Tally } from '../tally.ts'
import type { Taken } from './take-over.ts'

type Compared = {
  readonly client: GatehouseClient
  /** This server, read as MLflow's clients read it. */
  readonly here: ImportSource
  readonly taken: Taken
  readonly tally: Tally
}

const runsPerCall = 200

/** Compare what was taken over with what this server answers now. */
export async function compareTracking(compared: Compared): Promise<void> {
  await compareExperiments(compared)
  const { taken, tally } = compared
  const runs = new Map(taken.runs)
  const models = new Map(taken.loggedModels)
  for (const id of new Set([...taken.experiments.values()].map(({ ownId }) => ownId))) {
    await compareRuns(compared, id, runs)
    await compareLoggedModels(compared, id, models)
  }
  for (const id of runs.keys()) tally.differs(`run ${id}`, 'it is not here')
  for (const id of models.keys()) tally.differs(`logged model ${id}`, 'it is not here')
  await compareHistories(compared)
}

async function compareExperiments({ here, taken, tally }: Compared): Promise<void> {
  const own = new Map<string, ExperimentItem>()
  for await (const item of here.experiments()) own.set(item.experiment_id, item)
  for (const [id, { item, ownId, isMerged }] of taken.experiments) {
    const found = own.get(ownId)
    if (!found) tally.differs(`experiment ${id}`, 'it is not here')
    else if (isMerged) continue
    else if (digestExperiment(found) !== digestExperiment({ ...item, name: found.name })) {
      tally.differs(`experiment ${id}`, 'its tags, times or state are others here')
    }
    if (found && found.name !== item.name) {
      tally.renamed.push({ what: `experiment '${item.name}'`, as: `'${found.name}'` })
    }
  }
}

/** @param wanted the marks of runs that were not found yet */
async function compareRuns(
  { here, tally }: Compared,
  experimentId: string,
  wanted: Map<string, string>,
): Promise<void> {
  for await (const run of here.runs(experimentId)) {
    const mark = wanted.get(run.run_id)
    wanted.delete(run.run_id)
    if (mark === undefined || mark.startsWith(`${digestRunNow(run)} `)) continue
    const problem = 'its params, tags, inputs, last metrics or times are others here'
    tally.differs(`run ${run.run_id}`, problem)
  }
}

async function compareLoggedModels(
  { here, tally }: Compared,
  experimentId: string,
  wanted: Map<string, string>,
): Promise<void> {
  for await (const model of here.loggedModels(experimentId)) {
    const mark = wanted.get(model.model_id)
    wanted.delete(model.model_id)
    if (mark === undefined || mark === digestLoggedModel(model)) continue
    const problem = 'its params, tags, metrics or times are others here'
    tally.differs(`logged model ${model.model_id}`, problem)
  }
}

async function compareHistories({ client, taken, tally }: Omit<Compared, 'here'>): Promise<void> {
  const ids = [...taken.runs.keys()]
  for (let from = 0; from < ids.length; from += runsPerCall) {
    const body = { run_ids: ids.slice(from, from + runsPerCall) }
    const { items } = await client.call(endpoints.measureRuns, { body })
    for (const { run_id, points, digest } of items) {
      const [, count, wanted] = (taken.runs.get(run_id) ?? '').split(' ')
      if (digest === wanted) continue
      tally.differs(`run ${run_id}, metrics`, `${points} points are here, of ${count}, or others`)
    }
  }
}

function digestExperiment(item: ExperimentItem): string {
  const { experiment_id: _id, artifact_location: _place, ...rest } = item
  return digestOf({ ...rest, tags: byKey(item.tags) })
}
