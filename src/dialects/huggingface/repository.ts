import { requireModel, requireModelVersion } from '../../access/permissions/require.ts'
import { RegistryError } from '../../core/error.ts'
import { defaultWorkspace } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { admit } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { parseVersion } from '../../registry/check-names.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
import { findHubModel } from '../../registry/models/hub-name.ts'
import { resolveSelector } from '../../registry/source/resolve-selector.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { findVersionByDigest } from '../../registry/versions/sealed-versions.ts'
import { noRepository, noRevision } from './hub-errors.ts'

/** A model as clients of the Hub know it. */
export type Repository = {
  /** `default/fraud`, as the client named it. */
  readonly id: string
  readonly owner: string
  /** `registered_models.id` and name. */
  readonly model: { readonly id: number; readonly name: string }
}

/** A version of it whose files are sealed. */
export type Revision = {
  readonly version: ModelVersion
  readonly manifest: number
  /** The first 40 hex digits of its digest. */
  readonly commit: string
}

/**
 * Let the caller in, into the workspace that is the owner, and find the model there.
 *
 * @param asked.owner absent: the workspace that the request names, or the default one
 * @throws RepoNotFound there is none, or the caller lacks READ on it
 */
export async function enterRepository(
  c: AppContext,
  { owner, name }: { readonly owner?: string; readonly name: string },
): Promise<Repository> {
  const ctx = await enterOwner(c, owner, name)
  const id = `${ctx.workspace}/${name}`
  const model = await findHubModel(ctx, name)
  if (!model) throw noRepository(id)
  // What is told is of the model, its tags and aliases, and of its versions.
  await unless(requireModel(ctx, model.name, 'READ'), id)
  await unless(requireModelVersion(ctx, model.name, 'READ'), id)
  return { id, owner: ctx.workspace, model }
}

async function enterOwner(
  c: AppContext,
  owner: string | undefined,
  name: string,
): Promise<Context> {
  const { workspace: named = owner } = c.var
  const wanted = owner ?? named ?? defaultWorkspace
  const id = `${wanted}/${name}`
  const isKnown = c.var.ctx.settings.workspaces || wanted === defaultWorkspace
  c.set('workspace', isKnown && wanted !== defaultWorkspace ? wanted : undefined)
  try {
    const ctx = await admit(c)
    // Only now: who is not signed in is told so first.
    if (isKnown && wanted === (named ?? wanted)) return ctx
  } catch (err) {
    const isHidden = err instanceof RegistryError && hidesWorkspace(err)
    throw isHidden && wanted !== defaultWorkspace ? noRepository(id, err) : err
  }
  throw noRepository(id)
}

/** A name that no workspace can have, one that is not there, and one that is closed to the caller. */
function hidesWorkspace({ code }: RegistryError): boolean {
  return code === 'RESOURCE_DOES_NOT_EXIST' || code === 'INVALID_PARAMETER_VALUE'
}

/** Who may not read is told what those are told who ask for what is not there. */
async function unless(rule: Promise<void>, id: string): Promise<void> {
  try {
    await rule
  } catch (err) {
    const isHidden =
      err instanceof RegistryError &&
      (err.code === 'PERMISSION_DENIED' || err.code === 'RESOURCE_DOES_NOT_EXIST')
    throw isHidden ? noRepository(id, err) : err
  }
}

/**
 * The version that a revision means now: a commit, a number, an alias or a stage. `main`, which clients
 * ask for when nothing is said, is the version in Production and never silently the newest.
 *
 * @throws RevisionNotFound there is none, or it is not sealed
 */
export async function getRevision(
  ctx: Context,
  { id, model }: Repository,
  asked: string,
): Promise<Revision> {
  const revision = asked.replace(/^refs\/(?:heads|tags)\//, '')
  const version = await findVersion(ctx, model.name, revision)
  if (!version) throw noRevision(id, asked, whyAbsent(revision))
  const files = await getVersionFiles(ctx, model.name, version.version)
  if (files.manifestId === null || files.digest === null) {
    const why = `version ${version.version} is not sealed, as its source has no files in this server's store`
    throw noRevision(id, asked, why)
  }
  return { version, manifest: files.manifestId, commit: commitOf(files.digest) }
}

/** @param digest `sha256:` and hex, of a manifest */
export function commitOf(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 40)
}

/** Whether a revision names bytes, so that what is answered never changes. */
export function isCommit(revision: string): boolean {
  return digestPattern.test(revision)
}

const digestPattern = /^(?:[0-9a-f]{40}|(?:sha256:)?[0-9a-f]{64})$/i

async function findVersion(
  ctx: Context,
  name: string,
  revision: string,
): Promise<ModelVersion | undefined> {
  if (isCommit(revision)) {
    return findVersionByDigest(ctx, name, revision.toLowerCase().replace(/^sha256:/, ''))
  }
  try {
    const [, number] = /^v?(\d+)$/i.exec(revision) ?? []
    if (number !== undefined) {
      return await resolveSelector(ctx, name, { by: 'version', version: parseVersion(number) })
    }
    return await (revision === 'main'
      ? resolveSelector(ctx, name, { by: 'stage', stage: 'Production' })
      : resolveSelector(ctx, name, { by: 'alias', alias: revision }))
  } catch (err) {
    const isAbsent =
      err instanceof RegistryError &&
      (err.code === 'RESOURCE_DOES_NOT_EXIST' || err.code === 'INVALID_PARAMETER_VALUE')
    if (isAbsent) return undefined
    throw err
  }
}

function whyAbsent(revision: string): string {
  return revision === 'main'
    ? 'nothing in Production; name a revision'
    : 'name a stage with a version in it, an alias, the number of a version, or a commit'
}
