import { isSame, type SomeAccount } from '../../core/principal.ts'
import { type ApprovalState, approvalState, type Review, whyNotApprove } from '../approvals.ts'
import { newBudget } from '../policies/expression-cost.ts'
import { type GateInput, judgeGate } from '../policies/gates.ts'
import type { Policy } from '../policies/policy.ts'
import type { Verdict } from '../policies/verdict.ts'

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
  readonly reviews: readonly Review[]
  /** What a review made now would review: see `reviewedText`. */
  readonly reviewedNow: string
}

/** Judge every gate of every policy, and count the valid approvals. */
export function judge(given: JudgeInput): Judgement {
  const input = { ...given, budget: newBudget() }
  const gates = input.policies.flatMap((policy) =>
    policy.document.gates.map((gate) => ({
      name: gate.name,
      policy: policy.name,
      type: gate.type,
      ...judgeGate(gate, { ...input, accounts: policy.accounts }),
      evaluatedAtMs: input.nowMs,
    })),
  )
  const { approvals, dismissed } = countApprovals(input)
  return { gates, approvals, blockedBy: blocks(gates, approvals), dismissed }
}

export type CountedApprovals = Pick<Judgement, 'approvals' | 'dismissed'>

type ReviewsToCount = Pick<JudgeInput, 'policies' | 'reviews' | 'parties' | 'reviewedNow'>

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
  { policies, parties, reviewedNow }: ReviewsToCount,
): string | undefined {
  const dismissing = policies.some(({ document }) => document.approvals.dismiss_stale)
  if (dismissing && reviewed !== reviewedNow) return whatChanged(reviewed, reviewedNow)
  if (fallen !== undefined) return fallen
  const asking = policies.filter(({ document }) => document.approvals.rules.length > 0)
  const reasons = asking.map((policy) => whyNotApprove(principal, policy, parties))
  return reasons.some((reason) => reason === undefined) ? undefined : reasons[0]
}

function blocks(gates: readonly GateResult[], approvals: ApprovalState): string[] {
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

/** What an approval approves: files, card and policies. */
export type Reviewed = {
  readonly digest: string | null
  readonly cardRevision: number
  readonly policies: readonly Pick<Policy, 'id' | 'revision'>[]
}

/** Files, card and policies as one text: two texts are equal if none of these changed. */
export function reviewedText({ digest, cardRevision, policies }: Reviewed): string {
  return JSON.stringify([
    digest,
    cardRevision,
    policies.map(({ id, revision }) => [id, revision]).sort(([a = 0], [b = 0]) => a - b),
  ])
}

function whatChanged(before: string, now: string): string {
  const [was, is] = [JSON.parse(before), JSON.parse(now)] as [unknown[], unknown[]]
  const parts = ['the files', 'the model card', 'a policy']
  const changed = parts.filter((_, i) => JSON.stringify(was[i]) !== JSON.stringify(is[i]))
  return `${changed.join(' and ')} changed since`
}
