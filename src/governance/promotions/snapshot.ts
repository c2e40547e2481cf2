import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { readSignature } from '../cards/model-files.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { CheckFact } from '../policies/gates.ts'
import { policiesFromRows, policyRead, selectPolicies } from '../policies/policies.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom } from '../policies/read-facts.ts'
import { signatureFrom } from '../policies/signature.ts'
import type { promotionReviews } from '../tables.ts'
import type { Parties, Review } from './approvals.ts'
import { holderNow, type LastHolder, readLastHolder } from './compared-version.ts'

/** May this version have this stage or alias? */
export type Question = {
  /** `model_versions.id`. */
  readonly modelVersionId: number
  readonly target: PromotionTarget
  /** The request whose reviews and checks count; absent: there is none. */
  readonly promotionId?: number
  /** Name of the requester or, without a request, of the caller. */
  readonly requester: string
  /** Judge by these in place of the policies in force. */
  readonly drafts?: readonly Policy[] | undefined
}

/** Everything that decides a promotion, read at one moment. */
export type Snapshot = {
  readonly candidate: VersionFacts
  readonly current: VersionFacts | undefined
  readonly lostHolder: number | undefined
  readonly policies: readonly Policy[]
  readonly reviews: readonly Review[]
  readonly checks: ReadonlyMap<string, CheckFact>
  readonly parties: Parties
  readonly cardRevision: number
  readonly mark: SnapshotMark
}

/** What tells whether a snapshot still holds: see `isUnchanged`. */
export type SnapshotMark = {
  readonly modelVersionId: number
  /** The number of the model's newest audit entry; 0: it has none. */
  readonly newestEntry: number
  /** `policy_revisions.id` of the newest change of any policy; 0: there are none. */
  readonly newestRevision: number
  /** Metrics, params and datasets of the run, as one text. */
  readonly tracked: string
}

type State = {
  author: string | null
  current: number | null
  seq: number
  policy_revision: number
  tracked: string
}

/**
 * Read the snapshot in one batch; what files say is read afterwards, since it never changes.
 *
 * @returns undefined: there is no such version any more
 */
export async function takeSnapshot(
  ctx: Context,
  question: Question,
): Promise<Snapshot | undefined> {
  const { modelVersionId, target } = question
  const current = holderNow(modelVersionId, target)
  const { states, policies, reviews, checks, ...factRows } = await ctx.db.batch({
    states: sql<State>`select v.user_id as author, (${current}) as current,
        ${newestEntry(modelVersionId)} as seq, ${newestRevision} as policy_revision,
        ${tracked(modelVersionId)} as tracked
      from model_versions v where v.id = ${modelVersionId}`,
    policies: policyRead(ctx),
    reviews: sql<ReviewRow>`select * from promotion_reviews
      where promotion = ${question.promotionId ?? 0} order by id`,
    checks: sql<CheckFact & { name: string }>`select name, status, digest from promotion_checks
      where promotion = ${question.promotionId ?? 0}`,
    ...factReads(sql`select ${modelVersionId} union select (${current})`),
  })
  const [state] = states
  const facts = factsFrom(factRows)
  const candidate = facts.get(modelVersionId)
  if (!state || !candidate) return undefined
  const matched =
    question.drafts ?? selectPolicies(policiesFromRows(policies), candidate.model, target)
  const last: LastHolder =
    state.current === null
      ? await readLastHolder(ctx, { candidate, target, policies: matched })
      : { facts: facts.get(state.current) }
  const holder = last.facts
  const [files, holderFiles] = await Promise.all([
    readFileFacts(ctx, candidate),
    holder ? readFileFacts(ctx, holder) : undefined,
  ])
  return {
    candidate: { ...candidate, ...files.facts },
    current: holder && holderFiles && { ...holder, ...holderFiles.facts },
    lostHolder: last.lost,
    policies: matched,
    reviews: standingOf(reviews.map(reviewFrom)),
    checks: new Map(checks.map(({ name, status, digest }) => [name, { status, digest }])),
    parties: { requester: question.requester, author: state.author, cardEditor: files.cardEditor },
    cardRevision: files.cardRevision,
    mark: {
      modelVersionId,
      newestEntry: state.seq,
      newestRevision: state.policy_revision,
      tracked: state.tracked,
    },
  }
}

