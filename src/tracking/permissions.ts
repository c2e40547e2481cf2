import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { mayAll, mayReadSql, type Part } from '../access/permissions/permitted.ts'
import {
  hasOnEverything,
  requireExperiment,
  requireExperimentPart,
  requirePermission,
} from '../access/permissions/require.ts'
import { denied } from '../access/permissions/rights.ts'
import { folderRangeOf, foldersAboveOf, joinPaths, storePathOf } from '../artifacts/path.ts'
import { absent, excerpt } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { defaultWorkspace } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { artifactRootOf } from './experiments/artifact-location.ts'
import { noExperimentNamed } from './experiments/experiment.ts'
import { loggedModelNotFound } from './logged-models/read-logged-models.ts'

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the run
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 */
export async function requireRun(ctx: Context, runId: string, needed: Permission): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const found = await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: runsOf(ctx, [runId]),
    part: 'run',
    what: 'run',
  })
  if (found.length === 0) throw absent(messages.noRun(runId))
}

/** As `requireRun` of several; one that is not there needs no permission. */
export async function requireRuns(
  ctx: Context,
  runIds: readonly string[],
  needed: Permission,
): Promise<void> {
  if (runIds.length === 0 || (await hasOnEverything(ctx, needed))) return
  await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: runsOf(ctx, runIds),
    part: 'run',
    what: 'run',
  })
}

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the logged model
 * @throws RESOURCE_DOES_NOT_EXIST no such logged model
 */
export async function requireLoggedModel(
  ctx: Context,
  modelId: string,
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  if ((await eachLoggedModel(ctx, [modelId], needed)).length === 0) {
    throw loggedModelNotFound(modelId)
  }
}

/** As `requireLoggedModel` of several; one that is not there needs no permission. */
export async function requireLoggedModels(
  ctx: Context,
  modelIds: readonly string[],
  needed: Permission,
): Promise<void> {
  if (modelIds.length === 0 || (await hasOnEverything(ctx, needed))) return
  await eachLoggedModel(ctx, modelIds, needed)
}

function eachLoggedModel(ctx: Context, modelIds: readonly string[], needed: Permission) {
  const models = sql`select e.id, l.model_id as name, 0 as is_prompt
    from json_each(${idList(modelIds)}) wanted cross join logged_models l on l.model_id = wanted.value
    join experiments e on e.id = l.experiment where e.workspace = ${ctx.workspace}`
  return requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: models,
    part: 'logged model',
    what: 'logged model',
  })
}

/** Require what deleting an experiment, or bringing it back, takes: it reaches all that is in it. */
export async function requireWholeExperiment(ctx: Context, id: number): Promise<void> {
  await requireExperiment(ctx, id, 'MANAGE')
  await requireExperimentPart(ctx, { id, part: 'run' }, 'MANAGE')
  await requireExperimentPart(ctx, { id, part: 'logged model' }, 'MANAGE')
}

/** Whether the caller may read one of these experiments at least. */
export async function mayReadSomeExperiment(
  ctx: Context,
  ids: readonly number[],
): Promise<boolean> {
  if (await hasOnEverything(ctx, 'READ')) return true
  const found = await ctx.db.first(sql<{ id: number }>`
    select e.id from json_each(${JSON.stringify(ids)}) w cross join experiments e on e.id = w.value
    where e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })} limit 1`)
  return found !== undefined
}

/** As `requireExperiment`, by name. Clients make an experiment where the answer is 404. */
export async function requireExperimentNamed(
  ctx: Context,
  name: string,
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const experiment = sql`select e.id, e.name, 0 as is_prompt from experiments e
    where e.workspace = ${ctx.workspace} and e.name = ${name}`
  const found = await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: experiment,
    what: 'experiment',
  })
  if (found.length === 0) throw noExperimentNamed(name)
}

function runsOf(ctx: Context, runIds: readonly string[]): SQL {
  return sql`select e.id, r.run_id as name, 0 as is_prompt
    from json_each(${idList(runIds)}) wanted cross join runs r on r.run_id = wanted.value
    join experiments e on e.id = r.experiment where e.workspace = ${ctx.workspace}`
}

function idList(ids: readonly string[]): string {
  return JSON.stringify([...new Set(ids)])
}

/**
 * Require a permission on a path of the artifact store: on the experiment in whose folder it lies,
 * and on its runs or logged models. What lies in nobody's folder is for administrators alone.
 *
 * @param path clean
 * @throws PERMISSION_DENIED
 */
export async function requireArtifacts(
  ctx: Context,
  path: string,
  needed: Permission,
): Promise<void> {
  if (mayAll(ctx)) return
  const owner = await findOwner(ctx, path)
  if (!owner) throw denied(ctx, `${showPath(path)} lies in no experiment's folder`)
  await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: owner.select,
    part: partOf(owner.rest),
    what: 'experiment',
  })
}

