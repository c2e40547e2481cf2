import { type Controllers, isOneOwner } from '../access/accounts/controllers.ts'
import {
  type Principal,
  type PrincipalRecord,
  principalRecord,
  type SomeAccount,
} from '../core/principal.ts'
import type { ApprovalRule, NamedAccounts, Policy } from './policies/policy.ts'

/** What one reviewer decided. The latest decision of each reviewer stands. */
export type Review = {
  readonly id: number
  readonly principal: PrincipalRecord
  readonly decision: 'approve' | 'reject' | 'comment'
  readonly comment: string | null
  readonly atMs: number
  /** What was reviewed: see `reviewedText`. */
  readonly reviewed: string
  /** Why it does not count any more under any policy: the reviewer's account or right is gone. */
  readonly fallen?: string | undefined
}

/** Who posted a result or set a tag, as they are now. */
export type Poster = PrincipalRecord & {
  /** The account was deleted: what it posted counts no longer. */
  readonly isGone?: true
}

/** The people a request is about. */
export type Parties = {
  readonly requester: SomeAccount
  /** Who registered the version and, for a copy, also the authors of the original. */
  readonly authors: readonly SomeAccount[]
  /** Who last edited its card; null if nobody did. */
  readonly cardEditor: SomeAccount | null
  /** Who controls the service accounts among the requester, the reviewers and the caller. */
  readonly controllers: Controllers
}

export type ApprovalState = {
  readonly required: number
  readonly given: number
  /** Who may give the approvals that are missing: `group:risk`; `nobody` for an older rule that names nobody. */
  readonly missing: readonly string[]
  /** Names, each once. */
  readonly approvedBy: readonly string[]
  /** The same people with their accounts; absent in rows that older servers wrote. */
  readonly approvers?: readonly SomeAccount[] | undefined
}

/** Why `principal` may not approve under a policy, or undefined when they may. */
export function whyNotApprove(
  principal: PrincipalRecord,
  { document: { approvals: terms }, accounts }: Pick<Policy, 'document' | 'accounts'>,
  parties: Parties,
): string | undefined {
  const is = (other: SomeAccount) => isOneOwner(principal, other, parties.controllers)
  if (!principal.verified && !terms.allow_unverified) {
    return 'who approves must have signed in; a claimed name does not count'
  }
  if (is(parties.requester) && !terms.self_approval) return 'the requester may not approve'
  if (!terms.author_may_approve) {
    if (parties.authors.some(is)) return 'the author of the version may not approve'
    if (parties.cardEditor && is(parties.cardEditor)) {
      return 'the last editor of the model card may not approve'
    }
  }
  const { rules } = terms
  if (rules.length > 0 && !rules.some(({ from }) => mayGive(principal, from, accounts))) {
    const named = [...new Set(rules.flatMap(({ from }) => from))]
    return named.length > 0
      ? `only ${named.join(', ')} may approve`
      : "the policy names nobody in 'from', so nobody may approve; write it anew"
  }
  return undefined
}

/** Whether a rule lets a principal approve. Service accounts have to be named themselves. */
function mayGive(
  principal: PrincipalRecord,
  from: readonly string[],
  accounts: NamedAccounts,
): boolean {
  return principal.kind === 'service'
    ? isNamed(principal, from, accounts)
    : isAmong(principal, from, accounts)
}

/**
 * Whether a principal is one of `group:x`, `user:ada`, `service:ci`. An empty list matches nobody.
 */
export function isAmong(
  principal: PrincipalRecord,
  list: readonly string[],
  accounts: NamedAccounts,
): boolean {
  const groups = new Set(principal.groups.map((group) => `group:${group}`))
  return list.some((entry) => groups.has(entry)) || isNamed(principal, list, accounts)
}

/** Whether a policy lets somebody change what it guards: it names nobody who alone may, or it names them. */
export function mayChange(
  principal: Principal,
  { document: { approvals }, accounts }: Pick<Policy, 'document' | 'accounts'>,
): boolean {
  const { only, allow_unverified } = approvals
  if (only.length === 0) return true
  const counts = principal.verified || allow_unverified
  return counts && isAmong(principalRecord(principal), only, accounts)
}

/**
 * Whether a list names a principal itself: by the account that had the name when the list was written.
 * A name without an account in the list matches nobody who has signed in.
 */
export function isNamed(
  { kind, name, account }: PrincipalRecord,
  list: readonly string[],
  accounts: NamedAccounts,
): boolean {
  return list.some((entry) => {
    const named = Object.hasOwn(accounts, entry) ? accounts[entry] : undefined
    if (account !== undefined || named !== undefined) return account === named
    return entry === (kind === 'service' ? name : `user:${name}`)
  })
}

/** How far the approvals of one policy have come. @param approvers those whose approval counts */
export function approvalState(
  { document, accounts }: Policy,
  approvers: readonly PrincipalRecord[],
): ApprovalState {
  const { rules } = document.approvals
  const seats = assign(rules, approvers, accounts)
  const missing = rules.flatMap(({ required, from }, i) => {
    const taken = seats.filter((rule) => rule === i).length
    return taken < required ? (from.length > 0 ? from : ['nobody']) : []
  })
  return {
    required: rules.reduce((sum, { required }) => sum + required, 0),
    given: seats.filter((rule) => rule !== undefined).length,
    missing: [...new Set(missing)],
    approvedBy: approvers.map(({ name }) => name),
    approvers: approvers.map(({ name, account }) => ({ name, account })),
  }
}

/**
 * The rule in which each approver counts, so that as many seats as possible are taken. It is a
 * maximum matching by augmenting paths: an approver who fits two rules is moved to the other one to
 * make room.
 */
export function assign(
  rules: readonly ApprovalRule[],
  approvers: readonly PrincipalRecord[],
  accounts: NamedAccounts,
): (number | undefined)[] {
  const seatOf: (number | undefined)[] = approvers.map(() => undefined)
  const fits = (person: number, rule: number) => {
    const approver = approvers[person]
    return approver !== undefined && mayGive(approver, rules[rule]?.from ?? [], accounts)
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
