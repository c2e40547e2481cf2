import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { passes, requireEach, requireExperiment } from '../access/permissions/require.ts'
import { notFound } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { noSuchExperiment } from './experiments/experiment.ts'
import { loggedModelNotFound } from './logged-models/read-logged-models.ts'

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the run
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 */
export async function requireRun(ctx: Context, runId: string, needed: Permission): Promise<void> {
  if (await passes(ctx, needed)) return
  const found = await requireEach(ctx, 'experiment', runsOf(ctx, [runId]), needed, 'run', 'run')
  if (found.length === 0) throw notFound('Run', runId)
}

/** As `requireRun` of several; one that is not there needs no permission. */
export async function requireRuns(
  ctx: Context,
  runIds: readonly string[],
  needed: Permission,
): Promise<void> {
  if (runIds.length === 0 || (await passes(ctx, needed))) return
  await requireEach(ctx, 'experiment', runsOf(ctx, runIds), needed, 'run', 'run')
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
  if (await passes(ctx, needed)) return
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
  if (modelIds.length === 0 || (await passes(ctx, needed))) return
  await eachLoggedModel(ctx, modelIds, needed)
}

function eachLoggedModel(ctx: Context, modelIds: readonly string[], needed: Permission) {
  const models = sql`select e.id, l.model_id as name, 0 as is_prompt
    from json_each(${idList(modelIds)}) wanted cross join logged_models l on l.model_id = wanted.value
    join experiments e on e.id = l.experiment where e.workspace = ${ctx.workspace}`
  return requireEach(ctx, 'experiment', models, needed, 'logged model', 'logged model')
}

/** Require what deleting an experiment, or bringing it back, takes: it reaches all that is in it. */
export async function requireWholeExperiment(ctx: Context, id: number): Promise<void> {
  await requireExperiment(ctx, id, 'MANAGE')
  await requireExperiment(ctx, id, 'MANAGE', 'run')
  await requireExperiment(ctx, id, 'MANAGE', 'logged model')
}

/** As `requireExperiment`, by name. Clients make an experiment where the answer is 404. */
export async function requireExperimentNamed(
  ctx: Context,
  name: string,
  needed: Permission,
): Promise<void> {
  if (await passes(ctx, needed)) return
  const experiment = sql`select e.id, e.name, 0 as is_prompt from experiments e
    where e.workspace = ${ctx.workspace} and e.name = ${name}`
  const found = await requireEach(ctx, 'experiment', experiment, needed, undefined, 'experiment')
  if (found.length === 0) throw noSuchExperiment(name)
}

function runsOf(ctx: Context, runIds: readonly string[]): SQL {
  return sql`select e.id, r.run_id as name, 0 as is_prompt
    from json_each(${idList(runIds)}) wanted cross join runs r on r.run_id = wanted.value
    join experiments e on e.id = r.experiment where e.workspace = ${ctx.workspace}`
}

function idList(ids: readonly string[]): string {
  return JSON.stringify([...new Set(ids)])
}
