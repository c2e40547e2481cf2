import { type SQL, sql } from 'drizzle-orm'
import { excerpt, notFound, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { isDeniedSomething } from '../accounts/principals.ts'
import { includes, type Level, type Permission } from './levels.ts'
import {
  type Held,
  isPromptModel,
  mayAll,
  notDenied,
  type Owner,
  type Reach,
  readLevels,
} from './permitted.ts'
import type { Right } from './right-names.ts'
import { denied, hasGrant, modelGrants, type Places } from './rights.ts'

/** What a right is asked for: a model, and where it is to move to. All absent: the whole server. */
export type Target = { readonly model?: string; readonly stage?: string; readonly alias?: string }

/** @throws PERMISSION_DENIED the caller is no administrator */
export function requireAdmin(ctx: Context): void {
  if (!mayAll(ctx)) throw denied(ctx, 'only administrators may')
}

/** Whether the caller may manage roles: administrators, and holders of MANAGE on the workspace. */
export async function isWorkspaceAdmin(ctx: Context): Promise<boolean> {
  if (mayAll(ctx)) return true
  const row = await ctx.db.first(sql`select 1 from role_holders h
    join role_permissions p on p.role = h.role and p.resource_type = 'workspace'
      and p.resource = '*' and p.permission = 'MANAGE'
    where h.account = ${ctx.principal.accountId ?? null} limit 1`)
  return row !== undefined
}

/** @throws PERMISSION_DENIED the caller may not manage roles */
export async function requireWorkspaceAdmin(ctx: Context): Promise<void> {
  if (await isWorkspaceAdmin(ctx)) return
  throw denied(ctx, 'only administrators, of the server or of the workspace, may')
}

/** Let in who holds a role, and who may manage it. @throws PERMISSION_DENIED */
export async function requireRole(ctx: Context, role: number): Promise<void> {
  if (await isWorkspaceAdmin(ctx)) return
  const account = ctx.principal.accountId ?? null
  const row = await ctx.db.first(
    sql`select 1 from role_holders where account = ${account} and role = ${role}`,
  )
  if (!row) throw denied(ctx, 'only holders of the role, and administrators, may')
}

/**
 * @param reach what of the model is asked for; none: the model itself
 * @throws PERMISSION_DENIED the caller lacks the permission on the registered model
 * @throws RESOURCE_DOES_NOT_EXIST there is none of this name
 */
export async function requireModel(
  ctx: Context,
  name: string,
  needed: Permission,
  reach?: 'version' | 'new version',
): Promise<void> {
  if (await passes(ctx, needed)) return
  const [held] = await readLevels(ctx, 'model', modelNamed(ctx, name), reach)
  if (held && includes(held.level, needed)) return
  if (held) throw denied(ctx, `${needed} on registered model '${excerpt(name)}' is needed`)
  throw new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `Registered Model with name=${excerpt(name)} not found`,
  )
}

/** What the caller has on a model, for showing it; MANAGE where nothing is judged. */
export async function levelOnModel(ctx: Context, name: string): Promise<Level> {
  if (mayAll(ctx)) return 'MANAGE'
  const [held] = await readLevels(ctx, 'model', modelNamed(ctx, name))
  return held?.level ?? 'NO_PERMISSIONS'
}

/**
 * @throws PERMISSION_DENIED the caller lacks the permission on the experiment
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function requireExperiment(
  ctx: Context,
  experimentId: number,
  needed: Permission,
  reach?: Exclude<Reach, 'version' | 'new version'>,
): Promise<void> {
  if (await passes(ctx, needed)) return
  const [held] = await readLevels(ctx, 'experiment', experimentOf(ctx, experimentId), reach)
  if (held && includes(held.level, needed)) return
  if (held) throw denied(ctx, `${needed} on experiment ${experimentId} is needed`)
  throw notFound('Experiment', String(experimentId))
}

/**
 * Let everybody make an experiment or a model whom no DENY on all of them keeps from it.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToCreate(ctx: Context, owner: Owner, isPrompt = false): Promise<void> {
  if (mayAll(ctx)) return
  const row = await ctx.db.first<{ may: number }>(
    sql`select ${notDenied(ctx, owner, isPrompt ? sql`1` : sql`0`)} as may`,
  )
  if (!row?.may) throw denied(ctx, `all ${owner}s are denied to it`)
}

/**
 * Require a permission on each of several things, in one statement. What is not there needs none.
 *
 * @param things as `heldOn` takes them
 * @param what says what a thing is, for the message: `run`
 */
