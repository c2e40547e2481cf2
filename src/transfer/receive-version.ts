import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../audit/entry.ts'
import { conflict, excerpt, invalid } from '../core/error.ts'
import { checkLength } from '../core/names.ts'
import { ConstraintError } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import { checkDescription } from '../registry/check-names.ts'
import { modelId } from '../registry/ids.ts'
import {
  checkVersionName,
  explainNoModel,
  sealFirst,
  writeVersion,
} from '../registry/source/create-version.ts'
import { type NewVersion, parseSource } from '../registry/source/parse-source.ts'
import { resolveSource } from '../registry/source/resolve-source.ts'
import { uniqueTags } from '../registry/tags.ts'
import { type ModelVersion, readVersions, type Tag } from '../registry/versions/read-versions.ts'

/** A version of another server whose files, params and metrics are in a run here. */
export type Received = {
  readonly name: string
  readonly runId: string
  /** The folder of the files, below the run's artifacts. */
  readonly path: string
  /** `sha256:` and hex, over the files, as the other server has it. */
  readonly digest: string
  readonly description: string
  readonly tags: readonly Tag[]
  readonly from: ReceivedFrom
}

/** What it is there, as the caller says it. */
export type ReceivedFrom = {
  readonly server: string
  readonly model: string
  readonly version: string
  /** The number of the entry of the audit log there. */
  readonly entry?: number | undefined
  /** Or the release bundle that it came in: `sha256:` and hex, of its release statement. */
  readonly bundle?: string | undefined
}

/** The tag that says where a version comes from. */
const transferTag = 'gatehouse.transferred_from'
const attemptsMax = 3

/** The version as it would be registered by hand: who may register that may receive it. */
export function newVersionOf(received: Received): NewVersion {
  const { name, runId, path, description, tags, from } = received
  const origin = { key: transferTag, value: originOf(from) }
  return {
    ...{ name, runId, description, runLink: '', modelId: '' },
    source: `runs:/${runId}/${path}`,
    tags: [...tags.filter(({ key }) => key !== transferTag), origin],
  }
}

function originOf({ server, model, version }: ReceivedFrom): string {
  return `${server} models:/${model}/${version}`
}

/**
 * Register a version that came from another server, in the first stage and with no approval. What came with
 * the same files from the same version before is that again.
 *
 * @throws INVALID_PARAMETER_VALUE its files are not those of the digest, or not here
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function registerReceived(ctx: Context, received: Received): Promise<Made> {
  const wanted = newVersionOf(received)
  await checkVersionName(ctx, wanted.name)
  checkDescription(wanted.description)
  checkLength(received.from.server, 500, 'from.server')
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const made = await writeReceived(ctx, received, wanted)
    if (made) return made
  }
  throw conflict('The files changed while the version was being sealed; try again')
}

type Made = { readonly version: ModelVersion; readonly isNew: boolean }

/** @returns undefined: files went while it was sealed */
async function writeReceived(
  ctx: Context,
  received: Received,
  wanted: NewVersion,
): Promise<Made | undefined> {
  const tags = uniqueTags(wanted.tags)
  const resolved = await resolveSource(ctx, parseSource(wanted.source, false, ctx), wanted)
  const sealed = await sealFirst(ctx, resolved.folders)
  const found = sealed?.sealing.digest
  if (found !== received.digest) throw otherFiles(received, found)
  const known = knownVersionSql(ctx, received)
  const model = sql`select id from (${modelId(ctx, wanted.name)}) where not exists (${known})
    and id not in (select registered_model from collections)`
  const told = sql`json(${JSON.stringify({ transferred_from: received.from })})`
  try {
    const made = { model, tags, resolved, sealed, beside: [], told }
    return { version: await writeVersion(ctx, wanted, made), isNew: true }
  } catch (err) {
    if (!(err instanceof ConstraintError)) throw err
    const ids = (await ctx.db.all(known)).map(({ id }) => id)
    const [version] = await readVersions(ctx.db, ids)
    if (version) return { version, isNew: false }
    if (err.subject.includes('model_versions.registered_model')) {
      throw await explainNoModel(ctx, wanted.name)
    }
    if (err.kind !== 'foreign key' && err.kind !== 'not null') throw err
    return undefined
  }
}

/** A select of the version that came from there with the same files before. */
export function knownVersionSql(
  ctx: Context,
  received: Pick<Received, 'name' | 'digest' | 'from'>,
): SQL<{ id: number }> {
  return sql<{ id: number }>`select v.id from model_versions v
    join model_version_tags t on t.model_version = v.id and t.key = ${transferTag}
    join manifests s on s.id = v.manifest
    where v.registered_model = (${modelId(ctx, received.name)}) and t.value = ${originOf(received.from)}
      and s.digest = ${received.digest} order by v.version limit 1`
}

function otherFiles({ runId, path, digest }: Received, found: string | undefined): Error {
  const place = `'${excerpt(path)}' of run '${excerpt(runId)}'`
  return invalid(
    found === undefined
      ? `There are no files at ${place}; upload them first`
      : `The files at ${place} have the digest ${found}, and not ${excerpt(digest)}; send those that differ, and no others`,
  )
}

/** The number of the entry of the audit log that says how a version came to be. */
export async function getCreationEntry(
  ctx: Context,
  { registeredModelId, version }: ModelVersion,
): Promise<number> {
  const row = await ctx.db.first(sql<{ seq: number }>`select e.seq from ${modelEntriesSql('e')}
    where e.registered_model = ${registeredModelId} and e.version = ${version}
      and e.action = 'model_version.created' order by e.seq desc limit 1`)
  if (!row) throw new Error('a version was created and the audit log has no entry')
  return row.seq
}
