import {
  byKey,
  digestLoggedModel,
  digestModel,
  digestOf,
  digestRunNow,
  digestVersion,
} from '../digests.ts'
import type { SourceModel } from '../sources/source.ts'
import { withoutTimes } from './export-logged-models.ts'
import { expectVersion } from './export-versions.ts'
import { type Export, translateTags, withoutOrigin } from './exported.ts'

/** Compare what was exported with what the other server answers now. */
export async function compareExported(work: Export): Promise<void> {
  await compareExperiments(work)
  const { there, tally, exported } = work
  const runs = new Map(exported.expectedRuns)
  const models = new Map(exported.expectedLoggedModels)
  for (const { id } of exported.experiments.values()) {
    for await (const run of there.runs(id)) {
      const expected = runs.get(run.run_id)
      runs.delete(run.run_id)
      const found = { ...run, tags: withoutOrigin(run.tags) }
      if (expected === undefined || expected === digestRunNow(found)) continue
      const problem = 'its params, tags, inputs, last metrics, user or times are others there'
      tally.differs(`run ${run.run_id} there`, problem)
    }
    for await (const model of there.loggedModels(id)) {
      const expected = models.get(model.model_id)
      models.delete(model.model_id)
      const found = { ...withoutTimes(model), tags: withoutOrigin(model.tags) }
      if (expected === undefined || expected === digestLoggedModel(found)) continue
      const problem = 'its params, tags, metrics or status are others there'
      tally.differs(`logged model ${model.model_id} there`, problem)
    }
  }
  for (const id of runs.keys()) tally.differs(`run ${id} there`, 'it is not there')
  for (const id of models.keys()) tally.differs(`logged model ${id} there`, 'it is not there')
  await compareModels(work)
}

async function compareExperiments({ there, tally, exported }: Export): Promise<void> {
  const found = new Map<string, string>()
  for await (const { experiment_id, name, lifecycle_stage, tags } of there.experiments()) {
    const digest = digestOf([name, lifecycle_stage, byKey(withoutOrigin(tags))])
    found.set(experiment_id, digest)
  }
  for (const [own, { item, id, isMerged }] of exported.experiments) {
    const tags = byKey(translateTags(exported, item.tags))
    const expected = digestOf([item.name, item.lifecycle_stage, tags])
    if (isMerged || found.get(id) === expected) continue
    tally.differs(`experiment ${own}`, 'its name, tags or state are others there')
  }
}

async function compareModels(work: Export): Promise<void> {
  const { source, there, tally, exported } = work
  const found = new Map<string, SourceModel>()
  for await (const model of there.models()) found.set(model.name, model)
  for await (const model of source.models()) {
    const what = `registered model '${model.name}'`
    const copy = found.get(model.name)
    if (!copy) {
      tally.differs(what, 'it is not there')
      continue
    }
    const expected = { ...model, tags: translateTags(exported, model.tags) }
    const answered = { ...copy, tags: withoutOrigin(copy.tags) }
    if (digestModel(timeless(expected)) !== digestModel(timeless(answered))) {
      tally.differs(what, 'its description, tags or aliases are others there')
    }
    await compareVersions(work, model, copy)
  }
}

async function compareVersions(work: Export, model: SourceModel, copy: SourceModel): Promise<void> {
  const versions = new Map<number, string>()
  for await (const version of work.there.versions(copy)) {
    const tags = withoutOrigin(version.tags)
    versions.set(version.version, digestVersion({ ...timeless(version), tags }, []))
  }
  for await (const version of work.source.versions(model)) {
    const wanted = digestVersion(expectVersion(work, version), [])
    if (versions.get(version.version) === wanted) continue
    const problem = versions.has(version.version)
      ? 'its stage, tags, run or texts are others there'
      : 'it is not there'
    work.tally.differs(`version ${model.name}/${version.version}`, problem)
  }
}

function timeless<T extends object>(item: T): T {
  return { ...item, creation_time: 0, last_update_time: 0 }
}
