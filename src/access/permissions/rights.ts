import { sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { grants } from '../tables.ts'
import { mayAll } from './permitted.ts'
import type { Right } from './right-names.ts'

/** Where a version goes to or comes from. */
export type Places = {
  readonly stages?: readonly string[]
  readonly aliases?: readonly string[]
}

type GrantRow = Pick<typeof grants.$inferSelect, 'principal' | 'models' | 'stage' | 'alias'>

/** The grants of one right that speak of a model, as the caller meets them. */
export type ModelGrants = {
  /** Whether there is one: without any, MLflow's permissions decide. */
  readonly named: boolean
  readonly held: boolean
  /** Of these, the places that grants name, and of those the ones that the caller has no grant for. */
  namedPlaces(places: Places): string[]
  blockedPlaces(places: Places): string[]
}

/** Whether the caller may approve moves of the model: everybody, as long as no grant names it. */
export async function mayApprove(ctx: Context, model: string): Promise<boolean> {
  if (mayAll(ctx)) return true
  const { named, held } = await modelGrants(ctx, 'approve', model)
  return !named || held
}

/** Grants of `right` whose models match. Not asked for where everything is allowed. */
export async function modelGrants(
  ctx: Context,
  right: 'register' | 'promote' | 'approve',
  model: string,
): Promise<ModelGrants> {
  const all = mayAll(ctx) ? [] : await grantsOf(ctx, right)
  const ours = all.filter((grant) => matchesGlob(grant.models, model))
  const held = ours.filter((grant) => holds(ctx.principal, grant.principal))
  return {
    named: ours.length > 0,
    held: held.length > 0,
    namedPlaces: (places) => placesOf(places, ours),
    blockedPlaces(places) {
      const own = new Set(placesOf(places, held))
      return placesOf(places, ours).filter((place) => !own.has(place))
    },
  }
}

/** Those of the places that one of the grants names, in words: `stage 'Production'`. */
function placesOf({ stages = [], aliases = [] }: Places, of: readonly GrantRow[]): string[] {
  const stageNamed = (stage: string) => of.some((g) => g.stage !== '' && names(g.stage, stage))
  const aliasNamed = (alias: string) =>
    of.some((g) => g.alias !== '' && matchesGlob(g.alias, alias))
  return [
    ...[...new Set(stages)].filter(stageNamed).map((stage) => `stage '${excerpt(stage)}'`),
    ...[...new Set(aliases)].filter(aliasNamed).map((alias) => `alias '${excerpt(alias)}'`),
  ]
}

/**
 * Whether a grant names the stage, in any case. Every version starts in None, so that leaving it is
 * entering another one: it is named by its own name alone.
 */
function names(glob: string, stage: string): boolean {
  if (stage === 'None' && glob.includes('*')) return false
  return matchesGlob(glob.toLowerCase(), stage.toLowerCase())
}

/** Whether the caller has a grant of the right for the model; for none, one for all models. */
export async function hasGrant(
  ctx: Context,
  right: Right,
  model: string | undefined,
): Promise<boolean> {
  if (mayAll(ctx)) return true
  return (await grantsOf(ctx, right)).some(
    (grant) =>
      holds(ctx.principal, grant.principal) &&
      (model === undefined ? /^\*+$/.test(grant.models) : matchesGlob(grant.models, model)),
  )
}

async function grantsOf(ctx: Context, right: Right): Promise<GrantRow[]> {
  return ctx.db.all<GrantRow>(sql`select principal, models, stage, alias from grants
    where workspace = ${ctx.workspace} and action = ${right}`)
}

function holds(principal: Principal, holder: string): boolean {
  return holder === principalKey(principal.kind, principal.name) || isGroupOf(principal, holder)
}

function isGroupOf({ groups }: Principal, holder: string): boolean {
  return holder.startsWith('group:') && groups.includes(holder.slice('group:'.length))
}

/** A principal as grants name it: `user:ada`, `service:trainer`. */
function principalKey(kind: Principal['kind'], name: string): string {
  return name.startsWith(`${kind}:`) ? name : `${kind}:${name}`
}

export function denied(ctx: Context, why: string): RegistryError {
  return new RegistryError('PERMISSION_DENIED', `'${ctx.principal.name}' may not do this: ${why}`)
}
