import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import { RegistryError } from '../../core/error.ts'
import type { SomeAccount } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { FactChange } from '../../registry/facts/facts.ts'
import { areFactsFresh, refreshFacts } from '../../registry/facts/refresh-facts.ts'
import { revisionsFrom } from '../../registry/facts/store-facts.ts'
import { fileAuthorsJson } from '../../registry/versions/authors.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import type { Parties, Poster, Review } from '../approvals.ts'
import {
  findStandingReview,
  type People,
  peopleFrom,
  posterFrom,
  reviewReads,
  standingOf,
} from '../approvers.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import {
  holderNow,
  type LastHolder,
  oddNamesRead,
  placesNamed,
  readLastHolder,
} from '../compare/compared-version.ts'
import { type GateEvidence, readGateEvidence } from '../gate-evidence.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { CheckFact } from '../policies/gates.ts'
import {
  newestRevision,
  policiesFromRows,
  policyRead,
  selectPolicies,
} from '../policies/policies.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'
import { factReads, factsFrom, type RegisteredFacts } from '../policies/read-facts.ts'
import { type Archiving, archivingOf, othersRead } from './archiving.ts'
import type { FactsThen } from './judge.ts'

/** May this version have this stage or alias? */
export type Question = {
  /** `model_versions.id`. */
  readonly modelVersionId: number
  readonly target: PromotionTarget
  /** The request whose reviews and checks count; absent: there is none. */
  readonly promotionId?: number
  /** Who asked or, without a request, the caller. */
  readonly requester: SomeAccount
  /** Whether the other versions in the stage are archived; absent: no. */
  readonly archivesOthers?: boolean
  /** Judge by these in place of the policies in force. */
  readonly drafts?: readonly Policy[] | undefined
}

/** Everything that decides a promotion, read at one moment. */
export type Snapshot = Omit<GateEvidence, 'isStill'> & {
  readonly candidate: VersionFacts
  readonly current: VersionFacts | undefined
  readonly lostHolder: number | undefined
  readonly policies: readonly Policy[]
  /** What archiving the other versions in the stage takes, whether or not the move does so. */
  readonly archiving: Archiving
  readonly archivesOthers: boolean
  readonly reviews: readonly Review[]
  readonly checks: ReadonlyMap<string, CheckFact>
  readonly parties: Parties
  readonly people: People
  /** Who set each tag of the candidate last; read only if a policy asks for it. */
  readonly tagSetters: ReadonlyMap<string, Poster>
  readonly cardRevision: number
  /** How the candidate's facts came to be what they are, the newest revision first. */
  readonly factHistory: readonly FactsThen[]
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
  /** The candidate and the version that it is compared with: their stored facts hold. */
  readonly known: readonly number[]
  /** True as long as traces, scans of files and attestations say what they said. */
  readonly areGatesStill: SQL
}

type State = {
  authors: string
  access_epoch: number
  current: number | null
  seq: number
  policy_revision: number
}

type HistoryRow = { digest: string; changed: string; changed_more: number }

/** So many revisions are looked through for what changed since an approval. */
const historyMax = 20

/**
 * Read the snapshot in one batch; cards are read afterwards, and only change with an entry in the audit
 * log. Facts that are stale are read anew first.
 *
 * @returns undefined: there is no such version any more
 */
export async function takeSnapshot(
  ctx: Context,
  question: Question,
): Promise<Snapshot | undefined> {
  const { modelVersionId, target } = question
  const rows = await readRows(ctx, question)
  const { policies, reviews, checks, setters } = rows
  const [state] = rows.states
  const facts = factsFrom(rows)
  const candidate = facts.get(modelVersionId)
  if (!state || !candidate) return undefined
  const all = policiesFromRows(policies)
  const matched = question.drafts ?? selectPolicies(all, candidate.model, target)
  const last: LastHolder =
    state.current === null
      ? await readLastHolder(ctx, { candidate, target, policies: matched })
      : { facts: facts.get(state.current) }
  const holder = last.facts
  const [carded, holderCarded] = await Promise.all([
    readCard(ctx, candidate),
    holder && readCard(ctx, holder),
  ])
  const { isStill, ...evidence } = await readGateEvidence(ctx, matched, {
    candidate: carded.facts,
    current: holderCarded?.facts,
  })
  const known = peopleFrom(rows)
  const of = { model: candidate.model, target, people: known }
  const standing = await Promise.all(reviews.map((row) => findStandingReview(ctx, row, of)))
  return {
    candidate: carded.facts,
    current: holderCarded?.facts,
    lostHolder: last.lost,
    policies: matched,
    archiving: archivingOf(question.drafts ?? all, candidate.model, rows.others),
    archivesOthers: question.archivesOthers ?? false,
    reviews: standingOf(standing),
    checks: new Map(
      checks.map(({ name, status, digest, posted_by }) => [
        name,
        { status, digest, postedBy: posterFrom(posted_by, known) },
      ]),
    ),
    tagSetters: new Map(setters.map(({ key, actor }) => [key, posterFrom(actor, known)])),
    parties: {
      requester: question.requester,
      authors: JSON.parse(state.authors),
      cardEditor: carded.cardEditor,
      controllers: known.controllers,
    },
    people: known,
    ...evidence,
    cardRevision: carded.cardRevision,
    factHistory: rows.history.map((row) => ({
      digest: row.digest,
      changes: JSON.parse(row.changed) as FactChange[],
      more: row.changed_more,
    })),
    mark: {
      modelVersionId,
      newestEntry: state.seq,
      newestRevision: state.policy_revision,
      accessEpoch: state.access_epoch,
      known: [modelVersionId, ...(holder ? [holder.id] : [])],
      areGatesStill: isStill,
    },
  }
}

