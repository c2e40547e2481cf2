import {
  type Account,
  expiryOf,
  guardsOf,
  isAllowedMover,
  mayBreakGlass,
  mayComeBack,
  mayMove,
  type Place,
  type Policy,
  type Request,
  type State,
  type Version,
  whyBlocked,
} from './rules.ts'
import type { Kind } from './steps.ts'

/** Where a version is. */
export type Spot = { readonly stage: string; readonly aliases: readonly string[] }
export type Spots = ReadonlyMap<Version, Spot>

/** What was done, as far as it can move versions. */
export type Doing = {
  readonly kind: Kind
  readonly by: Account
  readonly version?: Version
  /** Of a break-glass that was answered with 200. */
  readonly brokenGlass?: Request
  /** Of a merge that was answered with 200. */
  readonly merged?: Request
}

export type Judging = {
  readonly state: State
  readonly doing: Doing
  readonly before: Spots
  readonly after: Spots
  /** Told of what was seen, so that a property that never sees anything is found out. */
  readonly see: (what: string) => void
}

export const placesOf = ({ stage, aliases }: Spot): Place[] => [
  { kind: 'stage', name: stage },
  ...aliases.map((name): Place => ({ kind: 'alias', name })),
]

const placeText = ({ kind, name }: Place) => `${kind} ${name}`
const isIn = (spots: Spots, version: Version, { kind, name }: Place) => {
  const spot = spots.get(version)
  return kind === 'stage' ? spot?.stage === name : spot?.aliases.includes(name) === true
}

/** Throws unless each change of who is in a guarded place is one that the rules allow. */
export function judgeChanges(judging: Judging): void {
  const { before, after } = judging
  const versions = [...new Set([...before.keys(), ...after.keys()])]
  const models = new Set(versions.map(({ model }) => model))
  for (const model of models) {
    const own = versions.filter((version) => version.model === model)
    const places = new Map(
      own
        .flatMap((version) => [before.get(version), after.get(version)])
        .flatMap((spot) => (spot ? placesOf(spot) : []))
        .filter(({ kind, name }) => kind === 'alias' || name !== 'None')
        .map((place) => [placeText(place), place]),
    )
    for (const place of places.values()) judgePlace(judging, own, place)
  }
}

function judgePlace(judging: Judging, versions: readonly Version[], place: Place): void {
  const { state, before, after, see } = judging
  const was = versions.filter((version) => isIn(before, version, place))
  const is = versions.filter((version) => isIn(after, version, place))
  const entered = is.filter((version) => !was.includes(version))
  const left = was.filter((version) => !is.includes(version))
  const [one] = [...entered, ...left]
  if (!one) return
  const guards = guardsOf(state, one.model.name, place)
  if (guards.length === 0) {
    if (entered.length > 0 && place.name !== 'Archived') see('came in freely')
    const settled = entered.flatMap((version) => requestsFor(state, version, place))
    for (const request of settled) request.isOver = true
    return
  }
  const why = whyWrong(judging, { place, guards, is, entered, left })
  if (why === undefined) return
  const who = [...entered, ...left].map(textOf).join(', ')
  const policies = guards.map(({ name }) => name).join(', ')
  throw new Error(`${who} and ${placeText(place)}, which ${policies} guards: ${why}`)
}

type PlaceChange = {
  readonly place: Place
  readonly guards: readonly Policy[]
  readonly is: readonly Version[]
  readonly entered: readonly Version[]
  readonly left: readonly Version[]
}

function whyWrong(judging: Judging, change: PlaceChange): string | undefined {
  const { place, guards, is, entered, left } = change
  const [mover, more] = entered
  if (more) return 'two came in at once'
  if (left.some((version) => !judging.after.has(version))) return 'it was deleted'
  const thrown = left.filter((version) => !isOwnLeave(judging, version))
  const moved = mover ?? (thrown.length > 0 ? judging.doing.version : undefined)
  if (moved && is.includes(moved)) {
    const archives = place.kind === 'stage' && thrown.length > 0
    const why = judgeMove(judging, { version: moved, place, archives }, guards)
    if (why !== undefined) return why
  } else if (thrown.length > 0) {
    return 'it was thrown out by nobody who came in'
  }
  const leaving = mover ? [] : left.filter((version) => !thrown.includes(version))
  return leaving.map((version) => whyNotLeave(judging, version, change)).find((why) => why)
}

