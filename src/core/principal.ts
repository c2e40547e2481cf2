/** What a caller that signed in with an access token may do at most. */
export type Scope = 'read' | 'write'

/** Who asks. With access control off everybody is anonymous and nothing is refused. */
export type Principal = {
  readonly name: string
  readonly kind: 'user' | 'service' | 'anonymous'
  readonly verified: boolean
  readonly groups: readonly string[]
  /** Those of the groups that an issuer outside told of, at this sign-in. */
  readonly claimedGroups?: readonly string[] | undefined
  /** May do everything. */
  readonly isAdmin: boolean
  /** `accounts.id` of who signed in; absent for those whom no account stands for. */
  readonly accountId?: number
  /** Known, when it signed in or anything about access changed since: nothing at all is denied to it. */
  readonly isDeniedNothing?: boolean
  /** The access token by which it signed in; absent for every other way. */
  readonly token?: { readonly id: number; readonly scopes: readonly Scope[] }
  /** SHA-256 of the id of the session by which it signed in; absent for every other way. */
  readonly session?: string
  /** When the credential by which it signed in ends at the latest, Unix milliseconds; undefined: it does not end by itself. */
  readonly endsAtMs?: number | undefined
}

export const anonymous: Principal = {
  name: 'anonymous',
  kind: 'anonymous',
  verified: false,
  groups: [],
  isAdmin: false,
}

/** The principal of automatic changes: requests that expire, or merge when nothing blocks them any more. */
export const gatehouse: Principal = {
  name: 'gatehouse',
  kind: 'service',
  verified: true,
  groups: [],
  isAdmin: true,
}

/** Who works on the database itself may do everything; the audit log names this principal. */
export const operator: Principal = {
  name: 'operator',
  kind: 'service',
  verified: true,
  groups: [],
  isAdmin: true,
}

/** Takes variants out that break the bounds of their deployment. It may what those who wrote the bounds may. */
export const deploymentGuard: Principal = {
  name: 'deployment-guard',
  kind: 'service',
  verified: true,
  groups: [],
  isAdmin: true,
}

/** What the audit log has of a principal. */
export type PrincipalRecord = Pick<Principal, 'name' | 'kind' | 'verified' | 'groups'> & {
  /** `accounts.id`; absent for those whom no account stands for. */
  readonly account?: string | undefined
}

/** A principal as it is kept: the account tells who it was when another has the name. */
export function principalRecord(principal: Principal): PrincipalRecord {
  const { name, kind, verified, groups, accountId } = principal
  const account = accountId === undefined ? {} : { account: String(accountId) }
  return { name, kind, verified, groups, ...account }
}

/** A PrincipalRecord as JSON. */
export function principalText(principal: Principal): string {
  return JSON.stringify(principalRecord(principal))
}

/** Who did something, as far as it is compared. */
export type SomeAccount = Pick<PrincipalRecord, 'name' | 'account'>

/** Whether two are one: by their accounts or, where one of them has none, by name. */
export function isSame(one: SomeAccount, other: SomeAccount): boolean {
  return one.account !== undefined && other.account !== undefined
    ? one.account === other.account
    : one.name === other.name
}
