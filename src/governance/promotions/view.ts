import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import type { ApprovalState, Review } from '../approvals.ts'
import { type ReviewRow, reviewFrom } from '../approvers.ts'
import { type ClosedVersions, readClosedOf, showGatesToAll, shownEvidence } from '../closed-runs.ts'
import type { Seen } from '../seen.ts'
import { type Assessment, assessPromotion, evidenceOf, unjudged } from './assess.ts'
import { type Check, type CheckRow, checkFrom } from './checks.ts'
import { blocksOf, type GateResult } from './judge.ts'
import { type Evidence, type Promotion, promotionUrl } from './promotion.ts'
import { findPromotion } from './promotions.ts'

/** A request with all that a reviewer needs: its last judgement, or the one that decided it. */
export type PromotionView = Promotion & {
  readonly gates: readonly GateResult[]
  readonly approvals: Pick<ApprovalState, 'required' | 'given' | 'missing'>
  readonly policies: readonly { readonly name: string; readonly revision: number }[]
  /** What was judged, with `policies`: what a decision says that it saw. */
  readonly seen: Omit<Seen, 'policies'> | undefined
  readonly blockedBy: readonly string[]
  readonly canMerge: boolean
  readonly reviews: readonly (Review & { readonly dismissed?: string | undefined })[]
  readonly checks: readonly Check[]
}

const noApprovals = { required: 0, given: 0, missing: [] }

/**
 * A request as it stands now, or as it was decided.
 *
 * @param judged what the caller judged just now; absent: an open request is judged
 */
export async function viewPromotion(
  ctx: Context,
  promotion: Promotion,
  judged?: Assessment,
): Promise<PromotionView> {
  if (promotion.status !== 'open')
    return viewOf(promotion, await readRest(ctx, [promotion]), promotion)
  if (promotion.expiresAtMs <= ctx.now()) {
    return viewOf(promotion, await readRest(ctx, [promotion]), notJudged)
  }
  let failure: unknown
  const now =
    judged ??
    (await assessPromotion(ctx, promotion, 'known').catch((err) => {
      if (err instanceof RegistryError) throw err
      failure = err
    }))
  const evidence = now ? evidenceOf(now) : null
  const rest = await readRest(ctx, [{ ...promotion, evidence }])
  if (now) {
    return viewOf(promotion, rest, { evidence, judgedAtMs: now.judgedAtMs, canMerge: true })
  }
  const view = viewOf(promotion, rest, notJudged)
  if (failure === undefined) return { ...view, blockedBy: ['the version is gone'] }
  logError({
    event: 'request not judged',
    requestId: ctx.requestId,
    promotion: promotion.id,
    error: failureText(failure),
  })
  return { ...view, blockedBy: [unjudged] }
}

/** What those are told of a request who get its events. */
export type ToldPromotion = {
  readonly url: string
  readonly status: Promotion['status']
  readonly target: Promotion['target']
  readonly requestedBy: string
  readonly reason: string | null
  readonly gates: readonly GateResult[]
  readonly approvals: PromotionView['approvals']
  readonly blockedBy: readonly string[]
}

/**
 * A request as it stands, by its last judgement, as all may see it who may read the model.
 *
 * @returns undefined: there is no such request in this workspace
 */
export async function viewPromotionForAll(
  ctx: Context,
  id: number,
): Promise<ToldPromotion | undefined> {
  const promotion = await findPromotion(ctx, id)
  if (!promotion) return undefined
  const isNew = promotion.status === 'open' && !promotion.evidence
  const [view] = isNew
    ? [await viewPromotion(ctx, promotion)]
    : await viewPromotions(ctx, [promotion])
  if (!view) return undefined
  const gates = await showGatesToAll(ctx, view.gates)
  const { status, target, requestedBy, reason, approvals } = view
  // `blockedBy` of an open request may say why it cannot be judged.
  const blockedBy = gates === view.gates ? view.blockedBy : blocksOf(gates, view.approvals)
  return {
    url: promotionUrl(ctx, id),
    ...{ status, target, requestedBy: requestedBy.name, reason, gates, approvals, blockedBy },
  }
}

