import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { readSignature } from '../cards/model-files.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { CheckFact } from '../policies/gates.ts'
import { matching, policiesFromRows, policyRead } from '../policies/policies.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom } from '../policies/read-facts.ts'
import { signatureFrom } from '../policies/signature.ts'
import type { promotionChecks, promotionReviews } from '../tables.ts'
import type { Parties, Review } from './approvals.ts'

/** What is asked: may this version hold this target? */
export type Question = {
  /** `model_versions.id`. */
  readonly modelVersionId: number
  readonly target: PromotionTarget
  /** Whose reviews and checks count; absent: nobody has asked for it yet. */
  readonly promotionId?: number
  /** Who asks: the requester of the promotion, or the caller. */
  readonly requester: string
  /** Judge by these drafts, in place of the policies that stand. */
  readonly drafts?: readonly Policy[] | undefined
}

/** Everything that decides a promotion, of one moment, and the means to tell that it still holds. */
export type Snapshot = {
  readonly candidate: VersionFacts
  readonly current: VersionFacts | undefined
  readonly policies: readonly Policy[]
  readonly reviews: readonly Review[]
  readonly checks: ReadonlyMap<string, CheckFact>
  readonly parties: Parties
  readonly cardRevision: number
  /** A condition that holds as long as nothing of this was changed. */
  readonly unchanged: SQL
}

type State = {
  registered_model: number
  author: string | null
  current: number | null
  seq: number
  policy_revision: number
  tracked: string
}

/**
 * Read it all in one batch. What changes on the record changes the newest `seq` of the model's
 * entries; what pipelines may change beside it (metrics, params, datasets of the run) is compared as
 * it is.
 *
 * @returns undefined: there is no such version any more
 */
export async function takeSnapshot(
  ctx: Context,
  question: Question,
): Promise<Snapshot | undefined> {
  const { modelVersionId, target } = question
  const current = currentHolder(modelVersionId, target)
  const reads = factReads(sql`select ${modelVersionId} union select (${current})`)
  const [states, policyRows, reviewRows, checkRows, ...rows] = await ctx.db.batch([
    sql`select v.registered_model, v.user_id as author, (${current}) as current,
        ${newestEntry(modelVersionId)} as seq, ${newestRevision} as policy_revision,
        ${tracked(modelVersionId)} as tracked
      from model_versions v where v.id = ${modelVersionId}`,
    policyRead(ctx),
    sql`select * from promotion_reviews where promotion = ${question.promotionId ?? 0} order by id`,
    sql`select * from promotion_checks where promotion = ${question.promotionId ?? 0}`,
    ...reads,
  ])
  const [state] = states as State[]
  const facts = factsFrom(rows)
  const candidate = facts.get(modelVersionId)
  if (!state || !candidate) return undefined
  const holder = state.current === null ? undefined : facts.get(state.current)
  const [files, holderFiles] = await Promise.all([
    versionFileFacts(ctx, candidate),
    holder ? versionFileFacts(ctx, holder) : undefined,
  ])
  return {
    candidate: { ...candidate, ...files.facts },
    current: holder && holderFiles && { ...holder, ...holderFiles.facts },
    policies: question.drafts ?? matching(policiesFromRows(policyRows), candidate.model, target),
    reviews: standing(reviewRows as ReviewRow[]),
    checks: new Map(
      (checkRows as CheckRow[]).map(({ name, status, digest }) => [name, { status, digest }]),
    ),
    parties: { requester: question.requester, author: state.author, cardEditor: files.cardEditor },
    cardRevision: files.cardRevision,
    unchanged: sql`${newestEntry(modelVersionId)} = ${state.seq}
      and ${newestRevision} = ${state.policy_revision}
      and ${tracked(modelVersionId)} = ${state.tracked}`,
  }
}

/** What is known of a version beyond its rows: its card, and what its files say. */
type FileFacts = {
  readonly facts: Pick<VersionFacts, 'signature' | 'card'>
  /** 0: nobody has written a card; a template's words are nobody's. */
  readonly cardRevision: number
  readonly cardEditor: string | null
}

/** @throws DATA_LOSS a file that it reads is damaged */
async function versionFileFacts(
  ctx: Context,
  { model, version }: Pick<VersionFacts, 'model' | 'version'>,
): Promise<FileFacts> {
  const found = await getVersion(ctx, model, version)
  const [signature, { current }] = await Promise.all([
    readSignature(ctx, found),
    readCurrentRevision(ctx, found),
  ])
  return {
    facts: { signature: signatureFrom(signature), card: current?.card ?? null },
    cardRevision: current?.revision ?? 0,
    cardEditor: current?.author.name ?? null,
  }
}

/** The version that holds `target` now, another than the candidate: a select of its id, or null. */
function currentHolder(candidate: number, target: PromotionTarget): SQL {
  const model = sql`(select registered_model from model_versions where id = ${candidate})`
  return target.alias === undefined
    ? sql`select max(h.id) from model_versions h where h.registered_model = ${model}
        and h.stage = ${target.stage} and h.id <> ${candidate}
        and h.version = (select max(n.version) from model_versions n
          where n.registered_model = ${model} and n.stage = ${target.stage} and n.id <> ${candidate})`
    : sql`select h.id from aliases a join model_versions h
        on h.registered_model = a.registered_model and h.version = a.version
        where a.registered_model = ${model} and a.alias = ${target.alias} and h.id <> ${candidate}`
}

const newestRevision = sql`(select coalesce(max(id), 0) from policy_revisions)`

function newestEntry(modelVersionId: number): SQL {
  return sql`(select coalesce(max(e.seq), 0) from audit_entries e where e.registered_model =
    (select registered_model from model_versions where id = ${modelVersionId}))`
}

/** What tracking says of the candidate, as one text; tracking has no entries on the record. */
function tracked(modelVersionId: number): SQL {
  const run = sql`(select r.id from model_versions v join runs r on r.run_id = v.run_id
    and r.lifecycle_stage = 'active' where v.id = ${modelVersionId})`
  return sql`json_array(${run},
    (select json_group_array(json_array(key, value, is_nan)) from latest_metrics where run = ${run}),
    (select json_group_array(json_array(key, value)) from params where run = ${run}),
    (select json_group_array(dataset) from run_datasets where run = ${run}))`
}

type ReviewRow = typeof promotionReviews.$inferSelect
type CheckRow = typeof promotionChecks.$inferSelect

/** The latest decision of each reviewer; comments decide nothing and replace none. */
function standing(rows: readonly ReviewRow[]): Review[] {
  const latest = new Map<string, Review>()
  for (const row of rows) {
    if (row.decision === 'comment') continue
    latest.set(row.reviewer, reviewFrom(row))
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
