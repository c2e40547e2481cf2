/** Who asks (design: "Principal"). With access control off everybody is anonymous. */
export type Principal = {
  readonly name: string
  readonly kind: 'user' | 'service' | 'anonymous'
  readonly verified: boolean
  readonly groups: readonly string[]
}

export const anonymous: Principal = {
  name: 'anonymous',
  kind: 'anonymous',
  verified: false,
  groups: [],
}
