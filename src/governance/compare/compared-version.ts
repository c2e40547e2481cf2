import { type SQL, sql } from 'drizzle-orm'
import { placeKey } from '../../core/place.ts'
import type { Context } from '../../platform/context.ts'
import { readFacts } from '../../registry/facts/refresh-facts.ts'
import { lastHolderRead, placeNamesRead } from '../history/stage-log.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom, type RegisteredFacts } from '../policies/read-facts.ts'

/**
 * A select of the id of the version, other than the candidate, that is in a place: the one in the
 * target itself or, if there is none, one that has the stage or alias of the same name.
 *
 * @param spellings further names of the place: see `oddNamesRead`
 */
export function holderNow(
  candidate: number,
  target: PromotionTarget,
  spellings: readonly string[],
): SQL {
  const model = sql`(select registered_model from model_versions where id = ${candidate})`
  const [stageRank, aliasRank, name] =
    target.alias === undefined ? [0, 1, target.stage] : [2, 0, target.alias]
  const key = placeKey(name)
  const odd = sql`(select value from json_each(${JSON.stringify(spellings)}))`
  return sql`select id from (
      select h.id, h.version, ${stageRank} as rank from model_versions h
      where h.registered_model = ${model}
        and h.stage in (select name from stages where name_key = ${key} or name in ${odd})
      union all
      select h.id, h.version, iif(a.alias = ${name}, ${aliasRank}, 1) from aliases a
      join model_versions h on h.registered_model = a.registered_model and h.version = a.version
      where a.registered_model = ${model} and (lower(a.alias) = ${key} or a.alias in ${odd}))
    where id <> ${candidate} order by rank, version desc limit 1`
}

/**
 * The statement that reads the names of places that SQL cannot compare without case, since it folds
 * ASCII alone: `placesNamed` picks from its rows.
 */
export function oddNamesRead(candidate: number): SQL<{ name: string }> {
  const isOdd = (name: SQL) => sql`${name} glob '*[^ -~]*'`
  return sql<{ name: string }>`select name from stages where ${isOdd(sql`name`)}
    union select alias from aliases where ${isOdd(sql`alias`)} and registered_model =
      (select registered_model from model_versions where id = ${candidate})`
}

/** Those of `names` that name the place of a target. */
export function placesNamed(
  names: readonly { readonly name: string }[],
  target: PromotionTarget,
): string[] {
  const key = placeKey(target.alias ?? target.stage)
  return names.map(({ name }) => name).filter((name) => placeKey(name) === key)
}

type Compared = {
  readonly candidate: Pick<VersionFacts, 'id' | 'version'>
  readonly target: PromotionTarget
  readonly policies: readonly Policy[]
}

/** The version that was in a place before it was emptied. */
export type LastHolder = {
  readonly facts?: RegisteredFacts | undefined
  /** The number of that version, if it was deleted. */
  readonly lost?: number | undefined
}

/**
 * The version, other than the candidate, that was last in a place, from the audit log: emptying a
 * place must not make a gate easier. It is read only if a gate compares with it.
 */
export async function readLastHolder(
  ctx: Context,
  { candidate, target, policies }: Compared,
): Promise<LastHolder> {
  const { id, version } = candidate
  if (!policies.some(({ document }) => document.gates.some(({ type }) => comparing.has(type)))) {
    return {}
  }
  const model = sql`(select registered_model from model_versions where id = ${id})`
  const names = placesNamed(await ctx.db.all(placeNamesRead(model)), target)
  const [last] = await ctx.db.all(lastHolderRead(model, names, { but: version }))
  if (!last) return {}
  if (last.id === null) return { lost: last.version }
  await readFacts(ctx, [last.id])
  const facts = factsFrom(await ctx.db.batch(factReads(sql`select ${last.id}`)))
  const found = facts.get(last.id)
  return found ? { facts: found } : { lost: last.version }
}

const comparing: ReadonlySet<string> = new Set(['expression', 'signature_compatible'])
