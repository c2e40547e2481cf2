/**
 * The rules of sign-off once more, as simple as they can be said, for the property that holds the
 * server against them. Nothing here comes from src: this is what the documents promise, not what the
 * code does.
 */

/** Accounts are told apart by `id`: one that is made again under its old name is another. */
export type Account = {
  readonly id: number
  readonly name: string
  readonly isAdmin: boolean
  /** Who made it or a token for it; of a service account alone. */
  readonly owners: readonly Account[]
}

export type Place = { readonly kind: 'stage' | 'alias'; readonly name: string }

export type Model = {
  name: string
  readonly creator: Account
  isPrompt: boolean
  readonly levels: Map<number, 'NO_PERMISSIONS' | 'EDIT'>
  readonly versions: Map<number, Version>
}

export type Version = {
  readonly model: Model
  readonly number: number
  readonly authors: readonly Account[]
  card: { revision: number; editor: Account | undefined }
  /** The metric of its run; undefined where it has no run. */
  readonly run: { metric: number } | undefined
  /** What it came into by a request, and under which policies. */
  readonly signedOff: { place: Place; policies: readonly string[]; request: Request }[]
}

export type Policy = {
  readonly name: string
  readonly revision: number
  readonly models: string
  readonly place: Place
  readonly rules: readonly { readonly required: number; readonly from: readonly string[] }[]
  readonly only: readonly string[]
  readonly selfApproval: boolean
  readonly authorMayApprove: boolean
  readonly dismissStale: boolean
  readonly expireHours: number
  readonly skipApprovals: boolean
  readonly isAutomatic: boolean
  readonly breakGlass: readonly string[]
  readonly metricMin: number | undefined
  /** The accounts that had these names when it was written. */
  readonly named: ReadonlyMap<string, number>
}

export type Request = {
  readonly id: string
  readonly version: Version
  readonly place: Place
  archives: boolean
  readonly requester: Account
  readonly openedAt: number
  expiresAt: number
  isOver: boolean
  readonly reviews: { readonly by: Account; readonly approves: boolean; readonly saw: string }[]
  glass: { readonly by: Account; followedUp: boolean } | undefined
}

export type Grant = {
  readonly id: string
  readonly action: 'approve' | 'promote'
  /** An account, or the name of a group. */
  readonly holder: Account | string
  readonly models: string
  readonly place: Place | undefined
}

export type State = {
  nowMs: number
  stages: readonly string[]
  /** By name; who is not in it is gone. */
  readonly accounts: Map<string, Account>
  readonly groups: Map<string, Set<number>>
  grants: Grant[]
  readonly policies: Map<string, Policy>
  /** By present name. */
  readonly models: Map<string, Model>
  readonly requests: Map<string, Request>
}

const hourMs = 3_600_000
export const expiryOf = (policies: readonly Policy[], nowMs: number): number =>
  nowMs + Math.min(720, ...policies.map(({ expireHours }) => expireHours)) * hourMs

function isMatch(glob: string, text: string): boolean {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}

/** A stage and an alias of one name are one place, in upper and lower case. */
function isPlaceOf(guarded: Place, { kind, name }: Place): boolean {
  const isRest = kind === 'stage' && (name === 'None' || name === 'Archived')
  if (isRest && guarded.name.includes('*')) return false
  return isMatch(guarded.name.toLowerCase(), name.toLowerCase())
}

/** As `isPlaceOf`, for grants: a glob of stages names the aliases that are called like a stage. */
function isGrantedPlace({ stages }: State, granted: Place, { kind, name }: Place): boolean {
  const key = name.toLowerCase()
  if (granted.name.includes('*')) {
    if (kind === 'stage' && name === 'None') return false
    const isStage = stages.some((stage) => stage.toLowerCase() === key)
    if (granted.kind === 'stage' && !isStage) return false
  }
  return isMatch(granted.name.toLowerCase(), key)
}

export function guardsOf({ policies }: State, model: string, place: Place): Policy[] {
  return [...policies.values()].filter(
    (policy) => isMatch(policy.models, model) && isPlaceOf(policy.place, place),
  )
}

function isAlive({ accounts }: State, { id, name }: Account): boolean {
  return accounts.get(name)?.id === id
}

/** Whether a list such as `group:a`, `user:b`, `service:c` has an account. */
function isIn(
  state: State,
  who: Account,
  { list, named }: { list: readonly string[]; named: Policy['named'] },
): boolean {
  return list.some((word) =>
    word.startsWith('group:')
      ? state.groups.get(word.slice('group:'.length))?.has(who.id)
      : named.get(word) === who.id,
  )
}

function isSameOwner(one: Account, other: Account): boolean {
  const owns = (a: Account, b: Account) => b.owners.some(({ id }) => id === a.id)
  return one.id === other.id || owns(one, other) || owns(other, one)
}

/** What an approval stands for. */
export function seenNow(state: State, { version, place }: Request): string {
  const guards = guardsOf(state, version.model.name, place)
  return JSON.stringify([
    version.card.revision,
    guards.map(({ name, revision }) => `${name} ${revision}`).sort(),
    version.run?.metric,
  ])
}

function mayRead({ model }: Version, who: Account): boolean {
  return who.isAdmin || model.isPrompt || model.levels.get(who.id) !== 'NO_PERMISSIONS'
}

function holds(state: State, who: Account, { holder }: Grant): boolean {
  return typeof holder === 'string'
    ? state.groups.get(holder)?.has(who.id) === true
    : holder.id === who.id
}

function mayApprove(state: State, who: Account, model: string): boolean {
  if (who.isAdmin) return true
  const asked = state.grants.filter((g) => g.action === 'approve' && isMatch(g.models, model))
  return asked.length === 0 || asked.some((grant) => holds(state, who, grant))
}

