import { isSame, type SomeAccount } from '../../core/principal.ts'
import type { FactChange } from '../../registry/facts/facts.ts'
import { type ApprovalState, approvalState, type Review, whyNotApprove } from '../approvals.ts'
import { newBudget } from '../policies/expressions/expression-cost.ts'
import { factsAtRegistration } from '../policies/facts.ts'
import { type GateInput, judgeGate } from '../policies/gates.ts'
import type { Policy } from '../policies/policy.ts'
import type { Verdict } from '../policies/verdict.ts'
import { type Archiving, whyNotArchived } from './archiving.ts'

/** How a gate of a policy was judged, and when. */
export type GateResult = Verdict & {
  readonly name: string
  readonly policy: string
  readonly type: string
  readonly evaluatedAtMs: number
}

/** What stands between a version and its target. */
export type Judgement = {
  readonly gates: readonly GateResult[]
  readonly approvals: ApprovalState
  /** Why it cannot be merged, one sentence per reason; empty: it can. */
  readonly blockedBy: readonly string[]
  /** Why reviews do not count any more, by `promotion_reviews.id`. */
  readonly dismissed: ReadonlyMap<number, string>
}

export type JudgeInput = Omit<GateInput, 'accounts'> & {
  readonly policies: readonly Policy[]
  /** What archiving the other versions in the stage takes, and whether the move does so. */
  readonly archiving: Archiving
  readonly archivesOthers: boolean
  readonly reviews: readonly Review[]
  /** What a review made now would review: see `reviewedText`. */
  readonly reviewedNow: string
  /** How the facts came to be what they are, the newest revision first. */
  readonly factHistory: readonly FactsThen[]
}

/** A revision of facts, and how it differs from the one before. */
export type FactsThen = {
  readonly digest: string
  readonly changes: readonly FactChange[]
  /** The changes that the list leaves out. */
  readonly more: number
}

/** Judge every gate of every policy, and count the valid approvals. */
export function judge(given: JudgeInput): Judgement {
  const input = { ...given, budget: newBudget() }
  const registered = {
    ...input,
    candidate: factsAtRegistration(input.candidate),
    current: input.current && factsAtRegistration(input.current),
  }
  const judged = input.policies.flatMap((policy) =>
    policy.document.gates.map((gate) => ({
      name: gate.name,
      policy: policy.name,
      type: gate.type,
      ...judgeGate(gate, {
        ...(policy.document.facts === 'registered' ? registered : input),
        accounts: policy.accounts,
      }),
      evaluatedAtMs: input.nowMs,
    })),
  )
  const gates = [...judged, ...archivingGates(input), ...signingGates(input)]
  const { approvals, dismissed } = countApprovals(input)
  return { gates, approvals, blockedBy: blocksOf(gates, approvals), dismissed }
}

/** Archiving others where a policy guards Archived is a gate of that policy, which nothing passes. */
function archivingGates({ archiving, archivesOthers, nowMs }: JudgeInput): GateResult[] {
  if (!archivesOthers || archiving.others.first === null) return []
  return archiving.policies.map(({ name }) => ({
    name: 'archiving',
    policy: name,
    type: 'archiving',
    status: 'failed',
    detail: whyNotArchived(archiving),
    evaluatedAtMs: nowMs,
  }))
}

/** Where a policy has signed what is merged, there must be something that can be signed. */
function signingGates({ policies, candidate, nowMs }: JudgeInput): GateResult[] {
  if (candidate.digest !== null) return []
  return policies
    .filter(({ document }) => document.sign)
    .map(({ name }) => ({
      name: 'signing',
      policy: name,
      type: 'signing',
      status: 'failed',
      detail:
        'it is not sealed, since its files lie elsewhere: there is nothing that could be signed',
      evaluatedAtMs: nowMs,
    }))
}

export type CountedApprovals = Pick<Judgement, 'approvals' | 'dismissed'>

type ReviewsToCount = Pick<JudgeInput, 'policies' | 'reviews' | 'parties' | 'reviewedNow'> &
  Partial<Pick<JudgeInput, 'factHistory'>>

/** Count the valid approvals, under all policies together. */
export function countApprovals(input: ReviewsToCount): CountedApprovals {
  const states = input.policies.map((policy) => approvalState(policy, approversOf(policy, input)))
  const approvals: ApprovalState = {
    required: states.reduce((sum, { required }) => sum + required, 0),
    given: states.reduce((sum, { given }) => sum + given, 0),
    missing: [...new Set(states.flatMap(({ missing }) => missing))],
    approvedBy: [...new Set(states.flatMap(({ approvedBy }) => approvedBy))],
    approvers: distinct(states.flatMap(({ approvers = [] }) => approvers)),
  }
  return { approvals, dismissed: dismissedReviews(input) }
}

function distinct(people: readonly SomeAccount[]): SomeAccount[] {
  return people.filter((one, i) => people.findIndex((other) => isSame(one, other)) === i)
}