/** Requests with their last judgements, in a fixed number of statements: nothing is judged. */
export async function viewPromotions(
  ctx: Context,
  promotions: readonly Promotion[],
): Promise<PromotionView[]> {
  const rest = await readRest(ctx, promotions)
  const now = ctx.now()
  return promotions.map((promotion) => {
    const isOpen = promotion.status === 'open' && promotion.expiresAtMs > now
    const view = viewOf(promotion, rest, { ...promotion, canMerge: isOpen })
    return isOpen && !promotion.evidence ? { ...view, blockedBy: ['it is not judged yet'] } : view
  })
}

const notJudged = { evidence: null, judgedAtMs: null }

function viewOf(
  promotion: Promotion,
  { discussions, closed }: Rest,
  judgement: {
    readonly evidence: Evidence | null
    readonly judgedAtMs: number | null
    /** Whether it is not merged yet. */
    readonly canMerge?: boolean
  },
): PromotionView {
  const { judgedAtMs, canMerge = false } = judgement
  const evidence = judgement.evidence && shownEvidence(promotion, judgement.evidence, closed)
  return {
    ...promotion,
    judgedAtMs,
    gates: evidence?.gates ?? [],
    approvals: evidence?.approvals ?? noApprovals,
    policies: evidence?.policies ?? [],
    seen: evidence ? seenIn(evidence, closed.versions.has(promotion.modelVersionId)) : undefined,
    blockedBy: evidence?.blocked_by ?? [],
    canMerge: canMerge && evidence?.blocked_by.length === 0,
    reviews: (discussions.reviews.get(promotion.id) ?? []).map((review) => ({
      ...review,
      dismissed: promotion.status === 'open' ? evidence?.dismissed?.[review.id] : undefined,
    })),
    checks: discussions.checks.get(promotion.id) ?? [],
  }
}

type Rest = { readonly discussions: Discussions; readonly closed: ClosedVersions }

/** What views have beside the judgements, which tell what of them the caller may see. */
async function readRest(ctx: Context, promotions: readonly Promotion[]): Promise<Rest> {
  const [discussions, closed] = await Promise.all([
    readDiscussions(ctx, promotions),
    readClosedOf(ctx, promotions),
  ])
  return { discussions, closed }
}

/** @param isClosed the caller may not read the facts, and their digest would tell of them */
function seenIn(
  { digest, card_revision, facts_digest, compared_version }: Evidence,
  isClosed: boolean,
): PromotionView['seen'] {
  if (digest === undefined || card_revision === undefined) return undefined
  return {
    digest,
    cardRevision: card_revision,
    comparedWith: compared_version,
    ...(!isClosed && { factsDigest: facts_digest }),
  }
}

/** By `promotions.id`: all reviews, oldest first, and all checks, by name. */
type Discussions = {
  readonly reviews: ReadonlyMap<number, readonly Review[]>
  readonly checks: ReadonlyMap<number, readonly Check[]>
}

async function readDiscussions(
  ctx: Context,
  promotions: readonly Pick<Promotion, 'id'>[],
): Promise<Discussions> {
  const ids = JSON.stringify(promotions.map(({ id }) => id))
  const { reviews, checks } = await ctx.db.batch({
    reviews: sql<ReviewRow>`select * from promotion_reviews
      where promotion in (select value from json_each(${ids})) order by id`,
    checks: sql<CheckRow>`select * from promotion_checks
      where promotion in (select value from json_each(${ids})) order by promotion, name`,
  })
  return { reviews: byPromotion(reviews, reviewFrom), checks: byPromotion(checks, checkFrom) }
}

function byPromotion<R extends { promotion: number }, T>(
  rows: readonly R[],
  from: (row: R) => T,
): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const row of rows)
    groups.set(row.promotion, [...(groups.get(row.promotion) ?? []), from(row)])
  return groups
}
