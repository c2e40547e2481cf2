import { type SQL, sql } from 'drizzle-orm'
import { absent, excerpt } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { isDeniedSomething } from '../accounts/principals.ts'
import { includes, type Level, type Permission } from './levels.ts'
import {
  defaultLevelOf,
  isNotDeniedSql,
  isPromptModel,
  type LevelOnThing,
  mayAll,
  type Owner,
  type Reach,
  readLevels,
  type Things,
} from './permitted.ts'
import { readOnce } from './read-once.ts'
import type { Right } from './right-names.ts'
import { denied, hasGrant, needsGrant, type Places, readModelGrants } from './rights.ts'
import { hasOnWorkspace, isGovernor } from './workspace-rights.ts'

type ModelPart = 'version' | 'new version'
type ExperimentPart = Exclude<Reach, ModelPart>

/** What a right is needed for: a model, and where its version moves to. All absent: the whole server. */
export type Target = { readonly model?: string; readonly stage?: string; readonly alias?: string }

/** @throws PERMISSION_DENIED the caller is no administrator */
export function requireAdmin(ctx: Context): void {
  if (!mayAll(ctx)) throw denied(ctx, 'only administrators may')
}

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the registered model
 * @throws RESOURCE_DOES_NOT_EXIST no model has this name
 */
export function requireModel(ctx: Context, name: string, needed: Permission): Promise<void> {
  return requireOnModel(ctx, { name, part: undefined }, needed)
}

/** As `requireModel`, for the versions of the model. */
export function requireModelVersion(ctx: Context, name: string, needed: Permission): Promise<void> {
  return requireOnModel(ctx, { name, part: 'version' }, needed)
}

async function requireOnModel(
  ctx: Context,
  { name, part }: { readonly name: string; readonly part: ModelPart | undefined },
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const [found] = await readLevels(ctx, { owner: 'model', on: modelNamed(ctx, name), part })
  if (found && includes(found.level, needed)) return
  if (found) throw denied(ctx, `${needed} on registered model '${excerpt(name)}' is needed`)
  throw absent(messages.noRegisteredModel(name))
}

/**
 * As `requireModelVersion`, for the versions of the model with this `registered_models.id`. If the
 * model is gone, the caller needs the permission on everything.
 */
