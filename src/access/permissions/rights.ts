import { sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'
import { messages } from '../../core/messages.ts'
import { matchesPlace, placeKey } from '../../core/place.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { grants } from '../tables.ts'
import { mayAll } from './permitted.ts'
import { readOnce } from './read-once.ts'
import type { Right } from './right-names.ts'

/** Where a version goes to or comes from. */
export type Places = {
  readonly stages?: readonly string[]
  readonly aliases?: readonly string[]
}

type GrantRow = Pick<typeof grants.$inferSelect, 'principal' | 'models' | 'stage' | 'alias'>

/** The grants of one right whose models match a model. */
export type ModelGrants = {
  /** Whether there is such a grant; if not, MLflow's permissions decide. */
  readonly named: boolean
  /** Whether the caller has such a grant. */
  readonly held: boolean
  /** The same of those grants that are for no place, and so for all. */
  readonly everywhere: { readonly named: boolean; readonly held: boolean }
  /** Of these places, those that a grant names. */
  namedPlaces(places: Places): string[]
  /** Of these places, those that a grant names but none of the caller's grants does. */
  blockedPlaces(places: Places): string[]
}

/** A stage or an alias. */
export type OnePlace = { readonly stage?: string | undefined; readonly alias?: string | undefined }

/**
 * Whether the caller may approve moves of the model to a place. Everybody may, as long as no grant names
 * the model with that place, or with all places.
 */
export async function mayApprove(ctx: Context, model: string, place: OnePlace): Promise<boolean> {
  if (mayAll(ctx)) return true
  const { everywhere, ...grants } = await readModelGrants(ctx, 'approve', model)
  if (everywhere.held) return true
  const places = placesOf(place)
  const isNamed = grants.namedPlaces(places).length > 0
  return isNamed ? grants.blockedPlaces(places).length === 0 : !everywhere.named
}

/** Why a caller who `mayApprove` refuses is refused. */
export function needsApproveGrant(model: string, place: OnePlace): string {
  const name = place.stage ?? place.alias ?? ''
  const kind = place.stage === undefined ? 'alias' : 'stage'
  return needsGrant('approve', model, [`${kind} '${excerpt(name)}'`])
}

function placesOf({ stage, alias }: OnePlace): Places {
  return {
    stages: stage === undefined ? [] : [stage],
    aliases: alias === undefined ? [] : [alias],
  }
}

/** Grants of `right` whose models match; empty where nothing is judged. */
export async function readModelGrants(
  ctx: Context,
  right: 'register' | 'promote' | 'approve',
  model: string,
): Promise<ModelGrants> {
  const all = mayAll(ctx) ? [] : await readGrants(ctx, right)
  const ours = all.filter((grant) => matchesGlob(grant.models, model))
  const holders = new Set(holdersOf(ctx.principal))
  const held = ours.filter(({ principal }) => holders.has(principal))
  const stages = ours.some(({ stage }) => stage.includes('*'))
    ? await readStageKeys(ctx)
    : new Set()
  const isEverywhere = ({ stage, alias }: GrantRow) => stage === '' && alias === ''
  const namedBy = (places: Places, of: readonly GrantRow[]) =>
    namedPlaces(
      places,
      of.filter((grant) => !isEverywhere(grant)),
      stages,
    )
  return {
    named: ours.length > 0,
    held: held.length > 0,
    everywhere: { named: ours.some(isEverywhere), held: held.some(isEverywhere) },
    namedPlaces: (places) => namedBy(places, ours),
    blockedPlaces(places) {
      const own = new Set(namedBy(places, held))
      return namedBy(places, ours).filter((place) => !own.has(place))
    },
  }
}

/**
 * The places that one of the grants names, in words: `stage 'Production'`. A stage and an
 * alias of one name are one place, so a grant on either names both.
 *
 * @param stageKeys the names of all stages, where a grant has a glob of stages
 */
function namedPlaces(
  { stages = [], aliases = [] }: Places,
  of: readonly GrantRow[],
  stageKeys: ReadonlySet<unknown>,
): string[] {
  const stageNamed = (stage: string) => of.some((g) => namesStage(g.stage || g.alias, stage))
  const aliasNamed = (alias: string) =>
    of.some((g) =>
      g.stage.includes('*') && !stageKeys.has(placeKey(alias))
        ? false
        : matchesPlace(g.stage || g.alias, alias),
    )
  return [
    ...[...new Set(stages)].filter(stageNamed).map((stage) => `stage '${excerpt(stage)}'`),
    ...[...new Set(aliases)].filter(aliasNamed).map((alias) => `alias '${excerpt(alias)}'`),
  ]
}

/**
 * Whether a grant names the stage, in upper or lower case. Every version starts in None, and leaving
 * it is entering another stage: so no glob matches None, only its own name.
 */
function namesStage(glob: string, stage: string): boolean {
  if (stage === 'None' && glob.includes('*')) return false
  return matchesPlace(glob, stage)
}

/** The names of all stages, as places are compared. */
async function readStageKeys(ctx: Context): Promise<ReadonlySet<string>> {
  const rows = await readOnce(ctx, sql<{ name: string }>`select name from stages`)
  return new Set(rows.map(({ name }) => placeKey(name)))
}

/** Whether the caller has a grant of the right for the model; without a model, one for all models. */
export async function hasGrant(
  ctx: Context,
  right: Right,
  model: string | undefined,
): Promise<boolean> {
  if (mayAll(ctx)) return true
  const holders = new Set(holdersOf(ctx.principal))
  return (await readGrants(ctx, right)).some(
    (grant) =>
      holders.has(grant.principal) &&
      (model === undefined ? /^\*+$/.test(grant.models) : matchesGlob(grant.models, model)),
  )
}

function readGrants(ctx: Context, right: Right): Promise<readonly GrantRow[]> {
  return readOnce(
    ctx,
    sql<GrantRow>`select principal, models, stage, alias from grants
      where workspace = ${ctx.workspace} and action = ${right}`,
  )
}

/** Whose grants a principal has, as grants name them: its own and those of its groups. */
export function holdersOf({ kind, name, groups }: Principal): string[] {
  return [principalKey(kind, name), ...groups.map((group) => `group:${group}`)]
}

/** A principal as grants name it: `user:ada`, `service:trainer`. */
function principalKey(kind: Principal['kind'], name: string): string {
  return name.startsWith(`${kind}:`) ? name : `${kind}:${name}`
}

/** Why a caller without the grant is refused. */
export function needsGrant(right: Right, model: string, places: readonly string[]): string {
  const where = places.length === 0 ? '' : `, ${places.join(', ')}`
  return `only holders of a grant of '${right}' for model '${excerpt(model)}'${where} may`
}

/** The error for a caller who may not do something. */
export function denied(ctx: Context, why: string): RegistryError {
  return new RegistryError(
    'PERMISSION_DENIED',
    `${messages.denied}. '${ctx.principal.name}' may not do this: ${why}`,
  )
}
