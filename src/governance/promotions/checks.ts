import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { mergeIfAutomatic } from './merge.ts'
import { getPromotion, notOpen, promotionEntry } from './promotions.ts'

export type PostedCheck = {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'pending'
  readonly url: string | undefined
  readonly summary: string | undefined
}

/**
 * Take a pipeline's result for an open request; it counts for the files that the version has now.
 *
 * @throws RESOURCE_CONFLICT the request is not open any more
 */
export async function postCheck(ctx: Context, id: number, check: PostedCheck): Promise<void> {
  const { name, status, url = null, summary = null } = check
  const promotion = await getPromotion(ctx, id)
  const [written] = await commit(ctx, [
    sql`insert into promotion_checks (promotion, name, status, url, summary, digest, posted_by, at_ms)
      select p.id, ${name}, ${status}, ${url}, ${summary}, s.digest, ${principalText(ctx.principal)},
        ${ctx.now()}
      from promotions p join model_versions v on v.id = p.model_version
      left join manifests s on s.id = v.manifest
      where p.id = ${id} and p.status = 'open' and p.expires_at_ms > ${ctx.now()}
      on conflict (promotion, name) do update set status = excluded.status, url = excluded.url,
        summary = excluded.summary, digest = excluded.digest, posted_by = excluded.posted_by,
        at_ms = excluded.at_ms
      returning name`,
    promotionEntry(ctx, 'promotion.checked', sql`id = ${id} and changes() = 1`, {
      more: sql`json_object('check', ${name}, 'status', ${status}, 'url', ${url}, 'summary', ${summary})`,
    }),
  ])
  if (!written?.length) throw notOpen(await getPromotion(ctx, id))
  await mergeIfAutomatic(ctx, promotion)
}