/**
 * A condition that holds as long as nothing of a snapshot was changed. Each change on the audit log
 * raises the number of the model's newest entry; what pipelines may change without an entry
 * (metrics, params, datasets of the run) is compared as it is.
 */
export function isUnchanged(mark: SnapshotMark): SQL {
  return sql`${newestEntry(mark.modelVersionId)} = ${mark.newestEntry}
    and ${newestRevision} = ${mark.newestRevision}
    and ${tracked(mark.modelVersionId)} = ${mark.tracked}`
}

/** The statement that reads the number of the newest entry of a version's model. */
export function newestEntryRead(modelVersionId: number): SQL<{ seq: number }> {
  return sql<{ seq: number }>`select ${newestEntry(modelVersionId)} as seq`
}

/** The card of a version, and what its files say. */
type FileFacts = {
  readonly facts: Pick<VersionFacts, 'signature' | 'card' | 'unreadable'>
  /** 0: there is no card; a template alone is none. */
  readonly cardRevision: number
  readonly cardEditor: string | null
}

/** What cannot be read is told in its facts; a gate that needs it fails. */
async function readFileFacts(
  ctx: Context,
  { model, version }: Pick<VersionFacts, 'model' | 'version'>,
): Promise<FileFacts> {
  const found = await getVersion(ctx, model, version)
  const [{ signature, problem }, card] = await Promise.all([
    unlessDamaged(readSignature(ctx, found)),
    unlessDamaged(readCurrentRevision(ctx, found)),
  ])
  const current = 'current' in card ? card.current : undefined
  return {
    facts: {
      signature: signatureFrom(signature),
      card: current?.card ?? null,
      unreadable: {
        ...(problem !== undefined && { signature: problem }),
        ...(card.problem !== undefined && { card: card.problem }),
      },
    },
    cardRevision: current?.revision ?? 0,
    cardEditor: current?.author.name ?? null,
  }
}

/** What was found, or the words of a file that is damaged as its problem. */
async function unlessDamaged<T extends object>(
  found: Promise<T>,
): Promise<T | { signature?: undefined; problem: string }> {
  try {
    return await found
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'DATA_LOSS')) throw err
    return { problem: err.message }
  }
}

const newestRevision = sql`(select coalesce(max(id), 0) from policy_revisions)`

function newestEntry(modelVersionId: number): SQL {
  return sql`(select coalesce(max(e.seq), 0) from audit_entries e where e.registered_model =
    (select registered_model from model_versions where id = ${modelVersionId}))`
}

/** What tracking knows of the candidate, as one text; tracking writes no audit entries. */
function tracked(modelVersionId: number): SQL {
  const run = sql`(select r.id from model_versions v join runs r on r.run_id = v.run_id
    and r.lifecycle_stage = 'active' where v.id = ${modelVersionId})`
  return sql`json_array(${run},
    (select json_group_array(json_array(key, value, is_nan)) from latest_metrics where run = ${run}),
    (select json_group_array(json_array(key, value)) from params where run = ${run}),
    (select json_group_array(dataset) from run_datasets where run = ${run}))`
}

export type ReviewRow = typeof promotionReviews.$inferSelect

/**
 * The latest decision of each reviewer; comments decide nothing and replace none.
 *
 * @param reviews oldest first
 */
export function standingOf(reviews: readonly Review[]): Review[] {
  const latest = new Map<string, Review>()
  for (const review of reviews) {
    if (review.decision !== 'comment') latest.set(review.principal.name, review)
  }
  return [...latest.values()]
}

export function reviewFrom(row: ReviewRow): Review {
  return {
    id: row.id,
    principal: JSON.parse(row.principal),
    // Only these are ever written.
    decision: row.decision as Review['decision'],
    comment: row.comment,
    atMs: row.at_ms,
    reviewed: row.reviewed,
  }
}
