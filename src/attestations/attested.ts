import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'

/** What a gate asks for: a statement of this type by the key of this name. */
export type WantedAttestation = { readonly predicate: string; readonly key: string }

/** What there is of it. */
export type AttestedFact = {
  /** A key of this name is trusted. */
  readonly isKeyKnown: boolean
  /** The newest such statement. */
  readonly attestation?: {
    readonly id: number
    readonly result: string | null
    readonly atMs: number
  }
}

/**
 * The newest statement of each wanted type about a version by the key that has the wanted name now.
 *
 * @param id `model_versions.id`
 * @returns in the order wanted, and a condition that is true as long as all of it is so
 */
export async function findAttested(
  ctx: Context,
  id: number,
  wanted: readonly WantedAttestation[],
): Promise<{ readonly facts: readonly AttestedFact[]; readonly isStill: SQL }> {
  if (wanted.length === 0) return { facts: [], isStill: sql`1` }
  const asked = wanted.map(({ predicate, key }) => [predicate, key])
  const found = await ctx.db.all(sql<{ found: string }>`select ${foundSql(ctx, id)} as found
    from json_each(${JSON.stringify(asked)}) w order by w.key`)
  const seen = asked.map((pair, i) => [...pair, found[i]?.found])
  return {
    facts: found.map((row) => factFrom(JSON.parse(row.found))),
    isStill: sql`not exists (select 1 from json_each(${JSON.stringify(seen)}) w
      where w.value ->> 2 is not ${foundSql(ctx, id)})`,
  }
}

/** JSON of the key's hint and the newest statement; `w.value` has type and name. */
function foundSql(ctx: Context, id: number): SQL {
  const hint = sql`(select t.hint from trusted_keys t
    where t.workspace = ${ctx.workspace} and t.name = w.value ->> 1)`
  return sql`json_array(${hint}, json((select json_array(a.id, a.result, a.sent_at_ms)
    from attestations a where a.model_version = ${id} and a.predicate_type = w.value ->> 0
      and a.hint = ${hint} order by a.id desc limit 1)))`
}

type Found = [string | null, [number, string | null, number] | null]

function factFrom([hint, newest]: Found): AttestedFact {
  if (!newest) return { isKeyKnown: hint !== null }
  const [id, result, atMs] = newest
  return { isKeyKnown: hint !== null, attestation: { id, result, atMs } }
}
