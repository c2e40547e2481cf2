import { compareText } from '../../../transfer/point-line.ts'
import { digestModel, digestVersion } from '../digests.ts'
import type { ImportSource, SourceModel } from '../sources/source.ts'
import type { Tally } from '../tally.ts'
import type { Taken } from './take-over.ts'

type Compared = {
  /** This server, read as MLflow's clients read it. */
  readonly here: ImportSource
  readonly taken: Taken
  readonly tally: Tally
}

/** Compare models and versions that were taken over with what this server answers now. */
export async function compareRegistry({ here, taken, tally }: Compared): Promise<void> {
  const models = new Map<string, SourceModel>()
  for await (const model of here.models()) models.set(model.name, model)
  const left = new Map(taken.versions)
  for (const [name, model] of taken.models) {
    const found = models.get(name)
    if (!found) {
      tally.differs(`registered model '${name}'`, 'it is not here')
      continue
    }
    if (digestModel(found) !== digestModel(model)) {
      tally.differs(
        `registered model '${name}'`,
        'its tags, aliases, times or description are others here',
      )
    }
    for await (const version of here.versions(found)) {
      const id = `${name}/${version.version}`
      const mark = left.get(id)
      left.delete(id)
      const aliases = found.aliasVersions.filter((one) => one.version === version.version)
      const sorted = aliases.map(({ alias }) => alias).sort(compareText)
      if (mark === undefined || mark === digestVersion(version, sorted)) continue
      tally.differs(`version ${id}`, 'its stage, aliases, tags, times or texts are others here')
    }
  }
  for (const id of left.keys()) tally.differs(`version ${id}`, 'it is not here')
}
