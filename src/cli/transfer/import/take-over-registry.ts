import * as endpoints from '../../../api/endpoints/imports.ts'
import { compareText } from '../../../transfer/point-line.ts'
import { digestModel, digestVersion } from '../digests.ts'
import { translateLinkTag } from '../prompt-experiments.ts'
import type { SourceModel, SourceVersion } from '../sources/source.ts'
import { sendItems } from './send-items.ts'
import { ownAddress, readList, readMarks, type TakeOver } from './take-over.ts'

/** Take registered models and prompts over, then their versions, from the oldest to the newest. */
export async function takeOverRegistry(work: TakeOver): Promise<void> {
  const versions: { readonly version: SourceVersion; readonly aliases: string[] }[] = []
  const { source } = work
  for await (const model of readList(work, 'registered models', () => source.models())) {
    const isHere = await takeModel(work, model)
    const what = `versions of '${model.name}'`
    for await (const version of readList(work, what, () => source.versions(model))) {
      work.tally.of('versions').source++
      const aliases = model.aliasVersions
        .filter((one) => one.version === version.version)
        .map(({ alias }) => alias)
        .sort(compareText)
      work.tally.of('aliases').source += aliases.length
      if (isHere) versions.push({ version, aliases })
    }
  }
  // A copy is younger than what it is a copy of.
  versions.sort(
    ({ version: a }, { version: b }) => a.creation_time - b.creation_time || a.version - b.version,
  )
  for (const { version, aliases } of versions) await takeVersion(work, version, aliases)
}

async function takeModel(work: TakeOver, given: SourceModel): Promise<boolean> {
  const { client, source, tally, taken } = work
  const model = withOwnLinks(work, given)
  const { aliasVersions: _aliases, ...rest } = model
  const mark = digestModel(model)
  const counts = tally.of('registered models')
  counts.source++
  const known = await readMarks(work, 'registered_model', [model.name])
  if (known.get(model.name) === mark) {
    counts.unchanged++
    taken.models.set(model.name, model)
    return true
  }
  const body = { ...rest, source: source.name, mark }
  const [{ state, problem } = refused] = await sendItems(
    [body],
    async () => ({ items: [await client.call(endpoints.importModel, { body })] }),
    ({ name }) => name,
  )
  if (state === 'refused') {
    counts.refused++
    tally.differs(`registered model '${model.name}'`, problem ?? 'it was refused')
    return false
  }
  counts[state === 'added' ? 'added' : 'updated']++
  taken.models.set(model.name, model)
  return true
}

async function takeVersion(work: TakeOver, given: SourceVersion, aliases: string[]): Promise<void> {
  const { client, source, tally, taken } = work
  const version = withOwnLinks(work, given)
  const id = `${version.name}/${version.version}`
  const mark = digestVersion(version, aliases)
  const counts = tally.of('versions')
  const known = await readMarks(work, 'model_version', [id])
  if (known.get(id) === mark) {
    counts.unchanged++
    tally.of('aliases').unchanged += aliases.length
    taken.versions.set(id, mark)
    return
  }
  const version_source = ownSource(work, version)
  const body = { ...version, version_source, aliases, source: source.name, mark }
  const [{ state, problem } = refused] = await sendItems(
    [body],
    async () => ({ items: [await client.call(endpoints.importVersion, { body })] }),
    () => id,
  )
  if (problem !== undefined) tally.differs(`version ${id}`, problem)
  if (state === 'refused') {
    counts.refused++
    return
  }
  counts[state === 'added' ? 'added' : 'updated']++
  tally.of('aliases').added += aliases.length
  taken.versions.set(id, mark)
}

/** A model or version with the ids that experiments have here, where it is linked with some. */
function withOwnLinks<T extends Pick<SourceModel, 'tags'>>({ taken }: TakeOver, item: T): T {
  const ownIdOf = (id: string) => taken.experiments.get(id)?.ownId
  return { ...item, tags: item.tags?.map((tag) => translateLinkTag(tag, ownIdOf) ?? tag) }
}

const refused = { state: 'refused', problem: undefined } as const

/** The source of a version with the folder that the experiment has here. */
function ownSource({ taken }: TakeOver, { version_source: source }: SourceVersion): string {
  for (const own of taken.experiments.values()) {
    const root = own.item.artifact_location?.replace(/\/+$/, '')
    if (root && source.startsWith(`${root}/`)) return ownAddress(own, source) ?? source
  }
  return source
}
