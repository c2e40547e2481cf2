import * as endpoints from '../../../api/endpoints/imports.ts'
import { digestLoggedModel } from '../digests.ts'
import { runPool, slicesOf } from '../pool.ts'
import type { SourceLoggedModel } from '../sources/source.ts'
import { sendItems } from './send-items.ts'
import { takeFiles } from './take-files.ts'
import {
  incomplete,
  type OwnExperiment,
  ownAddress,
  readList,
  readMarks,
  type TakeOver,
} from './take-over.ts'

const modelsPerSlice = 50

/** Take the logged models of an experiment over, but for those that did not change since. */
export async function takeLoggedModels(work: TakeOver, experimentId: string): Promise<void> {
  const own = work.taken.experiments.get(experimentId)
  if (!own) return
  const counts = work.tally.of('logged models')
  const what = `logged models of experiment ${experimentId}`
  const models = readList(work, what, () => work.source.loggedModels(experimentId))
  for await (const slice of slicesOf(models, modelsPerSlice)) {
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
    const folder = address ?? `${own.location}/models/${model.model_id}/artifacts`
    const isWhole = await takeFiles(work, { kind: 'logged model', model }, folder)
    const mark = `${isWhole ? '' : incomplete}${digestLoggedModel(model)}`
    return { ...model, artifact_uri: address, mark }
  })
  const send = (some: typeof items) =>
    client.call(endpoints.importLoggedModels, { body: { source: source.name, items: some } })
  const marks = new Map(items.map(({ model_id, mark }) => [model_id, mark.replace(incomplete, '')]))
  for (const { id, state, problem } of await sendItems(items, send, ({ model_id }) => model_id)) {
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
