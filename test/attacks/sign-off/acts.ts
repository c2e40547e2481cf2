import { sweepPromotions } from '../../../src/governance/upkeep/sweep.ts'
import type { Reply } from '../../support/client.ts'
import { byPolicy } from './acts-of-policies.ts'
import { byAdmin } from './acts-of-rights.ts'
import type { Court } from './court.ts'
import { type Doing, passedPlaces, type Spot } from './judge.ts'
import type { Name } from './people.ts'
import {
  type Account,
  expiryOf,
  guardsOf,
  isAllowedMover,
  type Model,
  mayFollowUp,
  mayMove,
  type Place,
  type Request,
  seenNow,
  type Version,
  whyBlocked,
} from './rules.ts'
import { type Kind, newest, pick, type Step } from './steps.ts'

export type Act = (court: Court, step: Step) => Promise<Omit<Doing, 'kind'>>

const mlflow = '/api/2.0/mlflow'
const movers = ['ann', 'ann', 'bob', 'bob', 'erin', 'otto', 'service:robot', 'carol'] as const
const reviewers = ['carol', 'dave', 'bob', 'carol', 'ann', 'dave', 'erin', 'service:robot'] as const
const stages = [
  'Production',
  'production',
  'Staging',
  'None',
  'Archived',
  'Canary',
  'PRODUCTION',
] as const
const aliases = ['champion', 'production', 'Champion', 'PRODUCTION', 'canary', 'free'] as const
const targets = [
  'stage Production',
  'stage Production',
  'stage Staging',
  'alias champion',
  'alias production',
  'stage Canary',
] as const

/** A stage as the server keeps it; undefined: there is none. */
function canonical(court: Court, text: string): string | undefined {
  return court.state.stages.find((stage) => stage.toLowerCase() === text.toLowerCase())
}

function modelOf({ state }: Court, i: number): Model | undefined {
  const all = [...state.models.values()]
  return all[i % all.length]
}

function versionOf(court: Court, step: Step): Version | undefined {
  // The first model has most of what there is to move.
  const model = modelOf(court, step.model < 6 ? 0 : step.model)
  const all = model ? [...model.versions.values()] : []
  return all[step.version % all.length]
}

/** An open request, or one that is over if there is none. */
function requestOf({ state }: Court, i: number): Request | undefined {
  const all = [...state.requests.values()]
  const open = all.filter(({ isOver }) => !isOver)
  return i === newest ? all.at(-1) : (open[i % open.length] ?? all[i % all.length])
}

/** Note the request that a call opened, or one that it found. */
function noteRequest(
  { state, see }: Court,
  reply: Reply,
  wanted: Pick<Request, 'version' | 'place' | 'archives' | 'requester'>,
): void {
  const told =
    reply.status === 403 ? /Promotion request #(\d+) is open for/.exec(reply.text)?.[1] : undefined
  const id = reply.status === 201 ? String(reply.json.id) : told
  if (id === undefined) return
  if (state.requests.has(id)) return
  see('opened a request')
  const policies = guardsOf(state, wanted.version.model.name, wanted.place)
  state.requests.set(id, {
    ...wanted,
    id,
    openedAt: state.nowMs,
    expiresAt: expiryOf(policies, state.nowMs),
    isOver: false,
    reviews: [],
    glass: undefined,
  })
}

/** The request, if an answer says that it was merged. */
const mergedBy = ({ status, json }: Reply, merged: Request) =>
  status === 200 && json.status === 'merged' ? { merged } : {}

const addVersion = async (
  court: Court,
  who: Name,
  source: string,
  more: { model: Model; of?: Version; withRun: boolean },
) => {
  const { model, of, withRun } = more
  const by = court.accountOf(who)
  const made = await court.ask(who, 'POST', `${mlflow}/model-versions/create`, {
    name: model.name,
    source,
    ...(withRun ? { run_id: court.run.id } : {}),
  })
  if (made.status !== 200) return { by }
  const version: Version = {
    model,
    number: Number(made.json.model_version.version),
    authors: [by, ...(of?.authors ?? [])],
    card: { revision: 0, editor: undefined },
    run: of ? of.run : withRun ? court.run : undefined,
    signedOff: [],
  }
  model.versions.set(version.number, version)
  return { by }
}

