import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import { type PrincipalRecord, principalRecord, principalText } from '../../core/principal.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import type { Context } from '../../platform/context.ts'
import { whyNotCounted } from '../policies/gates.ts'
import type { promotionChecks } from '../tables.ts'
import { assess, keepJudgement, questionOf } from './assess.ts'
import { type JudgedPromotion, mergeIfAutomatic } from './merge.ts'
import type { Promotion } from './promotion.ts'
import { getPromotion, notOpen, promotionEntry } from './promotions.ts'
import { callerBytesMax } from './review.ts'

export type PostedCheck = {
  readonly name: string
  readonly status: 'queued' | 'pending' | 'passed' | 'failed'
  readonly url: string | undefined
  readonly summary: string | undefined
}

/** A pipeline's result for a request, as it is kept. */
export type Check = PostedCheck & {
  readonly postedBy: PrincipalRecord
  readonly atMs: number
  /** Digest of the files that it was made for; null: the version was not sealed. */
  readonly digest: string | null
}

export type CheckRow = typeof promotionChecks.$inferSelect

export function checkFrom(row: CheckRow): Check {
  return {
    name: row.name,
    // Only these are ever written.
    status: row.status as Check['status'],
    url: row.url ?? undefined,
    summary: row.summary ?? undefined,
    postedBy: JSON.parse(row.posted_by),
    atMs: row.at_ms,
    digest: row.digest,
  }
}

const boundColumn = 'promotion_checks.status'

/**
 * Take a pipeline's result for an open request; it counts for the files that the version has now.
 * If the request waited only for this, it may merge by itself.
 *
 * @returns the request afterwards
 * @throws PERMISSION_DENIED a result that counts is there, and the caller's would not count
 * @throws RESOURCE_CONFLICT the request is not open any more
 * @throws INVALID_PARAMETER_VALUE the caller has posted too much for it
 */
export async function postCheck(
  ctx: Context,
  id: number,
  check: PostedCheck,
): Promise<JudgedPromotion> {
  const { name, status, url = null, summary = null } = check
  const promotion = await getPromotion(ctx, id)
  await refuseReplacing(ctx, promotion, name)
  const write = commit(ctx, {
    written: sql<{ name: string }>`insert into promotion_checks
        (promotion, name, status, url, summary, digest, posted_by, at_ms)
      select p.id, ${name}, ${status}, ${url}, ${summary}, s.digest, ${principalText(ctx.principal)},
        ${ctx.now()}
      from promotions p join model_versions v on v.id = p.model_version
      left join manifests s on s.id = v.manifest
      where p.id = ${id} and p.status = 'open' and p.expires_at_ms > ${ctx.now()}
      on conflict (promotion, name) do update set status = excluded.status, url = excluded.url,
        summary = excluded.summary, digest = excluded.digest, posted_by = excluded.posted_by,
        at_ms = excluded.at_ms
      returning name`,
    entry: promotionEntry(ctx, 'promotion.checked', {
      where: sql`id = ${id} and changes() = 1`,
      more: sql`json_object('check', ${name}, 'status', ${status}, 'url', ${url}, 'summary', ${summary})`,
    }),
    bound: sumBound({
      column: boundColumn,
      which: sql`promotion = ${id} and posted_by ->> 'name' = ${ctx.principal.name}`,
      bytes: sql`octet_length(name) + coalesce(octet_length(url), 0) + coalesce(octet_length(summary), 0)`,
      bytesMax: callerBytesMax,
    }),
  })
  const { written } = await refuseOver(write, {
    column: boundColumn,
    message: `'${excerpt(ctx.principal.name)}' has posted as many checks for promotion request #${id} as one may: ${callerBytesMax} bytes in sum`,
  })
  if (written.length === 0) throw notOpen(await getPromotion(ctx, id))
  const merging = await mergeIfAutomatic(ctx, promotion)
  if (merging.judged) await keepJudgement(ctx, id, merging.judged)
  return merging
}

/** A result that does not count cannot replace one that does. */
async function refuseReplacing(ctx: Context, promotion: Promotion, name: string): Promise<void> {
  const stands = await ctx.db.first(
    sql`select 1 from promotion_checks where promotion = ${promotion.id} and name = ${name}`,
  )
  if (!stands || promotion.status !== 'open') return
  const found = await assess(ctx, questionOf(promotion), 'known')
  const standing = found?.checks.get(name)
  if (!found || !standing) return
  const caller = principalRecord(ctx.principal)
  for (const { document, accounts } of found.policies) {
    for (const gate of document.gates) {
      if (gate.type !== 'check' || gate.check !== name) continue
      const { parties } = found
      const why = whyNotCounted(caller, gate, { parties, accounts })
      if (why === undefined || whyNotCounted(standing.postedBy, gate, { parties, accounts }))
        continue
      throw new RegistryError(
        'PERMISSION_DENIED',
        `A result of check '${excerpt(name)}' by '${excerpt(standing.postedBy.name)}' stands; yours would not count: ${why}`,
      )
    }
  }
}
