import type { PrincipalRecord } from '../../core/principal.ts'
import type { ApprovalRule, ApprovalTerms, Policy } from '../policies/policy.ts'

/** What one reviewer decided. The latest decision of each reviewer stands. */
export type Review = {
  readonly id: number
  readonly principal: PrincipalRecord
  readonly decision: 'approve' | 'reject' | 'comment'
  readonly comment: string | null
  readonly atMs: number
  /** What was reviewed: see `reviewedText`. */
  readonly reviewed: string
}

/** The people a request is about. Names. */
export type Parties = {
  readonly requester: string
  /** Who registered the version; null: not known. */
  readonly author: string | null
  /** Who last edited its card; null: nobody did. */
  readonly cardEditor: string | null
}

export type ApprovalState = {
  readonly required: number
  readonly given: number
  /** Who may give the approvals that are missing: `group:risk`; `anyone` for a rule that names nobody. */
  readonly missing: readonly string[]
  /** Names, each once. */
  readonly approvedBy: readonly string[]
}

/** Why `principal` may not approve under a policy, or undefined when they may. */
export function whyNotApprove(
  principal: PrincipalRecord,
  terms: ApprovalTerms,
  parties: Parties,
): string | undefined {
  if (!principal.verified && !terms.allow_unverified) {
    return 'who approves must have signed in; a claimed name does not count'
  }
  if (principal.name === parties.requester && !terms.self_approval) {
    return 'the requester may not approve'
  }
  if (!terms.author_may_approve) {
    if (principal.name === parties.author) return 'the author of the version may not approve'
    if (principal.name === parties.cardEditor) {
      return 'the last editor of the model card may not approve'
    }
  }
  if (terms.rules.length > 0 && !terms.rules.some((rule) => isAmong(principal, rule.from))) {
    const named = [...new Set(terms.rules.flatMap(({ from }) => from))]
    return `only ${named.join(', ')} may approve`
  }
  return undefined
}

/** Whether a principal is one of `group:x`, `user:ada`, `service:ci`; an empty list means anybody. */
export function isAmong(principal: PrincipalRecord, list: readonly string[]): boolean {
  if (list.length === 0) return true
  return list.some((entry) => {
    if (entry.startsWith('group:')) return principal.groups.includes(entry.slice(6))
    if (entry.startsWith('user:')) return principal.name === entry.slice(5)
    return principal.name === entry
  })
}

/** How far the approvals of one policy have come. @param approvers those whose approval counts */
export function approvalState(
  { document }: Policy,
  approvers: readonly PrincipalRecord[],
): ApprovalState {
  const { rules } = document.approvals
  const seats = assign(rules, approvers)
  const missing = rules.flatMap(({ required, from }, i) => {
    const taken = seats.filter((rule) => rule === i).length
    return taken < required ? (from.length > 0 ? from : ['anyone']) : []
  })
  return {
    required: rules.reduce((sum, { required }) => sum + required, 0),
    given: seats.filter((rule) => rule !== undefined).length,
    missing: [...new Set(missing)],
    approvedBy: approvers.map(({ name }) => name),
  }
}

/**
 * The rule in which each approver counts, so that as many seats as possible are taken. It is a
 * maximum matching by augmenting paths: an approver who fits two rules is moved to the other one if
 * that makes room.
 */
function assign(
  rules: readonly ApprovalRule[],
  approvers: readonly PrincipalRecord[],
): (number | undefined)[] {
  const seatOf: (number | undefined)[] = approvers.map(() => undefined)
  const fits = (person: number, rule: number) => {
    const approver = approvers[person]
    return approver !== undefined && isAmong(approver, rules[rule]?.from ?? [])
  }
  const seat = (person: number, tried: Set<number>): boolean => {
    for (let rule = 0; rule < rules.length; rule++) {
      if (tried.has(rule) || !fits(person, rule)) continue
      tried.add(rule)
      const sitting = seatOf.flatMap((taken, i) => (taken === rule ? [i] : []))
      const isFree = sitting.length < (rules[rule]?.required ?? 0)
      if (isFree || sitting.some((other) => seat(other, tried))) {
        seatOf[person] = rule
        return true
      }
    }
    return false
  }
  for (let person = 0; person < approvers.length; person++) seat(person, new Set())
  return seatOf
}