/** A call that moves a version, or opens a request for that. */
async function move(
  court: Court,
  who: Name,
  call: readonly [path: string, body: object],
  wanted: Pick<Request, 'version' | 'place' | 'archives'>,
) {
  const by = court.accountOf(who)
  const reply = await court.ask(who, 'POST', ...call)
  noteRequest(court, reply, { ...wanted, requester: by })
  const opened = reply.status === 201 ? court.state.requests.get(reply.json.id) : undefined
  if (reply.status === 403) court.see('a move was refused')
  const isMerged = opened && reply.json.status === 'merged'
  return { by, version: wanted.version, ...(isMerged ? { merged: opened } : {}) }
}

/** Whether a request would put others into Archived, which a policy guards. */
function archivesGuarded({ state, spots }: Court, { version, place, archives }: Request): boolean {
  const guards = guardsOf(state, version.model.name, { kind: 'stage', name: 'Archived' })
  const isOther = ([other, { stage }]: [Version, Spot]) =>
    other.model === version.model && other !== version && stage === place.name
  return archives && place.kind === 'stage' && guards.length > 0 && [...spots()].some(isOther)
}

/** Whether the rules let somebody merge a request; of prompts they do not say who may do what. */
function mayMerge(court: Court, request: Request, by: Account): boolean {
  const { state, spots } = court
  const { version, place, archives } = request
  const guards = guardsOf(state, version.model.name, place)
  return (
    !version.model.isPrompt &&
    whyBlocked(state, request) === undefined &&
    !archivesGuarded(court, request) &&
    mayMove(state, by, version.model, passedPlaces({ place, archives }, spots().get(version))) &&
    isAllowedMover(state, by, guards)
  )
}

