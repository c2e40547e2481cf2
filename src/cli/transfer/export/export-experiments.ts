import type { ExperimentItem } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { changeTags } from './change-tags.ts'
import {
  type Export,
  originOf,
  originTags,
  readOrigin,
  type ThereExperiment,
  translateTags,
  tryItem,
} from './exported.ts'

/** Make the experiments there, or find them again. */
export async function exportExperiments(
  work: Export,
  items: readonly ExperimentItem[],
): Promise<void> {
  const { there, tally } = work
  const counts = tally.of('experiments')
  const byName = new Map<string, ExperimentItem>()
  const byOrigin = new Map<string, ExperimentItem>()
  for await (const item of there.experiments()) {
    byName.set(item.name, item)
    const origin = readOrigin(item.tags)
    if (origin !== undefined) byOrigin.set(origin, item)
  }
  for (const item of items) {
    counts.source++
    const found = findExperiment(item, byName, byOrigin)
    const what = `experiment ${item.experiment_id}, '${item.name}'`
    const isThere = await tryItem(work, what, async () => {
      if (found === 'taken') {
        throw new SourceError('an experiment of that name is there that is not of this server')
      }
      const made = found
        ? await updateExperiment(work, item, found)
        : await createExperiment(work, item)
      counts[found ? 'unchanged' : 'added']++
      work.exported.experiments.set(item.experiment_id, made)
      if (made.id === item.experiment_id) return
      tally.renamed.push({ what: `experiment ${item.experiment_id}`, as: made.id })
    })
    if (!isThere) counts.refused++
  }
}

/** What an experiment is there; undefined: it is not. `Default` is `Default`. */
function findExperiment(
  { experiment_id: id, name, creation_time }: ExperimentItem,
  byName: ReadonlyMap<string, ExperimentItem>,
  byOrigin: ReadonlyMap<string, ExperimentItem>,
): ExperimentItem | 'taken' | undefined {
  const named = byName.get(name)
  const known = byOrigin.get(originOf(id, creation_time))
  if (named === undefined || named === known) return known
  return id === '0' && named.experiment_id === '0' ? named : 'taken'
}

async function createExperiment(work: Export, item: ExperimentItem): Promise<ThereExperiment> {
  const { artifact_location: location } = item
  const id = await work.target.createExperiment({
    name: item.name,
    // In the artifact store every server has its own folders.
    artifact_location: location?.startsWith('mlflow-artifacts:') ? undefined : location,
    tags: [
      ...translateTags(work.exported, item.tags),
      ...originTags(item.experiment_id, item.creation_time),
    ],
  })
  return { item, id, isMerged: false, isDeleted: false }
}

async function updateExperiment(
  work: Export,
  item: ExperimentItem,
  known: ExperimentItem,
): Promise<ThereExperiment> {
  const id = known.experiment_id
  const made: ThereExperiment = {
    item,
    id,
    isMerged: id === '0' && item.experiment_id === '0',
    isDeleted: known.lifecycle_stage === 'deleted',
  }
  const wanted = translateTags(work.exported, item.tags)
  await changeTags({
    wanted,
    found: known.tags,
    set: async (tag) => {
      await openExperiment(work, made)
      await work.target.change('POST experiments/set-experiment-tag', { experiment_id: id, ...tag })
    },
    remove: async (key) => {
      if (made.isMerged) return
      await openExperiment(work, made)
      await work.target.change('POST experiments/delete-experiment-tag', { experiment_id: id, key })
    },
  })
  if (known.name !== item.name) {
    await openExperiment(work, made)
    await work.target.change('POST experiments/update', { experiment_id: id, new_name: item.name })
  }
  return made
}

/** MLflow changes nothing in an experiment that is deleted, so that one is restored while it is written. */
export async function openExperiment(work: Export, there: ThereExperiment): Promise<void> {
  if (there.isDeleted) there.opening ??= restoreExperiment(work, there)
  await there.opening
}

async function restoreExperiment(work: Export, there: ThereExperiment): Promise<void> {
  await work.target.change('POST experiments/restore', { experiment_id: there.id })
  there.isDeleted = false
  // MLflow restores its runs with it.
  for (const run of work.exported.runs.values()) {
    if (run.experiment === there) run.isDeleted = false
  }
}

/** Delete there what is deleted here, once all that is in it is there. */
export async function deleteExperiments(work: Export): Promise<void> {
  for (const there of work.exported.experiments.values()) {
    const isWanted = there.item.lifecycle_stage === 'active'
    if (isWanted) await openExperiment(work, there)
    else if (!there.isDeleted) {
      await work.target.change('POST experiments/delete', { experiment_id: there.id })
    }
  }
}
