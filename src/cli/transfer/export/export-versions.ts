import type { SourceVersion } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { changeTags } from './change-tags.ts'
import {
  type Export,
  originOf,
  originTags,
  readOrigin,
  translateSource,
  translateTags,
  tryItem,
} from './exported.ts'

/** A version to export, and what its model has at the other server. */
export type VersionToExport = {
  readonly version: SourceVersion
  readonly aliases: readonly string[]
  readonly model: ThereModel
}

/** A registered model or prompt at the other server. */
export type ThereModel = {
  readonly versions: Map<number, SourceVersion>
  /** Where each alias points. */
  readonly aliases: Map<string, number>
}

/** Versions that are made and deleted, so that the next one gets its number. */
const gapMax = 10_000
const stagesOfMlflow = ['None', 'Staging', 'Production', 'Archived']

/** Write a version under its number, in its stage and with its aliases. */
export async function exportVersion(work: Export, given: VersionToExport): Promise<void> {
  const { version, aliases, model } = given
  const { name } = version
  const counts = work.tally.of('versions')
  const what = `version ${name}/${version.version}`
  const isWritten = await tryItem(work, what, async () => {
    const found = await findVersion(work, given)
    const made = found ?? (await createVersion(work, given))
    const isChanged = await updateVersion(work, version, made)
    counts[found === undefined ? 'added' : isChanged ? 'updated' : 'unchanged']++
  })
  if (!isWritten) {
    counts.refused++
    return
  }
  for (const alias of aliases) {
    const isThere = model.aliases.get(alias) === version.version
    work.tally.of('aliases')[isThere ? 'unchanged' : 'added']++
    if (isThere) continue
    await tryItem(work, `alias '${alias}' of '${name}'`, () =>
      work.target.change('POST registered-models/alias', {
        name,
        alias,
        version: String(version.version),
      }),
    )
  }
}

/** What an earlier export made of it. One that should have filled a gap is deleted. */
async function findVersion(
  work: Export,
  { version, model }: VersionToExport,
): Promise<SourceVersion | undefined> {
  for (const found of model.versions.values()) {
    if (readOrigin(found.tags) !== versionOrigin(version)) continue
    if (found.version === version.version) return found
    await deleteVersion(work, found)
    model.versions.delete(found.version)
  }
  return undefined
}

function versionOrigin({ name, version, creation_time }: SourceVersion): string {
  return originOf(`${name}/${version}`, creation_time)
}

function deleteVersion({ target }: Export, { name, version }: SourceVersion): Promise<void> {
  return target.change('DELETE model-versions/delete', { name, version: String(version) })
}

/**
 * Make a version. MLflow gives out the numbers, so what comes under a lower one is deleted until it is the
 * number of here.
 *
 * @throws SourceError its number was given out there
 */
async function createVersion(
  work: Export,
  { version, model }: VersionToExport,
): Promise<SourceVersion> {
  const { name, description } = version
  const source = translateSource(work.exported, version.version_source)
  if (source === undefined) {
    throw new SourceError(
      `its files are those of no run or logged model that was exported: '${version.version_source}'`,
    )
  }
  const tags = [
    ...translateTags(work.exported, version.tags),
    ...originTags(`${name}/${version.version}`, version.creation_time),
  ]
  const isCopy = /^models:\/+(?!m-)/.test(source)
  const model_id = /^models:\/+(m-[0-9a-f]{32})$/.exec(source)?.[1]
  const run_id = runThere(work, version.run_id)
  const body = {
    ...{ name, source, description, tags, run_link: version.run_link || undefined },
    // A copy has those of the version that it is a copy of.
    ...(isCopy ? {} : { run_id, model_id }),
  }
  for (let made = 0; made <= gapMax; made++) {
    const number = await work.target.createVersion(body)
    const there = { ...version, version: number, version_source: source, tags, stage: 'None' }
    if (number === version.version) {
      model.versions.set(number, there)
      return { ...there, run_id, status: 'READY' }
    }
    await deleteVersion(work, there)
    if (number > version.version) {
      throw new SourceError(`version ${version.version} was given out there before`)
    }
  }
  throw new SourceError(`more than ${gapMax} numbers before it are free`)
}

function runThere({ exported }: Export, runId: string | undefined): string | undefined {
  return runId ? (exported.runs.get(runId)?.id ?? runId) : undefined
}

/** A version as the other server should answer it. MLflow sets its times. */
export function expectVersion(work: Export, version: SourceVersion): SourceVersion {
  return {
    ...version,
    creation_time: 0,
    last_update_time: 0,
    run_id: runThere(work, version.run_id) ?? '',
    tags: translateTags(work.exported, version.tags),
  }
}

/** @returns whether something changed */
async function updateVersion(
  work: Export,
  version: SourceVersion,
  found: SourceVersion,
): Promise<boolean> {
  const { target } = work
  const at = { name: version.name, version: String(version.version) }
  const isRetagged = await changeTags({
    wanted: translateTags(work.exported, version.tags),
    found: found.tags,
    set: (tag) => target.change('POST model-versions/set-tag', { ...at, ...tag }),
    remove: (key) => target.change('DELETE model-versions/delete-tag', { ...at, key }),
  })
  const description = version.description ?? ''
  const isRewritten = (found.description ?? '') !== description
  if (isRewritten) await target.change('PATCH model-versions/update', { ...at, description })
  const { stage } = version
  if (found.stage === stage) return isRetagged || isRewritten
  if (!stagesOfMlflow.includes(stage)) {
    throw new SourceError(`its stage '${stage}' is none of MLflow's: ${stagesOfMlflow.join(', ')}`)
  }
  const move = { ...at, stage, archive_existing_versions: false }
  await target.change('POST model-versions/transition-stage', move)
  return true
}