/** As `requireArtifacts` of MANAGE on all that lies at or below `path`. */
export async function requireToDelete(ctx: Context, path: string): Promise<void> {
  if (mayAll(ctx)) return
  await requireArtifacts(ctx, path, 'MANAGE')
  for (const part of [undefined, 'run', 'logged model'] as const) {
    const what = 'the folder of experiment'
    await requirePermission(ctx, {
      permission: 'MANAGE',
      owner: 'experiment',
      on: ownersBelow(ctx, path),
      part,
      what,
    })
  }
}

/**
 * Require what it takes to let an experiment keep its artifacts at `location`: EDIT on the
 * experiment in whose folder that lies. The folders that experiments to come will have are nobody's
 * to take.
 */
export async function requireLocation(ctx: Context, location: string): Promise<void> {
  if (mayAll(ctx)) return
  const path = storePathOf(location, ctx.workspace)
  if (path === undefined) return
  const taken = () =>
    denied(ctx, `experiments to come will keep their artifacts at ${showPath(path)}`)
  const root = defaultRoot(ctx)
  if (root !== undefined && (path === root || isBelow(root, path))) throw taken()
  const owner = await findOwner(ctx, path)
  if (owner) {
    await requirePermission(ctx, {
      permission: 'EDIT',
      owner: 'experiment',
      on: owner.select,
      what: 'experiment',
    })
    return
  }
  const inRoot = root !== undefined && isBelow(path, root)
  const [first = ''] = inRoot ? path.slice(root === '' ? 0 : root.length + 1).split('/') : []
  if (/^\d+$/.test(first)) throw taken()
}

/** The statement that notes where a new experiment keeps its artifacts, for its batch. */
export function folderClaimStatement(
  ctx: Context,
  name: string,
  location: string | undefined,
): SQL[] {
  const path = location ? storePathOf(location, ctx.workspace) : defaultRoot(ctx)
  if (path === undefined) return []
  const folder = location
    ? sql`${path}`
    : sql`${path === '' ? '' : `${path}/`} || cast(experiments.id as text)`
  return [
    sql`insert into artifact_roots (workspace, path, experiment)
      select workspace, ${folder}, id from experiments
      where workspace = ${ctx.workspace} and name = ${name}`,
  ]
}

type Found = {
  /** The experiment, as `Things` has it. */
  readonly select: SQL
  /** The path below the experiment's folder. */
  readonly rest: string
}

async function findOwner(ctx: Context, path: string): Promise<Found | undefined> {
  const above = ['', ...foldersAboveOf(path), path]
  const first = defaultFolder(ctx)
  const row = await ctx.db.first<{ id: number; path: string }>(sql`
    select a.experiment as id, a.path from artifact_roots a
    where a.workspace = ${ctx.workspace}
      and a.path in (select value from json_each(${JSON.stringify(above)}))
    order by a.experiment limit 1`)
  const found =
    first !== undefined && above.includes(first) && row?.id !== 0 ? { id: 0, path: first } : row
  if (!found) return undefined
  return {
    select: experiment(ctx, sql`e.id = ${found.id}`),
    rest: found.path === '' ? path : path.slice(found.path.length + 1),
  }
}

function ownersBelow(ctx: Context, path: string): SQL {
  const { start, end } = folderRangeOf(path)
  const first = defaultFolder(ctx)
  const hasFirst = first !== undefined && isBelow(first, path)
  return experiment(
    ctx,
    sql`(e.id in (select a.experiment from artifact_roots a
      where a.workspace = ${ctx.workspace} and a.path >= ${start} and a.path < ${end})
      or (e.id = 0 and ${hasFirst}))`,
  )
}

function experiment(ctx: Context, condition: SQL): SQL {
  return sql`select e.id, cast(e.id as text) as name, 0 as is_prompt from experiments e
    where e.workspace = ${ctx.workspace} and ${condition}`
}

/** What lies at a path of an experiment's folder: `models/...` are logged models, the rest are runs. */
export function partOf(rest: string): Part | undefined {
  const [top = '', ...below] = rest.split('/')
  if (top === '' || (top === 'models' && below.length === 0)) return undefined
  return top === 'models' ? 'logged model' : 'run'
}

/** The folder of our store below which experiments have theirs, by number; undefined: elsewhere. */
function defaultRoot(ctx: Context): string | undefined {
  return storePathOf(artifactRootOf(ctx), ctx.workspace)
}

/** The folder of the experiment "Default" of the default workspace, whose location follows the setting. */
export function defaultFolder(ctx: Context): string | undefined {
  if (ctx.workspace !== defaultWorkspace) return undefined
  const root = storePathOf(ctx.settings.defaultArtifactRoot, ctx.workspace)
  return root === undefined ? undefined : joinPaths(root, '0')
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' ? path !== '' : path.startsWith(`${folder}/`)
}

function showPath(path: string): string {
  return path === '' ? 'the root of the store' : `'${excerpt(path)}'`
}
