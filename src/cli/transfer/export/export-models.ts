import { compareText } from '../../../transfer/point-line.ts'
import type { SourceModel, SourceVersion } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { changeTags } from './change-tags.ts'
import { exportVersion, type ThereModel, type VersionToExport } from './export-versions.ts'
import {
  type Export,
  originOf,
  originTags,
  readOrigin,
  translateTags,
  tryItem,
} from './exported.ts'

/** Write registered models and prompts, then their versions in their numbers, from the oldest to the newest. */
export async function exportModels(work: Export): Promise<void> {
  const known = new Map<string, SourceModel>()
  for await (const model of work.there.models()) known.set(model.name, model)
  const versions: (VersionToExport & { readonly atMs: number })[] = []
  const counts = work.tally.of('registered models')
  for await (const model of work.source.models()) {
    counts.source++
    const isThere = await tryItem(work, `registered model '${model.name}'`, async () => {
      const there = await exportModel(work, model, known.get(model.name))
      versions.push(...(await versionsOf(work, model, there)))
    })
    if (!isThere) counts.refused++
  }
  versions.sort((a, b) => a.atMs - b.atMs || a.version.version - b.version.version)
  for (const { version, aliases, model } of versions) {
    await exportVersion(work, { version, aliases, model })
  }
}

async function exportModel(
  work: Export,
  model: SourceModel,
  found: SourceModel | undefined,
): Promise<ThereModel> {
  const { target, tally } = work
  const { name, description = '' } = model
  const wanted = translateTags(work.exported, model.tags)
  const counts = tally.of('registered models')
  if (!found) {
    const tags = [...wanted, ...originTags(name, model.creation_time)]
    await target.createModel({ name, description, tags })
    counts.added++
    return { versions: new Map(), aliases: new Map() }
  }
  if (readOrigin(found.tags) !== originOf(name, model.creation_time)) {
    throw new SourceError('a model or prompt of that name is there that is not of this server')
  }
  const isRetagged = await changeTags({
    wanted,
    found: found.tags,
    set: (tag) => target.change('POST registered-models/set-tag', { name, ...tag }),
    remove: (key) => target.change('DELETE registered-models/delete-tag', { name, key }),
  })
  const isRewritten = (found.description ?? '') !== description
  if (isRewritten) await target.change('PATCH registered-models/update', { name, description })
  counts[isRetagged || isRewritten ? 'updated' : 'unchanged']++
  return thereModel(work, model, found)
}

/** Without aliases that are not here. */
async function thereModel(
  { there, target }: Export,
  { name, aliasVersions }: SourceModel,
  found: SourceModel,
): Promise<ThereModel> {
  const aliases = new Map(found.aliasVersions.map(({ alias, version }) => [alias, version]))
  const wanted = new Set(aliasVersions.map(({ alias }) => alias))
  for (const alias of aliases.keys()) {
    if (!wanted.has(alias)) {
      await target.change('DELETE registered-models/alias', { name, alias })
    }
  }
  const versions = new Map<number, SourceVersion>()
  for await (const version of there.versions(found)) versions.set(version.version, version)
  return { versions, aliases }
}

/** The versions of a model with the time at which each is to be made: never before one of a lower number. */
async function versionsOf({ source, tally }: Export, model: SourceModel, there: ThereModel) {
  const versions: SourceVersion[] = []
  for await (const version of source.versions(model)) versions.push(version)
  versions.sort((a, b) => a.version - b.version)
  let atMs = 0
  return versions.map((version) => {
    atMs = Math.max(atMs, version.creation_time)
    const aliases = model.aliasVersions
      .filter((one) => one.version === version.version)
      .map(({ alias }) => alias)
      .sort(compareText)
    tally.of('versions').source++
    tally.of('aliases').source += aliases.length
    return { version, aliases, model: there, atMs }
  })
}
