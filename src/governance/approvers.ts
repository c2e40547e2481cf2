import { type SQL, sql } from 'drizzle-orm'
import { controllerRead, controllersFrom } from '../access/accounts/controllers.ts'
import {
  type PrincipalRow,
  principalColumns,
  principalFrom,
} from '../access/accounts/principals.ts'
import { requireModelVersion } from '../access/permissions/require.ts'
import { mayApprove, type OnePlace } from '../access/permissions/rights.ts'
import { modelEntriesSql } from '../audit/entry.ts'
import { RegistryError } from '../core/error.ts'
import {
  isSame,
  operator,
  type Principal,
  type PrincipalRecord,
  principalRecord,
  type SomeAccount,
} from '../core/principal.ts'
import type { BatchRows } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import { fileAuthorsJson } from '../registry/versions/authors.ts'
import type { Poster, Review } from './approvals.ts'
import type { promotionReviews } from './tables.ts'

export type ReviewRow = typeof promotionReviews.$inferSelect

export type RequestsReviewed = {
  /** A select of `promotions.id`. */
  readonly promotions: SQL
  /** A select of the `model_versions.id` that they are about. */
  readonly versions: SQL
}

/**
 * The statements that read reviews, who their reviewers are now, and who controls the service accounts
 * among all those that requests are about, for a batch.
 */
export function reviewReads(ctx: Context, { promotions, versions }: RequestsReviewed) {
  // D1 takes five terms in a compound select.
  const ofRequests = sql`select account from promotion_reviews where promotion in (${promotions})
    union select cast(requested_by ->> 'account' as integer) from promotions where id in (${promotions})
    union select cast(decided_by ->> 'account' as integer) from promotions where id in (${promotions})
    union select cast(posted_by ->> 'account' as integer) from promotion_checks
      where promotion in (${promotions})`
  const ofVersions = sql`select cast(one.value ->> 'account' as integer)
      from model_versions v, json_each(${fileAuthorsJson}) one where v.id in (${versions})
    union select cast(author ->> 'account' as integer) from model_cards
      where model_version in (${versions})
    union select cast(e.actor ->> 'account' as integer) from model_versions v
      join ${modelEntriesSql('e')} on e.registered_model = v.registered_model and e.version = v.version
        and e.action in ('model_version.tag_set', 'model_version.imported') where v.id in (${versions})`
  const accounts = sql`select * from (${ofRequests}) union select * from (${ofVersions})
    union select ${ctx.principal.accountId ?? null}`
  return {
    reviews: sql<ReviewRow>`select * from promotion_reviews
      where promotion in (${promotions}) order by id`,
    ...peopleReads(accounts),
  }
}

/** The statements that read who some accounts are now. @param accounts a select of `accounts.id` */
function peopleReads(accounts: SQL) {
  return {
    people: sql<PrincipalRow>`select ${principalColumns} from accounts a where a.id in (${accounts})`,
    claims: sql<{ account: number; groups: string | null }>`select account, groups from identities
      where account in (${accounts})`,
    ourGroups: sql<{ name: string }>`select g.name from "groups" g
      where exists (select 1 from group_members m where m."group" = g.id)`,
    controllers: controllerRead(accounts),
  }
}

/** Who the reviewers, the requesters and the caller are now. */
export type People = {
  readonly accounts: ReadonlyMap<number, PrincipalRow>
  readonly controllers: ReadonlyMap<string, readonly SomeAccount[]>
  /**
   * Groups that issuers outside sent when an account signed in last. Absent: it signs in here alone;
   * undefined: its last sign-in was before this was kept.
   */
  readonly claims: ReadonlyMap<number, ReadonlySet<string> | undefined>
  /** Groups that have members here. */
  readonly ourGroups: ReadonlySet<string>
}

type ReviewRows = BatchRows<ReturnType<typeof reviewReads>>

export function peopleFrom({
  people,
  controllers,
  claims,
  ourGroups,
}: Pick<ReviewRows, 'people' | 'controllers' | 'claims' | 'ourGroups'>): People {
  const claimed = Map.groupBy(claims, ({ account }) => account)
  return {
    accounts: new Map(people.map((row) => [row.id, row])),
    controllers: controllersFrom(controllers),
    claims: new Map(
      [...claimed].map(([account, rows]) => [
        account,
        rows.some(({ groups }) => groups !== null)
          ? new Set(rows.flatMap(({ groups }): string[] => JSON.parse(groups ?? '[]')))
          : undefined,
      ]),
    ),
    ourGroups: new Set(ourGroups.map(({ name }) => name)),
  }
}

