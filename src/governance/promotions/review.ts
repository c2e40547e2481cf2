import { sql } from 'drizzle-orm'
import { commit } from '../../audit/record.ts'
import { conflict, excerpt, RegistryError } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import type { promotionChecks, promotionReviews } from '../tables.ts'
import { type Review, whyNotApprove } from './approvals.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import { mergePromotion } from './merge.ts'
import type { Promotion } from './promotion.ts'
import { endedHere, ending, getPromotion, notOpen, recordPromotion } from './promotions.ts'
import { reviewFrom } from './snapshot.ts'

const attemptsMax = 5

/**
 * Approve, reject or comment. A rejection ends the request; an approval may merge it, where a policy
 * says so. It is written only as long as what the reviewer may do, and what was reviewed, still hold.
 *
 * @throws PERMISSION_DENIED the caller may not decide; the message says why
 * @throws RESOURCE_CONFLICT the request is not open any more
 */
export async function reviewPromotion(
  ctx: Context,
  id: number,
  decision: Review['decision'],
  comment: string | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getPromotion(ctx, id)
    if (promotion.status !== 'open' || promotion.expiresAtMs <= ctx.now()) throw notOpen(promotion)
    const assessment = await assess(ctx, questionOf(promotion), 'known')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    if (decision !== 'comment') refuseReviewer(ctx, assessment)
    if (await reviewed(ctx, promotion, assessment, { decision, comment })) {
      if (decision === 'approve') await mergeIfAutomatic(ctx, promotion)
      return
    }
  }
  throw conflict(`Promotion request #${id} kept changing while it was being reviewed; try again`)
}

/** @throws PERMISSION_DENIED under none of the policies may the caller decide */
function refuseReviewer(ctx: Context, { policies, parties }: Assessment): void {
  const reasons = policies.map(({ document }) =>
    whyNotApprove(ctx.principal, document.approvals, parties),
  )
  const [reason] = reasons
  if (reasons.length === 0 || reasons.some((why) => why === undefined)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(ctx.principal.name)}' may not review this request: ${reason}`,
  )
}

async function reviewed(
  ctx: Context,
  { id }: Promotion,
  { unchanged, reviewedNow }: Assessment,
  { decision, comment }: { decision: Review['decision']; comment: string | undefined },
): Promise<boolean> {
  const said = sql`json_object('decision', ${decision}, 'comment', ${comment ?? null})`
  const review = sql`insert into promotion_reviews
      (promotion, reviewer, principal, decision, comment, at_ms, reviewed)
    select id, ${ctx.principal.name}, ${principalText(ctx.principal)}, ${decision},
      ${comment ?? null}, ${ctx.now()}, ${reviewedNow}
    from promotions where id = ${id} and status = 'open' and ${unchanged} returning id`
  const written = sql`id = ${id} and changes() = 1`
  const [rows] = await commit(ctx, [
    review,
    recordPromotion(ctx, 'promotion.reviewed', written, { more: said }),
    ...(decision === 'reject'
      ? [
          ending(ctx, id, 'rejected', { guard: sql`changes() = 1` }),
          recordPromotion(ctx, 'promotion.rejected', endedHere(ctx, id), { reason: comment }),
        ]
      : []),
  ])
  return rows?.length === 1
}

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
    recordPromotion(ctx, 'promotion.checked', sql`id = ${id} and changes() = 1`, {
      more: sql`json_object('check', ${name}, 'status', ${status}, 'url', ${url}, 'summary', ${summary})`,
    }),
  ])
  if (!written?.length) throw notOpen(await getPromotion(ctx, id))
  await mergeIfAutomatic(ctx, promotion)
}

/** Merge a request whose policies say that it merges by itself, if nothing blocks it any more. */
export async function mergeIfAutomatic(ctx: Context, promotion: Promotion): Promise<boolean> {
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  if (!assessment || assessment.policies.length === 0) return false
  const isAutomatic = assessment.policies.every(({ document }) => document.auto_promote)
  if (!isAutomatic || assessment.judgement.blockedBy.length > 0) return false
  try {
    await mergePromotion({ ...ctx, principal: gatehouse }, promotion.id)
    return true
  } catch (err) {
    // Blocked after all, or merged by another: what was asked for is done and stands.
    if (err instanceof RegistryError) return false
    throw err
  }
}

/** Who merges what merges by itself. */
export const gatehouse = {
  name: 'gatehouse',
  kind: 'service',
  verified: true,
  groups: [],
  isAdmin: true,
} as const

/** Close the follow-up that a break-glass merge left open. @throws PERMISSION_DENIED, RESOURCE_CONFLICT */
export async function followUp(
  ctx: Context,
  id: number,
  comment: string | undefined,
): Promise<void> {
  const promotion = await getPromotion(ctx, id)
  if (!promotion.breakGlass || promotion.followedUpBy !== null) {
    throw conflict(`Promotion request #${id} has no follow-up review open`)
  }
  const brokeIt = promotion.decidedBy?.name === ctx.principal.name
  if (brokeIt || promotion.requestedBy.name === ctx.principal.name || !ctx.principal.verified) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      'The follow-up review is for somebody else, signed in: neither who asked nor who broke the glass',
    )
  }
  const [closed] = await commit(ctx, [
    sql`update promotions set followed_up_by = ${ctx.principal.name}
      where id = ${id} and break_glass = 1 and followed_up_by is null returning id`,
    recordPromotion(ctx, 'promotion.followed_up', sql`id = ${id} and changes() = 1`, {
      reason: comment,
    }),
  ])
  if (!closed?.length) throw conflict(`Promotion request #${id} has no follow-up review open`)
}

type ReviewRow = typeof promotionReviews.$inferSelect
export type CheckRow = typeof promotionChecks.$inferSelect

/** All that was said and posted for a request, oldest first. */
export async function discussionOf(
  ctx: Context,
  { id }: Promotion,
): Promise<{ readonly reviews: readonly Review[]; readonly checks: readonly CheckRow[] }> {
  const [reviews, checks] = await ctx.db.batch([
    sql`select * from promotion_reviews where promotion = ${id} order by id`,
    sql`select * from promotion_checks where promotion = ${id} order by name`,
  ])
  return { reviews: (reviews as ReviewRow[]).map(reviewFrom), checks: checks as CheckRow[] }
}
