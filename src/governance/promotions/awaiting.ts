import { type SQL, sql } from 'drizzle-orm'
import { isSame, principalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { fileAuthorsJson } from '../../registry/versions/authors.ts'
import type { AlsoCondition } from '../../registry/versions/search-versions.ts'
import type { Parties, Review } from '../approvals.ts'
import {
  findStandingReview,
  peopleFrom,
  reviewReads,
  reviewsOfEach,
  standingOf,
} from '../approvers.ts'
import { mayReview, type Reviewable, readablePromotion } from '../permissions.ts'
import { policiesFromRows, policyRead, selectPolicies } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { type CountedApprovals, countApprovals, reviewedText } from './judge.ts'
import type { Promotion } from './promotion.ts'

/** What decides who may review an open request, its reviews, and how far its approvals have come. */
export type Reviewing = Reviewable & CountedApprovals & { readonly reviews: readonly Review[] }

/**
 * The `Reviewing` of open requests as it is now, by `promotions.id`: one batch for all of them, since
 * no gate is judged. Requests whose version is gone are left out.
 */
export async function readReviewing(
  ctx: Context,
  promotions: readonly Promotion[],
): Promise<ReviewingById> {
  const rows = await readReviewRows(ctx, promotions)
  return reviewingBy(ctx, promotions, { ...rows, policies: policiesFromRows(rows.policies) })
}

/** As `readReviewing`, and beside it how the same approvals would stand if other policies were all that there are. */
export async function compareReviewing(
  ctx: Context,
  promotions: readonly Promotion[],
  policies: readonly Policy[],
): Promise<{ readonly inForce: ReviewingById; readonly instead: ReviewingById }> {
  const rows = await readReviewRows(ctx, promotions)
  return {
    inForce: await reviewingBy(ctx, promotions, {
      ...rows,
      policies: policiesFromRows(rows.policies),
    }),
    instead: await reviewingBy(ctx, promotions, { ...rows, policies }),
  }
}

type ReviewingById = ReadonlyMap<number, Reviewing>
type ReviewRows = Awaited<ReturnType<typeof readReviewRows>>

function readReviewRows(ctx: Context, promotions: readonly Promotion[]) {
  const ids = JSON.stringify(promotions.map(({ id }) => id))
  return ctx.db.batch({
    policies: policyRead(ctx),
    versions: sql<VersionRow>`select p.id, m.name as model, ${fileAuthorsJson} as authors, s.digest,
        c.revision as card_revision, c.author as card_editor,
        (select f.digest from version_facts f where f.model_version = v.id
          order by f.revision desc limit 1) as facts_digest,
        (select f.digest from version_facts f where f.model_version = v.id
          and f.revision = 1) as registered_digest
      from promotions p join model_versions v on v.id = p.model_version
      join registered_models m on m.id = v.registered_model
      left join manifests s on s.id = v.manifest
      left join model_cards c on c.model_version = v.id and c.revision =
        (select max(n.revision) from model_cards n where n.model_version = v.id)
      where p.id in (select value from json_each(${ids}))`,
    ...reviewReads(ctx, {
      promotions: sql`select value from json_each(${ids})`,
      versions: sql`select model_version from promotions
        where id in (select value from json_each(${ids}))`,
    }),
  })
}

async function reviewingBy(
  ctx: Context,
  promotions: readonly Promotion[],
  {
    policies: all,
    versions,
    ...reviewRows
  }: Omit<ReviewRows, 'policies'> & {
    readonly policies: readonly Policy[]
  },
): Promise<ReviewingById> {
  const versionOf = new Map(versions.map((row) => [row.id, row]))
  const reviewsOf = reviewsOfEach(reviewRows)
  const people = peopleFrom(reviewRows)
  const reviewing = new Map<number, Reviewing>()
  for (const promotion of promotions) {
    const row = versionOf.get(promotion.id)
    if (!row) continue
    const { model } = row
    const reviews = (reviewsOf.get(promotion.id) ?? []).map((review) =>
      findStandingReview(ctx, review, { model, target: promotion.target, people }),
    )
    const policies = selectPolicies(all, model, promotion.target)
    const standing = standingOf(await Promise.all(reviews))
    const { controllers } = people
    reviewing.set(
      promotion.id,
      reviewingOf(promotion, row, { policies, reviews: standing, controllers }),
    )
  }
  return reviewing
}

type VersionRow = {
  id: number
  model: string
  authors: string
  digest: string | null
  card_revision: number | null
  card_editor: string | null
  facts_digest: string | null
  registered_digest: string | null
}

function reviewingOf(
  { requestedBy }: Promotion,
  row: VersionRow,
  read: Pick<Reviewing, 'policies' | 'reviews'> & Pick<Parties, 'controllers'>,
): Reviewing {
  const { policies, reviews, controllers } = read
  const parties = {
    requester: requestedBy,
    authors: JSON.parse(row.authors),
    cardEditor: row.card_editor === null ? null : JSON.parse(row.card_editor),
    controllers,
  }
  const reviewedNow = reviewedText({
    digest: row.digest,
    cardRevision: row.card_revision ?? 0,
    policies,
    factsDigest: row.facts_digest,
    registeredDigest: row.registered_digest,
  })
  const counted = countApprovals({ policies, reviews, parties, reviewedNow })
  return { ...counted, candidate: { model: row.model }, policies, parties, reviews }
}

/** Those of some open requests that lack an approval which the caller may still give. */
export async function listAwaiting(
  ctx: Context,
  promotions: readonly Promotion[],
): Promise<Promotion[]> {
  const now = ctx.now()
  const reviewing = await readReviewing(ctx, promotions)
  const self = principalRecord(ctx.principal)
  const awaiting: Promotion[] = []
  for (const promotion of promotions) {
    const found = reviewing.get(promotion.id)
    if (!found || promotion.expiresAtMs <= now) continue
    const { approvals, dismissed, reviews } = found
    const own = reviews.find(({ principal }) => isSame(principal, self))
    const isOpenToCaller = own === undefined || dismissed.has(own.id)
    if (approvals.given >= approvals.required || !isOpenToCaller) continue
    if (await mayReview(ctx, promotion, found)) awaiting.push(promotion)
  }
  return awaiting
}

/** How many registered models have an open request that the caller may read. */
export async function countModelsAsked(ctx: Context): Promise<number> {
  const row = await ctx.db.first(sql<{ count: number }>`
    select count(distinct p.registered_model) as count from promotions p
    where p.workspace = ${ctx.workspace} and ${isOpenRequest(ctx)}`)
  return row?.count ?? 0
}

/** How many open requests the caller may read. */
export async function countOpenRequests(ctx: Context): Promise<number> {
  const row = await ctx.db.first(sql<{ count: number }>`select count(*) as count from promotions p
    where p.workspace = ${ctx.workspace} and ${isOpenRequest(ctx)}`)
  return row?.count ?? 0
}

/** For a search of models: those that have such a request. */
export function hasOpenRequest(ctx: Context): AlsoCondition {
  const where = sql`exists (select 1 from promotions p
    where p.registered_model = m.id and ${isOpenRequest(ctx)})`
  return { where, fingerprint: 'open requests' }
}

/** Condition on `promotions p`. */
function isOpenRequest(ctx: Context): SQL {
  return sql`p.status = 'open' and p.expires_at_ms > ${ctx.now()} and ${readablePromotion(ctx)}`
}

/** Ids of the open requests of models, newest first, by `registered_models.id`. */
export async function readOpenRequests(
  ctx: Context,
  models: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const rows = await ctx.db.all(sql<{ id: number; model: number }>`
    select p.id, p.registered_model as model from promotions p
    where p.registered_model in (select value from json_each(${JSON.stringify(models)}))
      and ${isOpenRequest(ctx)}
    order by p.id desc`)
  const byModel = Map.groupBy(rows, ({ model }) => model)
  return new Map([...byModel].map(([model, own]) => [model, own.map(({ id }) => id)]))
}