function whyNotLeave(
  { state, doing, see }: Judging,
  { model }: Version,
  { place, guards }: PlaceChange,
): string | undefined {
  see('left a guarded place')
  // The server merges by itself what somebody asked for who may.
  const may =
    ['review', 'sign', 'sweep'].includes(doing.kind) ||
    (mayMove(state, doing.by, model, [place]) &&
      (doing.kind !== 'unalias' || isAllowedMover(state, doing.by, guards)))
  return may ? undefined : `${doing.by.name} may not take it out`
}

/** Whether a version was moved elsewhere itself, or lost its alias by itself. */
function isOwnLeave({ doing, after }: Judging, version: Version): boolean {
  if (doing.kind === 'unalias' || doing.version === version) return true
  const stage = after.get(version)?.stage
  return doing.kind === 'sweep' && stage !== 'Archived'
}

type Move = { readonly version: Version; readonly place: Place; readonly archives: boolean }

/** All places that a move is about: where to, where from and, if others are archived, where those go. */
export function passedPlaces({ place, archives }: Omit<Move, 'version'>, spot?: Spot): Place[] {
  if (place.kind === 'alias') return [place]
  const from = spot?.stage ?? 'None'
  const others = archives ? ['Archived'] : []
  return [place, ...[from, ...others].map((name): Place => ({ kind: 'stage', name }))]
}

/** Why a move was wrong; undefined: it was right. What it settled is over then. */
function judgeMove(judging: Judging, move: Move, guards: readonly Policy[]): string | undefined {
  const { state, doing, see, before } = judging
  const { version, place, archives } = move
  const own = requestsFor(state, version, place)
  const over = (signed: Request | undefined, how: string) => {
    see(archives ? `${how}, others archived` : how)
    if (signed) {
      const policies = guards.map(({ name }) => name)
      version.signedOff.push({ place, policies, request: signed })
    }
    for (const request of own) request.isOver = true
    return undefined
  }
  const passed = passedPlaces(move, before.get(version))
  const mayActor = mayMove(state, doing.by, version.model, passed)
  const mayBy = mayActor && isAllowedMover(state, doing.by, guards)
  const isAutomatic = guards.every((policy) => policy.isAutomatic && policy.only.length === 0)
  const { brokenGlass } = doing
  if (brokenGlass && own.includes(brokenGlass)) {
    if (!mayActor || !mayBreakGlass(state, doing.by, guards)) return 'the glass was not theirs'
    brokenGlass.glass = { by: doing.by, followedUp: false }
    return over(brokenGlass, 'came in by break-glass')
  }
  const enters = !isIn(before, version, place)
  if (doing.kind === 'roll back' && enters && mayActor && mayComeBack(state, version, place)) {
    return over(undefined, 'came back')
  }
  const requests = [...own, freshRequest(judging, move, guards)]
  const blocks = requests.map((request) => {
    if (archives && !request.archives) return `#${request.id} leaves the others`
    const why = whyBlocked(state, request)
    return why === undefined ? request : `#${request.id}: ${why}`
  })
  const signed = blocks.find((block) => typeof block !== 'string')
  if (!signed) return `${doing.kind} by ${doing.by.name}: ${blocks.join('; ')}`
  if (!mayBy && !isAutomatic) return `${doing.by.name} may not make this move`
  const isApproved = guards.some(({ rules }) => rules.length > 0)
  return over(signed, isApproved ? 'came in by sign-off' : 'came in by gates alone')
}

function requestsFor({ requests }: State, version: Version, place: Place): Request[] {
  return [...requests.values()].filter(
    (request) =>
      request.version === version &&
      request.place.kind === place.kind &&
      request.place.name === place.name,
  )
}

/** The request that a call opens where none is open; nobody has approved it. */
function freshRequest(
  { state, doing }: Judging,
  { version, place, archives }: Move,
  guards: readonly Policy[],
): Request {
  return {
    id: 'new',
    version,
    place,
    archives,
    requester: doing.by,
    openedAt: state.nowMs,
    expiresAt: expiryOf(guards, state.nowMs),
    isOver: false,
    reviews: [],
    glass: undefined,
  }
}

const textOf = ({ model, number }: Version): string => `${model.name}/${number}`
