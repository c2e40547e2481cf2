import { type SQL, sql } from 'drizzle-orm'
import { controllerRead, controllersFrom } from '../access/accounts/controllers.ts'
import {
  type PrincipalRow,
  principalColumns,
  principalFrom,
} from '../access/accounts/principals.ts'
import { requireModelVersion } from '../access/permissions/require.ts'
import { mayApprove } from '../access/permissions/rights.ts'
import { RegistryError } from '../core/error.ts'
import { type Principal, principalRecord, type SomeAccount } from '../core/principal.ts'
import type { BatchRows } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import type { Review } from './approvals.ts'
import type { promotionReviews } from './tables.ts'

export type ReviewRow = typeof promotionReviews.$inferSelect

/**
 * The statements that read reviews and who their reviewers are now, for a batch.
 *
 * @param promotions a select of `promotions.id`
 */
export function reviewReads(ctx: Context, promotions: SQL) {
  const accounts = sql`select account from promotion_reviews where promotion in (${promotions})
    union select cast(requested_by ->> 'account' as integer) from promotions where id in (${promotions})
    union select cast(posted_by ->> 'account' as integer) from promotion_checks
      where promotion in (${promotions})
    union select ${ctx.principal.accountId ?? null}`
  return {
    reviews: sql<ReviewRow>`select * from promotion_reviews
      where promotion in (${promotions}) order by id`,
    people: sql<PrincipalRow>`select ${principalColumns} from accounts a where a.id in (${accounts})`,
    controllers: controllerRead(accounts),
  }
}

/** Who the reviewers, the requesters and the caller are now. */
export type People = {
  readonly accounts: ReadonlyMap<number, PrincipalRow>
  readonly controllers: ReadonlyMap<string, readonly SomeAccount[]>
}

type ReviewRows = BatchRows<ReturnType<typeof reviewReads>>

export function peopleFrom({
  people,
  controllers,
}: Pick<ReviewRows, 'people' | 'controllers'>): People {
  return {
    accounts: new Map(people.map((row) => [row.id, row])),
    controllers: controllersFrom(controllers),
  }
}

/** The reviews of each request, oldest first, by `promotions.id`. */
export function reviewsOfEach({ reviews }: Pick<ReviewRows, 'reviews'>): Map<number, ReviewRow[]> {
  return Map.groupBy(reviews, ({ promotion }) => promotion)
}

/**
 * A review with its reviewer as they are now. Groups are those that the account is in now, and
 * those that an outside issuer sent when the reviewer signed in: the server learns of no later
 * changes.
 *
 * @param model its present name
 */
export async function findStandingReview(
  ctx: Context,
  row: ReviewRow,
  { model, people }: { readonly model: string; readonly people: People },
): Promise<Review> {
  const review = reviewFrom(row)
  if (review.decision !== 'approve' || !review.principal.verified) return review
  const found = row.account === null ? undefined : people.accounts.get(row.account)
  if (!found) return { ...review, fallen: 'the account of the approver is gone' }
  const principal = presentPrincipal(ctx, row, found)
  const fallen = await lostRight({ ...ctx, principal, permissionReads: new Map() }, model)
  return { ...review, principal: principalRecord(principal), fallen }
}

function presentPrincipal(ctx: Context, row: ReviewRow, found: PrincipalRow): Principal {
  const groups: string[] = JSON.parse(row.claimed_groups)
  const { oidc, tokenIssuers } = ctx.settings
  const adminGroups = [oidc?.adminGroup, ...tokenIssuers.map(({ adminGroup }) => adminGroup)]
  return principalFrom(found, {
    groups,
    adminGroup: adminGroups.find((g) => g && groups.includes(g)),
  })
}

/** Why somebody who could approve no longer may, by the present grants and permissions. */
async function lostRight(ctx: Context, model: string): Promise<string | undefined> {
  if (!(await mayApprove(ctx, model))) return "the approver has no grant of 'approve' any more"
  try {
    await requireModelVersion(ctx, model, 'READ')
    return undefined
  } catch (err) {
    const isRefused =
      err instanceof RegistryError &&
      (err.code === 'PERMISSION_DENIED' || err.code === 'RESOURCE_DOES_NOT_EXIST')
    if (!isRefused) throw err
    return 'the approver may not read the version any more'
  }
}

/**
 * The latest decision of each reviewer. Comments are not decisions and replace none.
 *
 * @param reviews oldest first
 */
export function standingOf(reviews: readonly Review[]): Review[] {
  const latest = new Map<string, Review>()
  for (const review of reviews) {
    const { account, name } = review.principal
    if (review.decision !== 'comment') latest.set(account ?? `name ${name}`, review)
  }
  return [...latest.values()]
}

export function reviewFrom(row: ReviewRow): Review {
  const principal = JSON.parse(row.principal)
  return {
    id: row.id,
    principal: row.account === null ? principal : { ...principal, account: String(row.account) },
    // Only these are ever written.
    decision: row.decision as Review['decision'],
    comment: row.comment,
    atMs: row.at_ms,
    reviewed: row.reviewed,
  }
}