const byPeople = {
  version: async (court, { who, model, flag }) => {
    const found = modelOf(court, model)
    const name = pick(movers, who)
    if (!found) return { by: court.accountOf(name) }
    return addVersion(court, name, 's3://b/m', { model: found, withRun: flag })
  },

  copy: async (court, step) => {
    const of = versionOf(court, step)
    const model = modelOf(court, step.place)
    const name = pick(movers, step.who)
    if (!of || !model) return { by: court.accountOf(name) }
    const source = `models:/${of.model.name}/${of.number}`
    return addVersion(court, name, source, { model, of, withRun: false })
  },

  move: async (court, step) => {
    const version = versionOf(court, step)
    const name = pick(movers, step.who)
    if (!version) return { by: court.accountOf(name) }
    const stage = pick(stages, step.place)
    const archives = step.flag && stage !== 'None' && stage !== 'Archived'
    const body = {
      name: version.model.name,
      version: String(version.number),
      stage,
      archive_existing_versions: archives,
    }
    const place: Place = { kind: 'stage', name: canonical(court, stage) ?? stage }
    return move(court, name, [`${mlflow}/model-versions/transition-stage`, body], {
      version,
      place,
      archives,
    })
  },

  alias: async (court, step) => {
    const version = versionOf(court, step)
    const name = pick(movers, step.who)
    if (!version) return { by: court.accountOf(name) }
    const alias = pick(aliases, step.place)
    const body = { name: version.model.name, version: String(version.number), alias }
    const place: Place = { kind: 'alias', name: alias }
    return move(court, name, [`${mlflow}/registered-models/alias`, body], {
      version,
      place,
      archives: false,
    })
  },

  unalias: async (court, { who, model, place }) => {
    const name = pick(movers, who)
    const found = modelOf(court, model)
    if (found) {
      const body = { name: found.name, alias: pick(aliases, place) }
      await court.ask(name, 'DELETE', `${mlflow}/registered-models/alias`, body)
    }
    return { by: court.accountOf(name) }
  },

  open: async (court, step) => {
    const version = versionOf(court, step)
    const name = pick(movers, step.who)
    if (!version) return { by: court.accountOf(name) }
    const [kind, where = ''] = pick(targets, step.place).split(' ')
    const place: Place =
      kind === 'alias'
        ? { kind: 'alias', name: where }
        : { kind: 'stage', name: canonical(court, where) ?? where }
    const archives = step.flag && place.kind === 'stage'
    const body = {
      model: version.model.name,
      version: String(version.number),
      to: { [place.kind]: where },
      archive_existing: archives,
    }
    return move(court, name, ['/api/v1/promotions', body], { version, place, archives })
  },

  review: async (court, { who, request, variant }) => {
    const found = requestOf(court, request)
    const name = pick(reviewers, who)
    const by = court.accountOf(name)
    if (!found) return { by }
    const decision = variant < 850 ? 'approve' : variant < 930 ? 'comment' : 'reject'
    const saw = seenNow(court.state, found)
    const reply = await court.ask(name, 'POST', `/api/v1/promotions/${found.id}/reviews`, {
      decision,
    })
    if (reply.status !== 200) {
      if (reply.status === 403) court.see('a review was refused')
      return { by }
    }
    if (decision === 'reject') found.isOver = true
    if (decision === 'approve') found.reviews.push({ by, approves: true, saw })
    return { by, version: found.version, ...mergedBy(reply, found) }
  },

  sign: async (court, { who, request, flag, variant }) => {
    const found = requestOf(court, request)
    const name = pick(reviewers, who)
    const by = court.accountOf(name)
    if (!found || found.place.kind === 'alias') return { by }
    const saw = seenNow(court.state, found)
    const reply = await court.ask(name, 'POST', `${mlflow}/transition-requests/approve`, {
      name: found.version.model.name,
      version: String(found.version.number),
      stage: found.place.name,
      ...(variant % 3 > 0 ? { archive_existing_versions: flag } : {}),
    })
    if (reply.status !== 200) return { by }
    if (variant % 3 > 0) {
      // An approval that was given while the others were to stay does not cover archiving them.
      const isOnlyOne = found.reviews.every((review) => review.by.id === by.id)
      if (!flag || isOnlyOne) found.archives = flag
    }
    found.reviews.push({ by, approves: true, saw })
    const isMerged = reply.json.activity.activity_type === 'APPLIED_TRANSITION'
    return { by, version: found.version, ...(isMerged ? { merged: found } : {}) }
  },

  merge: async (court, { who, request }) => {
    const found = requestOf(court, request)
    const name = pick(movers, who)
    const by = court.accountOf(name)
    if (!found) return { by }
    const may = mayMerge(court, found, by)
    const reply = await court.ask(name, 'POST', `/api/v1/promotions/${found.id}/merge`)
    if (may && reply.status !== 200) throw new Error(`refused what is allowed: ${reply.text}`)
    court.see(reply.status === 200 ? 'a request was merged' : 'a merge was refused')
    const isApproved = found.reviews.length > 0 && !found.isOver
    if (reply.status === 403 && isApproved) court.see('a merge was refused after an approval')
    return { by, version: found.version, ...mergedBy(reply, found) }
  },

  close: async (court, { who, request }) => {
    const found = requestOf(court, request)
    const name = pick(movers, who)
    if (!found) return { by: court.accountOf(name) }
    const reply = await court.ask(name, 'POST', `/api/v1/promotions/${found.id}/close`, {})
    if (reply.status === 200) found.isOver = true
    return { by: court.accountOf(name) }
  },

  'break glass': async (court, { who, request, variant }) => {
    const found = requestOf(court, request)
    const name = pick(['otto', 'otto', 'bob', 'erin'] as const, who)
    const by = court.accountOf(name)
    if (!found) return { by }
    const reason = variant % 10 === 0 ? 'fire' : 'everything is on fire'
    const reply = await court.ask(name, 'POST', `/api/v1/promotions/${found.id}/break-glass`, {
      reason,
    })
    if (reply.status !== 200) return { by }
    if (reason === 'fire') throw new Error('the glass broke for four letters')
    return { by, version: found.version, brokenGlass: found, merged: found }
  },

  'follow up': async (court, { who, request }) => {
    const broken = [...court.state.requests.values()].filter(({ glass }) => glass)
    const found = broken[request % broken.length]
    const name = pick(reviewers, who)
    const by = court.accountOf(name)
    if (!found) return { by }
    const reply = await court.ask(name, 'POST', `/api/v1/promotions/${found.id}/follow-up`, {})
    if (reply.status !== 200 || !found.glass) return { by }
    if (!mayFollowUp(court.state, by, found))
      throw new Error(`${name} may not follow up #${found.id}`)
    court.see('followed up')
    found.glass.followedUp = true
    return { by }
  },

  'roll back': async (court, step) => {
    const version = versionOf(court, step)
    const name = pick(movers, step.who)
    const by = court.accountOf(name)
    if (!version) return { by }
    const stage = pick(['Production', 'PRODUCTION', 'Staging', 'Canary'] as const, step.place)
    const reply = await court.ask(name, 'POST', `/api/v1/models/${version.model.name}/rollback`, {
      stage,
      reason: 'incident',
      ...(step.flag ? { to_version: String(version.number) } : {}),
    })
    court.see(`a rollback was answered ${reply.status}`)
    const number =
      reply.status === 200
        ? Number(reply.json.model_version.version)
        : /version (\d+) -> /.exec(reply.text)?.[1]
    const meant = version.model.versions.get(Number(number))
    if (!meant) return { by }
    const place: Place = { kind: 'stage', name: canonical(court, stage) ?? stage }
    noteRequest(court, reply, { version: meant, place, archives: true, requester: by })
    return { by, version: meant }
  },

  card: async (court, step) => {
    const version = versionOf(court, step)
    const name = pick(['ann', 'bob', 'otto', 'erin', 'dave'] as const, step.who)
    const by = court.accountOf(name)
    if (!version) return { by }
    const path = `/api/v1/models/${version.model.name}/versions/${version.number}/card`
    const reply = await court.ask(name, 'PUT', path, { limitations: `of ${step.variant}` })
    if (reply.status === 200) version.card = { revision: reply.json.revision, editor: by }
    return { by }
  },

  metric: async (court, { variant }) => {
    const value = (variant % 10) / 10
    const reply = await court.ask('ann', 'POST', `${mlflow}/runs/log-metric`, {
      run_id: court.run.id,
      key: 'f1',
      value,
      timestamp: court.state.nowMs,
      step: 0,
    })
    if (reply.status === 200) court.run.metric = value
    return { by: court.accountOf('ann') }
  },

  run: async (court, { flag }) => {
    const path = `${mlflow}/runs/${flag ? 'delete' : 'restore'}`
    await court.ask('ann', 'POST', path, { run_id: court.run.id })
    return { by: court.accountOf('ann') }
  },

  sweep: async (court) => {
    await sweepPromotions(court.people.platform)
    return { by: court.accountOf('erin') }
  },

  time: async (court, { variant }) => {
    court.people.clock.pass(pick([1, 6, 80] as const, variant) * 3_600_000)
    court.state.nowMs = court.people.clock.ms
    return { by: court.accountOf('erin') }
  },
} satisfies Partial<Record<Kind, Act>>

export const acts: Readonly<Record<Kind, Act>> = { ...byPeople, ...byPolicy, ...byAdmin }

export { addVersion }