export async function requireEach(
  ctx: Context,
  owner: Owner,
  things: SQL,
  needed: Permission,
  reach: Reach | undefined,
  what: string,
): Promise<readonly Held[]> {
  const held = await readLevels(ctx, owner, things, reach)
  const lacking = held.find(({ level }) => !includes(level, needed))
  if (!lacking) return held
  throw denied(ctx, `${needed} on ${what} '${excerpt(lacking.name)}' is needed`)
}

/**
 * Whether the caller has the permission on everything, so that the thing itself need not be looked
 * up: nothing is judged, or the default gives it and nothing takes anything away from the caller.
 *
 * @throws PERMISSION_DENIED the caller has what everybody has, and that is too little
 */
export async function passes(ctx: Context, needed: Permission): Promise<boolean> {
  if (mayAll(ctx)) return true
  const byDefault = includes(ctx.settings.defaultPermission, needed)
  const { accountId } = ctx.principal
  if (accountId !== undefined) return byDefault && !(await isDeniedAnything(ctx, accountId))
  if (byDefault) return true
  throw denied(ctx, `${needed} is needed, and who has no account here has what everybody has`)
}

/** Told by what signed the caller in, or asked. */
async function isDeniedAnything(ctx: Context, account: number): Promise<boolean> {
  if (ctx.principal.isDeniedNothing) return false
  const row = await ctx.db.first<{ is_denied: number }>(
    sql`select ${isDeniedSomething(sql`${account}`)} as is_denied`,
  )
  return row?.is_denied === 1
}

/**
 * Let in whom a grant gives a right. `register` and `promote` are MLflow's to give as long as no
 * grant names the model, or the stage or alias: EDIT on the model will do then.
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
  const where = model === undefined ? 'all models' : `model '${excerpt(model)}'`
  throw denied(ctx, `a grant of '${right}' for ${where} is needed`)
}

/** `requireRight` of `register`: READ on the model is needed as well. */
export async function requireRegistering(ctx: Context, model: string): Promise<void> {
  if (mayAll(ctx)) return
  const granted = await modelGrants(ctx, 'register', model)
  if (!granted.named) return requireModel(ctx, model, 'EDIT', 'new version')
  if (!granted.held) throw denied(ctx, needsGrant('register', model, []))
  await requireModel(ctx, model, 'READ', 'version')
}

/**
 * `requireRight` of `promote`, to move versions of the model in and out of several places; READ on
 * the model is needed as well.
 *
 * @param otherwise what MLflow asks for where no grant names one of them
 */
export async function requirePromoting(
  ctx: Context,
  model: string,
  places: Places,
  otherwise: Permission = 'EDIT',
): Promise<void> {
  if (mayAll(ctx)) return
  const granted = await modelGrants(ctx, 'promote', model)
  const blocked = granted.blockedPlaces(places)
  if (blocked.length > 0) throw denied(ctx, needsGrant('promote', model, blocked))
  const named = granted.namedPlaces(places).length > 0
  await requireModel(ctx, model, named ? 'READ' : otherwise, 'version')
}

/** Why somebody without the grant is refused. */
export function needsGrant(right: Right, model: string, places: readonly string[]): string {
  const where = places.length === 0 ? '' : `, ${places.join(', ')}`
  return `only holders of a grant of '${right}' for model '${excerpt(model)}'${where} may`
}

/** A select of the model of this name, as `heldOn` takes it. */
function modelNamed(ctx: Context, name: string): SQL {
  return sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
    where m.workspace = ${ctx.workspace} and m.name = ${name}`
}

function experimentOf(ctx: Context, id: number): SQL {
  return sql`select e.id, cast(e.id as text) as name, 0 as is_prompt from experiments e
    where e.workspace = ${ctx.workspace} and e.id = ${id}`
}
