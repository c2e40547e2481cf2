import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { PrincipalRecord, SomeAccount } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { describeVersion, whyUnreadable } from '../../registry/model-files/describe-model.ts'
import { fileAuthorsJson } from '../../registry/versions/authors.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import type { Parties, Review } from '../approvals.ts'
import {
  findStandingReview,
  type People,
  peopleFrom,
  reviewReads,
  standingOf,
} from '../approvers.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import { holderNow, type LastHolder, readLastHolder } from '../compare/compared-version.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { CheckFact } from '../policies/gates.ts'
import { policiesFromRows, policyRead, selectPolicies } from '../policies/policies.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom } from '../policies/read-facts.ts'
import { signatureFrom } from '../policies/signature.ts'

/** May this version have this stage or alias? */
export type Question = {
  /** `model_versions.id`. */
  readonly modelVersionId: number
  readonly target: PromotionTarget
  /** The request whose reviews and checks count; absent: there is none. */
  readonly promotionId?: number
  /** Who asked or, without a request, the caller. */
  readonly requester: SomeAccount
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
  readonly people: People
  /** Who set each tag of the candidate last; read only if a policy asks for it. */
  readonly tagSetters: ReadonlyMap<string, PrincipalRecord>
  readonly cardRevision: number
  readonly mark: SnapshotMark
}

/** What shows whether a snapshot is still true: see `isUnchanged`. */
export type SnapshotMark = {
  readonly modelVersionId: number
  /** The number of the model's newest audit entry; 0: it has none. */
  readonly newestEntry: number
  /** `policy_revisions.id` of the newest change of any policy; 0: there are none. */
  readonly newestRevision: number
  /** The count of changes of accounts, groups, grants and permissions. */
  readonly accessEpoch: number
  /** Metrics, params and datasets of the run, as one text. */
  readonly tracked: string
}

type State = {
  authors: string
  access_epoch: number
  current: number | null
  seq: number
  policy_revision: number
  tracked: string
}

/**
 * Read the snapshot in one batch; files are read afterwards, since they never change.
 *
 * @returns undefined: there is no such version any more
 */
export async function takeSnapshot(
  ctx: Context,
  question: Question,
): Promise<Snapshot | undefined> {
  const { modelVersionId, target } = question
  const current = holderNow(modelVersionId, target)
  const promotion = sql`${question.promotionId ?? 0}`
  const { states, policies, reviews, people, controllers, checks, setters, ...factRows } =
    await ctx.db.batch({
      states: sql<State>`select ${fileAuthorsJson} as authors, (${current}) as current,
        ${accessEpoch} as access_epoch, ${newestEntry(modelVersionId)} as seq, ${newestRevision} as policy_revision,
        ${tracked(modelVersionId)} as tracked
      from model_versions v where v.id = ${modelVersionId}`,
      policies: policyRead(ctx),
      ...reviewReads(ctx, promotion),
      checks: sql<CheckRow>`select name, status, digest, posted_by from promotion_checks
      where promotion = ${promotion}`,
      setters: tagSetterRead(modelVersionId, question.drafts),
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
  const known = peopleFrom({ people, controllers })
  const standing = await Promise.all(
    reviews.map((row) => findStandingReview(ctx, row, { model: candidate.model, people: known })),
  )
  return {
    candidate: { ...candidate, ...files.facts },
    current: holder && holderFiles && { ...holder, ...holderFiles.facts },
    lostHolder: last.lost,
    policies: matched,
    reviews: standingOf(standing),
    checks: new Map(
      checks.map(({ name, status, digest, posted_by }) => [
        name,
        { status, digest, postedBy: JSON.parse(posted_by) },
      ]),
    ),
    tagSetters: new Map(setters.map(({ key, actor }) => [key, JSON.parse(actor)])),
    parties: {
      requester: question.requester,
      authors: JSON.parse(state.authors),
      cardEditor: files.cardEditor,
      controllers: known.controllers,
    },
    people: known,
    cardRevision: files.cardRevision,
    mark: {
      modelVersionId,
      newestEntry: state.seq,
      newestRevision: state.policy_revision,
      accessEpoch: state.access_epoch,
      tracked: state.tracked,
    },
  }
}

/**
 * A condition that is true as long as nothing in a snapshot has changed. Each change in the audit
 * log raises the number of the model's newest entry, and each change of rights raises another
 * number. What pipelines may change without an entry (metrics, params, datasets of the run) is
 * compared directly.
 */
export function isUnchanged(mark: SnapshotMark): SQL {
  return sql`${newestEntry(mark.modelVersionId)} = ${mark.newestEntry}
    and ${newestRevision} = ${mark.newestRevision}
    and ${accessEpoch} = ${mark.accessEpoch}
    and ${tracked(mark.modelVersionId)} = ${mark.tracked}`
}

/** The statement that reads the number of the newest entry of a version's model. */
export function newestEntryRead(modelVersionId: number): SQL<{ seq: number }> {
  return sql<{ seq: number }>`select ${newestEntry(modelVersionId)} as seq`
}

/** The card of a version, and what its files say. */
type FileFacts = {
  readonly facts: Pick<VersionFacts, 'signature' | 'card' | 'unreadable'>
  /** 0: there is no card; a template alone is not a card. */
  readonly cardRevision: number
  readonly cardEditor: SomeAccount | null
}

/** The facts say what cannot be read; a gate that needs it fails. */
async function readFileFacts(
  ctx: Context,
  { model, version }: Pick<VersionFacts, 'model' | 'version'>,
): Promise<FileFacts> {
  const found = await getVersion(ctx, model, version)
  const [described, card] = await Promise.all([
    describeVersion(ctx, found),
    unlessDamaged(readCurrentRevision(ctx, found)),
  ])
  const problem = whyUnreadable(described, 'signature')
  const current = 'current' in card ? card.current : undefined
  return {
    facts: {
      signature: signatureFrom(described.signature),
      card: current?.card ?? null,
      unreadable: {
        ...(problem !== undefined && { signature: problem }),
        ...(card.problem !== undefined && { card: card.problem }),
      },
    },
    cardRevision: current?.revision ?? 0,
    cardEditor: current?.author ?? null,
  }
}

/** The result or, if a file is damaged, the message of that error as a problem. */
async function unlessDamaged<T extends object>(
  found: Promise<T>,
): Promise<T | { problem: string }> {
  try {
    return await found
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'DATA_LOSS')) throw err
    return { problem: err.message }
  }
}

type CheckRow = {
  readonly name: string
  readonly status: string
  readonly digest: string | null
  readonly posted_by: string
}

/**
 * Who set each tag of a version last, from the audit log: whoever registered the version, if nobody
 * since.
 */
function tagSetterRead(
  modelVersionId: number,
  drafts: readonly Policy[] | undefined,
): SQL<{ key: string; actor: string }> {
  const isAsked = drafts
    ? sql`${JSON.stringify(drafts).includes('"set_by"')}`
    : sql`exists (select 1 from policies where deleted_at_ms is null and instr(document, '"set_by"') > 0)`
  return sql<{ key: string; actor: string }>`select key, actor from (
      select t.key, e.actor, max(e.seq) from model_versions v
      join model_version_tags t on t.model_version = v.id
      join audit_entries e on e.registered_model = v.registered_model and e.version = v.version
        and (e.action = 'model_version.created'
          or (e.action = 'model_version.tag_set' and e.after ->> 'key' = t.key))
      where v.id = ${modelVersionId} and ${isAsked} group by t.key)`
}

const accessEpoch = sql`(select epoch from access_epoch where id = 1)`

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