function approversOf(policy: Policy, input: ReviewsToCount): Review['principal'][] {
  const { approvals } = policy.document
  return input.reviews
    .filter(({ decision, principal, reviewed, fallen }) => {
      if (decision !== 'approve' || fallen !== undefined) return false
      if (approvals.dismiss_stale && reviewed !== input.reviewedNow) return false
      return whyNotApprove(principal, policy, input.parties) === undefined
    })
    .map(({ principal }) => principal)
}

/** Why approvals do not count any more: what was reviewed changed, or who may approve did. */
function dismissedReviews(input: ReviewsToCount): Map<number, string> {
  const approvals = input.reviews.filter(({ decision }) => decision === 'approve')
  return new Map(
    approvals.flatMap((review) => {
      const why = whyDismissed(review, input)
      return why === undefined ? [] : [[review.id, why] as const]
    }),
  )
}

function whyDismissed(
  { principal, reviewed, fallen }: Review,
  { policies, parties, reviewedNow, factHistory = [] }: ReviewsToCount,
): string | undefined {
  const dismissing = policies.some(({ document }) => document.approvals.dismiss_stale)
  if (dismissing && reviewed !== reviewedNow) {
    return whatChanged(reviewed, reviewedNow, factHistory)
  }
  if (fallen !== undefined) return fallen
  const asking = policies.filter(({ document }) => document.approvals.rules.length > 0)
  const reasons = asking.map((policy) => whyNotApprove(principal, policy, parties))
  return reasons.some((reason) => reason === undefined) ? undefined : reasons[0]
}

/** Why a request cannot be merged, one sentence per reason. */
export function blocksOf(
  gates: readonly GateResult[],
  approvals: Pick<ApprovalState, 'required' | 'given'>,
): string[] {
  const open = approvals.required - approvals.given
  return [
    ...(open > 0 ? [`${open} approval${open === 1 ? '' : 's'}`] : []),
    ...gates
      .filter(({ status }) => status !== 'passed')
      .map(({ name, status, detail }) =>
        status === 'failed'
          ? `gate '${name}' failed: ${detail}`
          : `gate '${name}' waits: ${detail}`,
      ),
  ]
}

/** What an approval approves: files, card, policies and facts. */
export type Reviewed = {
  readonly digest: string | null
  readonly cardRevision: number
  readonly policies: readonly Pick<Policy, 'id' | 'revision' | 'document'>[]
  /** Digests of the newest facts and of those at registration; null: none were read yet. */
  readonly factsDigest: string | null
  readonly registeredDigest: string | null
}

/**
 * What is reviewed as one text: two texts are equal if nothing of it changed. Where all policies look
 * at what was there at registration alone, later facts are not reviewed.
 */
export function reviewedText(reviewed: Reviewed): string {
  const { digest, cardRevision, policies, factsDigest, registeredDigest } = reviewed
  const isOld =
    policies.length > 0 && policies.every(({ document }) => document.facts === 'registered')
  return JSON.stringify([
    digest,
    cardRevision,
    policies.map(({ id, revision }) => [id, revision]).sort(([a = 0], [b = 0]) => a - b),
    isOld ? registeredDigest : factsDigest,
  ])
}

function whatChanged(before: string, now: string, history: readonly FactsThen[]): string {
  const [was, is] = [JSON.parse(before), JSON.parse(now)] as [unknown[], unknown[]]
  const parts = ['the files', 'the model card', 'a policy', 'facts']
  const changed = parts.filter((_, i) => JSON.stringify(was[i]) !== JSON.stringify(is[i]))
  if (!changed.includes('facts')) return `${changed.join(' and ')} changed since`
  if (was[3] === undefined) return 'the facts of its run were not part of what was approved'
  const others = changed.filter((part) => part !== 'facts')
  const rest = others.length > 0 ? `; ${others.join(' and ')} changed too` : ''
  return `${factsChanged}${factsSince(String(was[3]), history)}${rest}`
}

const changesShown = 5

/** How the reason of a dismissal begins that goes on with the values. */
export const factsChanged = 'facts changed'

/** What the revisions after the one with this digest changed, the oldest value and the newest of each. */
function factsSince(digest: string, history: readonly FactsThen[]): string {
  const at = history.findIndex((revision) => revision.digest === digest)
  const since = (at === -1 ? history : history.slice(0, at)).toReversed()
  const changes = new Map<string, FactChange>()
  for (const change of since.flatMap((revision) => revision.changes)) {
    changes.set(change.fact, { ...change, before: (changes.get(change.fact) ?? change).before })
  }
  const differing = [...changes.values()].filter(({ before, after }) => before !== after)
  const texts = differing.slice(0, changesShown).map(changeText)
  const more = differing.length - texts.length + since.reduce((sum, { more }) => sum + more, 0)
  return texts.length === 0 ? '' : `: ${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function changeText({ fact, before, after }: FactChange): string {
  if (before === undefined) return `${fact} is new: ${after}`
  return after === undefined
    ? `${fact} was ${before}, is gone`
    : `${fact} was ${before}, is ${after}`
}
