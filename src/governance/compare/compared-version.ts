import { type SQL, sql } from 'drizzle-orm'
import { placeKey } from '../../core/place.ts'
import type { Context } from '../../platform/context.ts'
import { readFacts } from '../../registry/facts/refresh-facts.ts'
import { lastHolderRead } from '../history/stage-log.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom, type RegisteredFacts } from '../policies/read-facts.ts'

/**
 * A select of the id of the version, other than the candidate, that is in a place: the one in the
 * target itself or, if there is none, one that has the stage or alias of the same name.
 */
export function holderNow(candidate: number, target: PromotionTarget): SQL {
  const model = sql`(select registered_model from model_versions where id = ${candidate})`
  const [stageRank, aliasRank, name] =
    target.alias === undefined ? [0, 1, target.stage] : [2, 0, target.alias]
  const key = placeKey(name)
  return sql`select id from (
      select h.id, h.version, ${stageRank} as rank from model_versions h
      where h.registered_model = ${model}
        and h.stage in (select name from stages where name_key = ${key})
      union all
      select h.id, h.version, iif(a.alias = ${name}, ${aliasRank}, 1) from aliases a
      join model_versions h on h.registered_model = a.registered_model and h.version = a.version
      where a.registered_model = ${model} and lower(a.alias) = ${key})
    where id <> ${candidate} order by rank, version desc limit 1`
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
  const [last] = await ctx.db.all(
    lastHolderRead(model, target.alias ?? target.stage, { but: version }),
  )
  if (!last) return {}
  if (last.id === null) return { lost: last.version }
  await readFacts(ctx, [last.id])
  const facts = factsFrom(await ctx.db.batch(factReads(sql`select ${last.id}`)))
  const found = facts.get(last.id)
  return found ? { facts: found } : { lost: last.version }
}

const comparing: ReadonlySet<string> = new Set(['expression', 'signature_compatible'])