/** The reviews of each request, oldest first, by `promotions.id`. */
export function reviewsOfEach({ reviews }: Pick<ReviewRows, 'reviews'>): Map<number, ReviewRow[]> {
  return Map.groupBy(reviews, ({ promotion }) => promotion)
}

type OfReview = { readonly model: string; readonly target: OnePlace }

/**
 * A review with its reviewer as they are now. Groups are those that the account is in now, and of
 * those that an outside issuer sent when the reviewer approved, the ones that it also sent at the last
 * sign-in: the server learns of no later changes.
 *
 * @param of.model its present name
 * @param of.target what the request is for
 */
export async function findStandingReview(
  ctx: Context,
  row: ReviewRow,
  { people, ...of }: OfReview & { readonly people: People },
): Promise<Review> {
  const review = reviewFrom(row)
  if (review.decision !== 'approve' || !review.principal.verified) return review
  const found = row.account === null ? undefined : people.accounts.get(row.account)
  if (!found) return { ...review, fallen: 'the account of the approver is gone' }
  const principal = presentPrincipal(ctx, found, stillClaimed(row, people))
  const fallen = await lostRight({ ...ctx, principal, permissionReads: new Map() }, of)
  return { ...review, principal: principalRecord(principal), fallen }
}

/**
 * Who posted something, as they are now: in the groups that the account is in here now, and of the
 * others in those that an outside issuer also sent at the last sign-in.
 */
export function posterFrom(text: string, people: People): Poster {
  const record: PrincipalRecord = JSON.parse(text)
  if (record.account === undefined) return record
  const found = people.accounts.get(Number(record.account))
  if (!found) return { ...record, isGone: true }
  const groups = outsideGroups(record, people)
  return principalRecord(principalFrom(found, { groups, adminGroup: undefined }))
}

/** Who opened a request, as they are now; undefined if the account is gone. */
export function findRequesterNow(
  requester: PrincipalRecord,
  people: People,
): Principal | undefined {
  if (requester.account === undefined) {
    return isSame(requester, operator) && requester.kind === operator.kind
      ? operator
      : { ...requester, isAdmin: false }
  }
  const found = people.accounts.get(Number(requester.account))
  const groups = outsideGroups(requester, people)
  return found && principalFrom(found, { groups, adminGroup: undefined })
}

/** Somebody who wanted something done later, as they are now; undefined if the account is gone. */
export async function findPrincipalNow(
  { db }: Context,
  wanted: PrincipalRecord,
): Promise<Principal | undefined> {
  const rows = await db.batch(peopleReads(sql`select ${Number(wanted.account ?? 0)}`))
  return findRequesterNow(wanted, peopleFrom(rows))
}

function outsideGroups({ account, groups }: PrincipalRecord, people: People): string[] {
  const { claims, ourGroups } = people
  if (!claims.has(Number(account))) return []
  const latest = claims.get(Number(account))
  return groups.filter((group) => (latest ? latest.has(group) : !ourGroups.has(group)))
}

function stillClaimed({ account, claimed_groups }: ReviewRow, people: People): string[] {
  const claimed: string[] = JSON.parse(claimed_groups)
  const latest = account === null ? undefined : people.claims.get(account)
  return latest ? claimed.filter((group) => latest.has(group)) : claimed
}

function presentPrincipal(ctx: Context, found: PrincipalRow, groups: readonly string[]): Principal {
  const { oidc, tokenIssuers } = ctx.settings
  const adminGroups = [oidc?.adminGroup, ...tokenIssuers.map(({ adminGroup }) => adminGroup)]
  return principalFrom(found, {
    groups,
    adminGroup: adminGroups.find((g) => g && groups.includes(g)),
  })
}

/** Why somebody who could approve no longer may, by the present grants and permissions. */
async function lostRight(ctx: Context, { model, target }: OfReview): Promise<string | undefined> {
  if (!(await mayApprove(ctx, model, target)))
    return "the approver has no grant of 'approve' any more"
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
