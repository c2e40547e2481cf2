/** Who asks. With access control off everybody is anonymous and nothing is refused. */
export type Principal = {
  readonly name: string
  readonly kind: 'user' | 'service' | 'anonymous'
  readonly verified: boolean
  readonly groups: readonly string[]
  /** May do everything. */
  readonly isAdmin: boolean
  /** `accounts.id` of who signed in; absent for those whom no account stands for. */
  readonly accountId?: number
}

export const anonymous: Principal = {
  name: 'anonymous',
  kind: 'anonymous',
  verified: false,
  groups: [],
  isAdmin: false,
}