export async function requireVersionOfModelId(
  ctx: Context,
  id: number,
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const on = sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
    where m.workspace = ${ctx.workspace} and m.id = ${id}`
  const [found] = await readLevels(ctx, { owner: 'model', on, part: 'version' })
  if (!found || !includes(found.level, needed)) {
    throw denied(ctx, `${needed} on the registered model is needed`)
  }
}

/**
 * As `requireModel`, both as a registered model and as a prompt. This is for changing which of the
 * two it is, which changes whose permissions count.
 */
export async function requireModelOfBothKinds(
  ctx: Context,
  name: string,
  needed: Permission,
): Promise<void> {
  await requireModel(ctx, name, needed)
  if (mayAll(ctx)) return
  for (const isPrompt of [sql`0`, sql`1`]) {
    for (const part of [undefined, 'version'] as const) {
      const on = sql`select m.id, m.name, ${isPrompt} as is_prompt from registered_models m
        where m.workspace = ${ctx.workspace} and m.name = ${name}`
      await requirePermission(ctx, {
        permission: needed,
        owner: 'model',
        on,
        part,
        what: 'registered model and prompt',
      })
    }
  }
}

/** The caller's level on a model, for showing it; MANAGE where nothing is judged. */
export async function getModelLevel(ctx: Context, name: string): Promise<Level> {
  if (mayAll(ctx)) return 'MANAGE'
  const [found] = await readLevels(ctx, { owner: 'model', on: modelNamed(ctx, name) })
  return found?.level ?? 'NO_PERMISSIONS'
}

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the experiment
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export function requireExperiment(ctx: Context, id: number, needed: Permission): Promise<void> {
  return requireExperimentPart(ctx, { id, part: undefined }, needed)
}

/** As `requireExperiment`, for a part of the experiment; undefined stands for the experiment itself. */
export async function requireExperimentPart(
  ctx: Context,
  { id, part }: { readonly id: number; readonly part: ExperimentPart | undefined },
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const on = experimentsOf(ctx, [id])
  const [found] = await readLevels(ctx, { owner: 'experiment', on, part })
  if (found && includes(found.level, needed)) return
  if (found) throw denied(ctx, `${needed} on experiment ${id} is needed`)
  throw absent(messages.noExperiment(String(id)))
}

/**
 * As `requireExperimentPart` of several experiments, in one statement; one that is not there needs no permission.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireExperiments(
  ctx: Context,
  { ids, part }: { readonly ids: readonly number[]; readonly part?: ExperimentPart },
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const on = experimentsOf(ctx, ids)
  await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on,
    part,
    what: 'experiment',
  })
}

/**
 * Require that the caller may make an experiment or a model: everybody may, unless all of them are
 * denied to the caller. With workspaces it takes USE on the workspace.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToCreate(ctx: Context, owner: Owner, isPrompt = false): Promise<void> {
  if (mayAll(ctx)) return
  if (ctx.settings.workspaces && !includes(defaultLevelOf(ctx), 'USE')) {
    if (!(await hasOnWorkspace(ctx))) throw denied(ctx, 'USE on the workspace is needed')
  }
  const row = await ctx.db.first(
    sql<{ may: number }>`select ${isNotDeniedSql(ctx, owner, isPrompt ? sql`1` : sql`0`)} as may`,
  )
  if (!row?.may) throw denied(ctx, `all ${owner}s are denied to it`)
}

/**
 * Require a permission on each of several things, in one statement. Things that do not exist are
 * passed over.
 *
 * @param needed.what says in the message what a thing is: `run`
 * @returns the things that exist
 * @throws PERMISSION_DENIED
 */
export async function requirePermission(
  ctx: Context,
  needed: Things & { readonly permission: Permission; readonly what: string },
): Promise<readonly LevelOnThing[]> {
  const { permission, what } = needed
  const things = await readLevels(ctx, needed)
  const lacking = things.find(({ level }) => !includes(level, permission))
  if (!lacking) return things
  throw denied(ctx, `${permission} on ${what} '${excerpt(lacking.name)}' is needed`)
}

/**
 * Whether the caller has the permission on everything, so that the thing itself need not be looked
 * up: nothing is judged, or the default gives it and nothing is denied to the caller.
 *
 * @throws PERMISSION_DENIED the caller has no account, and the default is too little
 */
export async function hasOnEverything(ctx: Context, needed: Permission): Promise<boolean> {
  if (mayAll(ctx)) return true
  const byDefault = includes(defaultLevelOf(ctx), needed)
  const { accountId } = ctx.principal
  if (accountId !== undefined) return byDefault && !(await isDeniedAnything(ctx, accountId))
  if (byDefault) return true
  throw denied(ctx, `${needed} is needed, and who has no account here has what everybody has`)
}

/** Known from the sign-in, or else read from the database. */
async function isDeniedAnything(ctx: Context, account: number): Promise<boolean> {
  if (ctx.principal.isDeniedNothing) return false
  const [row] = await readOnce(
    ctx,
    sql<{ is_denied: number }>`select ${isDeniedSomething(sql`${account}`)} as is_denied`,
  )
  return row?.is_denied === 1
}

/**
 * Require a right. As long as no grant of `register` or `promote` names the model (and the stage or
 * alias), MLflow's permissions decide: then EDIT on the model is enough.
 *
 * @throws PERMISSION_DENIED the caller is no administrator and has no such right
 */
export async function requireRight(ctx: Context, right: Right, on: Target = {}): Promise<void> {
  if (mayAll(ctx)) return
  const { model, stage, alias } = on
  if (model !== undefined && right === 'register') return requireRegistering(ctx, model)
  if (model !== undefined && right === 'promote') {
    return requirePromoting(ctx, model, {
      stages: stage === undefined ? [] : [stage],
      aliases: alias === undefined ? [] : [alias],
    })
  }
  if (await hasGrant(ctx, right, model)) return
  if (right !== 'approve' && (await isGovernor(ctx))) return
  const where = model === undefined ? 'all models' : `model '${excerpt(model)}'`
  throw denied(ctx, `a grant of '${right}' for ${where} is needed`)
}

/** `requireRight` of `register`: READ on the model is needed as well. */
export async function requireRegistering(ctx: Context, model: string): Promise<void> {
  if (mayAll(ctx)) return
  const granted = await readModelGrants(ctx, 'register', model)
  if (!granted.named) return requireOnModel(ctx, { name: model, part: 'new version' }, 'EDIT')
  if (!granted.held) throw denied(ctx, needsGrant('register', model, []))
  await requireModelVersion(ctx, model, 'READ')
}

/**
 * `requireRight` of `promote`, to move versions of the model in and out of several places; READ on
 * the model is needed as well.
 *
 * @param otherwise what MLflow requires where no grant names one of them
 */
export async function requirePromoting(
  ctx: Context,
  model: string,
  { otherwise = 'EDIT', ...places }: Places & { readonly otherwise?: Permission },
): Promise<void> {
  if (mayAll(ctx)) return
  const granted = await readModelGrants(ctx, 'promote', model)
  const blocked = granted.blockedPlaces(places)
  if (blocked.length > 0) throw denied(ctx, needsGrant('promote', model, blocked))
  const named = granted.namedPlaces(places).length > 0
  await requireModelVersion(ctx, model, named ? 'READ' : otherwise)
}

/** A select of the model of this name, as `Things` has it. */
function modelNamed(ctx: Context, name: string): SQL {
  return sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
    where m.workspace = ${ctx.workspace} and m.name = ${name}`
}

function experimentsOf(ctx: Context, ids: readonly number[]): SQL {
  return sql`select e.id, cast(e.id as text) as name, 0 as is_prompt
    from json_each(${JSON.stringify(ids)}) wanted cross join experiments e on e.id = wanted.value
    where e.workspace = ${ctx.workspace}`
}
