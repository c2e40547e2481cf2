import { sql } from 'drizzle-orm'
import { storePathOf } from '../../artifacts/path.ts'
import { absent, invalid, notFound } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { isPromptTag } from '../prompts.ts'
import { type ModelVersion, versionReads, versionsFrom } from '../versions/read-versions.ts'
import { notContained, type Source } from './parse-source.ts'
import { resolveSelector } from './resolve-selector.ts'

/** Where a new version comes from, with everything looked up. */
export type Resolved = {
  /** The `source` that the version is to have. */
  readonly source: string
  /** Where MLflow would look for the files. */
  readonly storageLocation: string
  readonly runId: string
  readonly modelId: string | null
  /** Folders of our store that may hold the files, the likeliest first. */
  readonly folders: readonly string[]
  /** The manifest of the version that is copied. */
  readonly manifestId: number | null
  /** The version that is copied, `model_versions.id`. */
  readonly copyOfId: number | null
}

/** Where the files come from, as the caller gives it; empty where the caller gives nothing. */
export type Claim = { readonly source: string; readonly runId: string; readonly modelId: string }

/**
 * Look up what a source names, and check that it lies in the run or logged model that the caller
 * names, and nowhere else.
 *
 * @throws INVALID_PARAMETER_VALUE it does not
 * @throws RESOURCE_DOES_NOT_EXIST the logged model or the version is not there
 */
export async function resolveSource(ctx: Context, source: Source, claim: Claim): Promise<Resolved> {
  switch (source.kind) {
    case 'placeholder':
      return { ...asClaimed(claim), modelId: null }
    case 'version':
      return findCopied(ctx, await resolveSelector(ctx, source.name, source.selector), claim)
    case 'version id':
      return findCopied(ctx, await versionOfId(ctx, source.id), claim)
    default:
      return claim.modelId === ''
        ? fromRun(ctx, source, claim)
        : fromLoggedModel(ctx, source, claim)
  }
}

type FileSource = Extract<Source, { kind: 'external' | 'store' | 'run' | 'logged model' }>

function asClaimed({ source, runId, modelId }: Claim): Resolved {
  return {
    source,
    storageLocation: source,
    runId,
    modelId: modelId === '' ? null : modelId,
    folders: [],
    manifestId: null,
    copyOfId: null,
  }
}

/** The files are those of a run, or lie outside of our store. */
async function fromRun(ctx: Context, source: FileSource, claim: Claim): Promise<Resolved> {
  if (source.kind === 'external') return asClaimed(claim)
  if (source.kind === 'logged model') throw notContained(claim.source, 'model_id')
  if (claim.runId === '') throw notContained(claim.source, 'run_id')
  if (source.kind === 'run') {
    if (source.runId !== claim.runId) throw notContained(claim.source, 'run_id')
    return { ...asClaimed(claim), folders: await foldersOfRun(ctx, source) }
  }
  const root = await findRunRoot(ctx, claim.runId)
  if (!root || !liesIn(source.path, root)) throw notContained(claim.source, 'run_id')
  return { ...asClaimed(claim), folders: [source.path] }
}

/** The files are those of the logged model that the caller names. */
async function fromLoggedModel(ctx: Context, source: FileSource, claim: Claim): Promise<Resolved> {
  if (source.kind === 'logged model' && source.modelId !== claim.modelId) {
    throw notContained(claim.source, 'model_id')
  }
  const model = await ctx.db.first(sql<LoggedModelRow>`
    select l.artifact_uri, l.source_run_id from logged_models l
    join experiments e on e.id = l.experiment
    where l.model_id = ${claim.modelId} and l.lifecycle_stage = 'active'
      and e.workspace = ${ctx.workspace}`)
  if (!model) {
    if (source.kind === 'store') throw notContained(claim.source, 'model_id')
    throw absent(messages.noLoggedModel(claim.modelId))
  }
  const root = storePathOf(model.artifact_uri, ctx.workspace)
  const resolved = { ...asClaimed(claim), runId: claim.runId || model.source_run_id }
  switch (source.kind) {
    case 'external':
      return resolved
    case 'logged model':
      return {
        ...resolved,
        storageLocation: model.artifact_uri,
        folders: root ? [root] : [],
      }
    case 'run':
      throw notContained(claim.source, 'model_id')
    case 'store':
      if (!root || !liesIn(source.path, root)) throw notContained(claim.source, 'model_id')
      return { ...resolved, folders: [source.path] }
  }
}