/** All rows of one moment, at which the stored facts are what run and logged model say. */
async function readRows(ctx: Context, question: Question) {
  const { modelVersionId, target } = question
  const promotion = sql`${question.promotionId ?? 0}`
  let spellings: readonly string[] = []
  for (let round = 1; ; round++) {
    const current = holderNow(modelVersionId, target, spellings)
    const rows = await ctx.db.batch({
      states: sql<State>`select ${fileAuthorsJson} as authors, (${current}) as current,
        ${accessEpoch} as access_epoch, ${newestEntry(modelVersionId)} as seq, ${newestRevision} as policy_revision
      from model_versions v where v.id = ${modelVersionId}`,
      odd: oddNamesRead(modelVersionId),
      policies: policyRead(ctx),
      others: othersRead(modelVersionId, target),
      ...reviewReads(ctx, { promotions: promotion, versions: sql`select ${modelVersionId}` }),
      checks: sql<CheckRow>`select name, status, digest, posted_by from promotion_checks
      where promotion = ${promotion}`,
      setters: tagSetterRead(modelVersionId, question.drafts),
      history: sql<HistoryRow>`select digest, changed, changed_more from version_facts
      where model_version = ${modelVersionId} order by revision desc limit ${historyMax}`,
      ...factReads(sql`select ${modelVersionId} union select (${current})`),
    })
    const known = spellings.length
    spellings = placesNamed(rows.odd, target)
    if (spellings.length > known && round === 1) continue
    const newest = revisionsFrom(rows)
    if (!(await refreshFacts(ctx, { origins: rows.origins, newest, round }))) return rows
  }
}

/**
 * A condition that is true as long as nothing in a snapshot has changed. Each change in the audit log
 * raises the number of the model's newest entry, each change of rights another number. Pipelines write to
 * runs without an entry; then the stored facts are not fresh. What gates ask of traces is asked again.
 */
export function isUnchanged(mark: SnapshotMark): SQL {
  return sql`${newestEntry(mark.modelVersionId)} = ${mark.newestEntry}
    and ${newestRevision} = ${mark.newestRevision}
    and ${accessEpoch} = ${mark.accessEpoch}
    and ${areFactsFresh(sql`select value from json_each(${JSON.stringify(mark.known)})`)}
    and ${mark.areGatesStill}`
}

/** The statement that reads the number of the newest entry of a version's model. */
export function newestEntryRead(modelVersionId: number): SQL<{ seq: number }> {
  return sql<{ seq: number }>`select ${newestEntry(modelVersionId)} as seq`
}

/** What is known of a version, with its card. */
type CardedFacts = {
  readonly facts: VersionFacts
  /** 0: there is no card; a template alone is not a card. */
  readonly cardRevision: number
  readonly cardEditor: SomeAccount | null
}

/** The facts say what cannot be read; a gate that needs it fails. */
async function readCard(ctx: Context, facts: RegisteredFacts): Promise<CardedFacts> {
  const found = await getVersion(ctx, facts.model, facts.version)
  const card = await unlessDamaged(readCurrentRevision(ctx, found))
  const current = 'current' in card ? card.current : undefined
  const { problem } = card
  const unreadable = { ...facts.unreadable, ...(problem !== undefined && { card: problem }) }
  return {
    facts: { ...facts, card: current?.card ?? null, unreadable },
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
 * Who set each tag of a version last, from the audit log: whoever registered or first imported the
 * version, if nobody since. A later import has an entry of its own for each tag that it sets.
 */
function tagSetterRead(
  modelVersionId: number,
  drafts: readonly Policy[] | undefined,
): SQL<{ key: string; actor: string }> {
  const isAsked = drafts
    ? sql`${JSON.stringify(drafts).includes('"set_by"')}`
    : sql`exists (select 1 from policies where deleted_at_ms is null and instr(document, '"set_by"') > 0)`
  return sql<{ key: string; actor: string }>`select key, actor from (
      select t.key, e.actor, max(iif(e.action = 'model_version.tag_set', e.seq, -e.seq))
      from model_versions v
      join model_version_tags t on t.model_version = v.id
      join ${modelEntriesSql('e')} on e.registered_model = v.registered_model and e.version = v.version
        and (e.action in ('model_version.created', 'model_version.imported')
          or (e.action = 'model_version.tag_set' and e.after ->> 'key' = t.key))
      where v.id = ${modelVersionId} and ${isAsked} group by t.key)`
}

const accessEpoch = sql`(select epoch from access_epoch where id = 1)`

function newestEntry(modelVersionId: number): SQL {
  return sql`(select coalesce(max(e.seq), 0) from ${modelEntriesSql('e')} where e.registered_model =
    (select registered_model from model_versions where id = ${modelVersionId}))`
}