/** Whether somebody may move a version of the model into these places and out of them. */
export function mayMove(
  state: State,
  who: Account,
  model: Model,
  places: readonly Place[],
): boolean {
  if (!isAlive(state, who)) return false
  if (who.isAdmin) return true
  const grants = state.grants.filter(
    ({ action, models }) => action === 'promote' && isMatch(models, model.name),
  )
  const names = (place: Place) => (grant: Grant) =>
    grant.place && isGrantedPlace(state, grant.place, place)
  const named = places.filter((place) => grants.some(names(place)))
  const isGranted = named.every((place) =>
    grants.filter(names(place)).some((grant) => holds(state, who, grant)),
  )
  // Who may do what with a prompt is another matter: see `mayRead`.
  const level = model.isPrompt ? 'EDIT' : model.levels.get(who.id)
  const mayEdit = level === 'EDIT' || model.creator.id === who.id
  return isGranted && (named.length > 0 ? level !== 'NO_PERMISSIONS' : mayEdit)
}

/** Whether an account may approve a request as far as one policy goes. */
function isEntitled(state: State, who: Account, request: Request, policy: Policy): boolean {
  const { version, requester } = request
  if (isSameOwner(who, requester) && !policy.selfApproval) return false
  const { editor } = version.card
  const made = [...version.authors, ...(editor ? [editor] : [])]
  if (!policy.authorMayApprove && made.some((author) => isSameOwner(author, who))) return false
  return policy.rules.some(({ from }) => isSeat(state, who, { from, named: policy.named }))
}

/** Service accounts have to be named themselves. */
function isSeat(
  state: State,
  who: Account,
  { from, named }: { from: readonly string[]; named: Policy['named'] },
): boolean {
  const isService = who.name.startsWith('service:')
  const list = isService ? from.filter((word) => !word.startsWith('group:')) : from
  return isIn(state, who, { list, named })
}

/** Those whose approval of a request counts now, as far as one policy goes. */
function standing(state: State, request: Request, policy: Policy, sees: string): Account[] {
  const latest = new Map(request.reviews.map((review) => [review.by.id, review]))
  return [...latest.values()]
    .filter(
      ({ by, approves, saw }) =>
        approves &&
        isAlive(state, by) &&
        mayRead(request.version, by) &&
        mayApprove(state, by, request.version.model.name) &&
        (!policy.dismissStale || saw === sees) &&
        isEntitled(state, by, request, policy),
    )
    .map(({ by }) => by)
}

/** Whether these people can fill the rules, each of them one seat. */
function isFilled(state: State, policy: Policy, people: readonly Account[]): boolean {
  const seats = policy.rules.flatMap(({ required, from }) =>
    Array.from({ length: required }, () => ({ from, named: policy.named })),
  )
  const fill = (free: readonly (typeof seats)[number][], left: readonly Account[]): boolean => {
    const [seat, ...rest] = free
    if (!seat) return true
    return left.some(
      (who) =>
        isSeat(state, who, seat) &&
        fill(
          rest,
          left.filter(({ id }) => id !== who.id),
        ),
    )
  }
  return fill(seats, people)
}

/** Why a request may not be merged; undefined: it may. */
export function whyBlocked(state: State, request: Request): string | undefined {
  if (request.isOver) return 'it is over'
  if (request.expiresAt <= state.nowMs) return 'it has expired'
  const sees = seenNow(state, request)
  for (const policy of guardsOf(state, request.version.model.name, request.place)) {
    const people = standing(state, request, policy, sees)
    if (!isFilled(state, policy, people)) {
      return `policy ${policy.name} lacks approvals, it has those of ${people.map(({ name }) => name).join(', ') || 'nobody'}`
    }
    const { metricMin } = policy
    if (metricMin !== undefined && (request.version.run?.metric ?? -1) < metricMin) {
      return `policy ${policy.name} wants a better metric`
    }
  }
  return undefined
}

/** Whether each of these policies lets an account make the move. */
export function isAllowedMover(state: State, who: Account, policies: readonly Policy[]): boolean {
  return policies.every(
    ({ only: list, named }) => list.length === 0 || isIn(state, who, { list, named }),
  )
}

export function mayBreakGlass(state: State, who: Account, policies: readonly Policy[]): boolean {
  return policies.every(({ breakGlass: list, named }) => isIn(state, who, { list, named }))
}

/** Whether somebody may close the follow-up of a request that was merged by break-glass. */
export function mayFollowUp(state: State, who: Account, request: Request): boolean {
  const { glass, requester, version, place } = request
  if (!glass || isSameOwner(who, requester) || isSameOwner(who, glass.by)) return false
  if (!isAlive(state, who) || !mayApprove(state, who, version.model.name)) return false
  const asking = guardsOf(state, version.model.name, place).filter(({ rules }) => rules.length > 0)
  return asking.length === 0
    ? mayMove(state, who, version.model, [place])
    : asking.some((policy) => isEntitled(state, who, request, policy))
}

/** Whether a version comes back to a place without a new sign-off. */
export function mayComeBack(state: State, version: Version, place: Place): boolean {
  const guards = guardsOf(state, version.model.name, place)
  const names = new Set(guards.map(({ name }) => name))
  return (
    guards.every(({ skipApprovals }) => skipApprovals) &&
    version.signedOff.some(
      (entry) =>
        entry.place.kind === place.kind &&
        entry.place.name.toLowerCase() === place.name.toLowerCase() &&
        entry.policies.some((name) => names.has(name)) &&
        (!entry.request.glass || entry.request.glass.followedUp),
    )
  )
}