type LoggedModelRow = { artifact_uri: string; source_run_id: string }

/** The folder of our store with a run's artifacts, if the run exists and has one. */
async function findRunRoot(ctx: Context, runId: string): Promise<string | undefined> {
  const run = await ctx.db.first(sql<{ artifact_uri: string }>`
    select r.artifact_uri from runs r join experiments e on e.id = r.experiment
    where r.run_id = ${runId} and e.workspace = ${ctx.workspace}`)
  return run && storePathOf(run.artifact_uri, ctx.workspace)
}

/**
 * Where the files of `runs:/<id>/<path>` may be: below the run or, since MLflow 3 keeps models
 * apart from runs, in the run's logged model of that name, where clients look next. Only logged
 * models in the run's own experiment count, since a client can name any run for a model that it
 * logs elsewhere.
 */
async function foldersOfRun(
  ctx: Context,
  { runId, path }: { readonly runId: string; readonly path: string },
): Promise<string[]> {
  const rows = await ctx.db.all(sql<{ artifact_uri: string; path: string }>`
    select * from (select r.artifact_uri, ${path} as path from runs r
      join experiments e on e.id = r.experiment
      where r.run_id = ${runId} and e.workspace = ${ctx.workspace})
    union all
    select * from (select l.artifact_uri, '' as path from logged_models l
      join experiments e on e.id = l.experiment
      where l.source_run_id = ${runId} and l.name = ${path} and l.lifecycle_stage = 'active'
        and e.workspace = ${ctx.workspace}
        and l.experiment = (select r.experiment from runs r where r.run_id = ${runId})
      order by l.created_at_ms desc, l.id desc limit 1)`)
  return rows.flatMap((row) => {
    const root = storePathOf(row.artifact_uri, ctx.workspace)
    return root ? [joined(root, row.path)] : []
  })
}

/** @throws INVALID_PARAMETER_VALUE as `copyOf`, or another workspace lends the version by a link */
async function findCopied(ctx: Context, original: ModelVersion, claim: Claim): Promise<Resolved> {
  const lent = await ctx.db.first(sql`select 1 from collection_links
    where model_version = ${original.id} and source_workspace <> ${ctx.workspace}`)
  if (!lent) return copyOf(original, claim)
  throw invalid(
    `${messages.wrongSource(claim.source)}: that version is linked from another workspace and stays its own; link it where it is to be used`,
  )
}

function copyOf(original: ModelVersion, claim: Claim): Resolved {
  if (original.tags.some(isPromptTag)) {
    throw invalid(`${messages.wrongSource(claim.source)}: it names a prompt, not a model`)
  }
  const differs =
    (claim.runId !== '' && claim.runId !== original.runId) ||
    (claim.modelId !== '' && claim.modelId !== original.modelId)
  if (differs) {
    throw invalid(
      `${messages.wrongSource(claim.source)}: 'run_id' and 'model_id' must be ` +
        'those of the version that is copied, or absent',
    )
  }
  return {
    source: `models:/${original.name}/${original.version}`,
    storageLocation: original.storageLocation,
    runId: original.runId ?? '',
    modelId: original.modelId,
    folders: [],
    manifestId: original.manifestId,
    copyOfId: original.id,
  }
}

async function versionOfId(ctx: Context, id: number): Promise<ModelVersion> {
  const inWorkspace = sql`select v.id from model_versions v
    join registered_models m on m.id = v.registered_model
    where v.id = ${id} and m.workspace = ${ctx.workspace}`
  const [version] = versionsFrom(await ctx.db.batch(versionReads(inWorkspace)))
  if (!version) throw notFound('Model version at address', `model-versions/${id}`)
  return version
}

function liesIn(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

function joined(root: string, path: string): string {
  return [root, path].filter((part) => part !== '').join('/')
}
