import type { Act } from './acts.ts'
import type { Court } from './court.ts'
import { placesOf } from './judge.ts'
import type { Name } from './people.ts'
import { type Grant, guardsOf, type Model, type Place } from './rules.ts'
import { pick } from './steps.ts'

const mlflow = '/api/2.0/mlflow'
type Names = readonly Name[]

const owners = ['ann', 'ann', 'bob', 'erin'] as const
/** Of whom accounts are deleted and made again. */
const mortal = ['carol', 'dave', 'bob', 'otto', 'service:robot', 'mona', 'ann'] as const
const members: readonly [Names, ...Names[]] = [
  ['carol', 'dave'],
  ['carol'],
  ['dave'],
  [],
  ['carol', 'dave', 'service:robot'],
  ['bob', 'carol'],
  ['ann', 'bob', 'carol', 'dave', 'otto'],
]

export const modelNames = ({ prefix }: Pick<Court, 'prefix'>) =>
  [`p${prefix}-a`, `p${prefix}-b`, `q${prefix}-c`] as const

export async function makeModel(court: Court, who: Name, name: string): Promise<void> {
  const reply = await court.ask(who, 'POST', `${mlflow}/registered-models/create`, { name })
  if (reply.status !== 200) return
  const creator = court.accountOf(who)
  const model: Model = { name, creator, isPrompt: false, levels: new Map(), versions: new Map() }
  court.state.models.set(name, model)
}

export async function setGroup(court: Court, name: string, list: readonly Name[]): Promise<void> {
  const there = list.filter((member) => court.state.accounts.has(member))
  const reply = await court.ask('root', 'PUT', `/api/v1/groups/${name}`, { members: there })
  if (reply.status !== 200) throw new Error(reply.text)
  court.state.groups.set(name, new Set(there.map((member) => court.accountOf(member).id)))
}

export async function setLevel(
  court: Court,
  name: Name,
  model: Model,
  permission: 'EDIT' | 'NO_PERMISSIONS' | undefined,
): Promise<void> {
  const account = court.accountOf(name)
  const body = { name: model.name, username: name }
  const path = `${mlflow}/registered-models/permissions`
  if (model.levels.has(account.id)) {
    await court.ask('root', 'DELETE', `${path}/delete`, body)
    model.levels.delete(account.id)
  }
  if (permission === undefined) return
  const given = await court.ask('root', 'POST', `${path}/create`, { ...body, permission })
  if (given.status === 200) model.levels.set(account.id, permission)
}

async function makeAgain({ people, log, see }: Court, name: Name): Promise<void> {
  await people.makeOne(name)
  log.push(`root makes ${name} again`)
  see('an account was made again')
}

/** @throws a version of the model is in a guarded place, and the model was deleted or renamed */
function refuseGuarded(court: Court, model: Model, name: string): void {
  for (const [version, spot] of court.spots()) {
    if (version.model !== model) continue
    for (const place of placesOf(spot)) {
      const [policy] = guardsOf(court.state, name, place)
      if (!policy) continue
      throw new Error(
        `${model.name}/${version.number} is in ${place.name}, which ${policy.name} guards for ${name}`,
      )
    }
  }
}

export const byAdmin = {
  make: async (court, { who, model }) => {
    const by = pick(owners, who)
    await makeModel(court, by, pick(modelNames(court), model))
    return { by: court.accountOf(by) }
  },

  rename: async (court, { who, model, variant }) => {
    const { models } = court.state
    const by = pick(owners, who)
    const found = [...models.values()][model % models.size]
    if (!found) return { by: court.accountOf(by) }
    const newName = pick(modelNames(court), variant)
    const body = { name: found.name, new_name: newName }
    const reply = await court.ask(by, 'POST', `${mlflow}/registered-models/rename`, body)
    if (reply.status === 403) court.see('a renaming was refused')
    if (reply.status === 200 && newName !== found.name) {
      refuseGuarded(court, found, found.name)
      refuseGuarded(court, found, newName)
      models.delete(found.name)
      found.name = newName
      models.set(newName, found)
      court.see('renamed')
    }
    return { by: court.accountOf(by) }
  },

  'delete version': async (court, step) => {
    const by = pick(owners, step.who)
    const all = court.versions()
    const found = all[step.version % all.length]
    if (!found) return { by: court.accountOf(by) }
    const body = { name: found.model.name, version: String(found.number) }
    const reply = await court.ask(by, 'DELETE', `${mlflow}/model-versions/delete`, body)
    if (reply.status === 200) found.model.versions.delete(found.number)
    if (reply.status === 403) court.see('a deletion was refused')
    return { by: court.accountOf(by) }
  },

  'delete model': async (court, { who, model }) => {
    const { models } = court.state
    const by = pick(owners, who)
    const found = [...models.values()][model % models.size]
    if (!found) return { by: court.accountOf(by) }
    const body = { name: found.name }
    const reply = await court.ask(by, 'DELETE', `${mlflow}/registered-models/delete`, body)
    if (reply.status === 200) {
      refuseGuarded(court, found, found.name)
      models.delete(found.name)
    }
    return { by: court.accountOf(by) }
  },

  group: async (court, { variant, place }) => {
    const name = variant % 4 === 0 ? 'oncall' : 'reviewers'
    await setGroup(
      court,
      name,
      name === 'oncall' ? pick([['otto'], []], place) : pick(members, place),
    )
    return { by: court.accountOf('erin') }
  },

  'delete account': async (court, { who, flag }) => {
    const { groups, grants } = court.state
    const name = pick(mortal, who)
    const gone = court.state.accounts.get(name)
    if (!gone) return { by: court.accountOf('erin') }
    await court.people.deleteOne(name)
    court.log.push(`root deletes ${name}`)
    for (const group of groups.values()) group.delete(gone.id)
    court.state.grants = grants.filter(({ holder }) => holder !== gone)
    court.see('an account was deleted')
    if (flag) await makeAgain(court, name)
    return { by: court.accountOf('erin') }
  },

  'make account': async (court) => {
    const name = mortal.find((mortal) => !court.state.accounts.has(mortal))
    if (name) await makeAgain(court, name)
    return { by: court.accountOf('erin') }
  },

  grant: async (court, { variant, model, place }) => {
    const { state } = court
    const action = variant % 2 === 0 ? 'approve' : 'promote'
    const principal = pick(
      ['user:carol', 'group:reviewers', 'user:bob', 'user:ann'] as const,
      place,
    )
    const models = pick(
      [`p${court.prefix}-*`, `p${court.prefix}-a`, `q${court.prefix}-*`] as const,
      model,
    )
    const where = pick<Place>(
      [
        { kind: 'stage', name: 'Production' },
        { kind: 'alias', name: 'champion' },
        { kind: 'stage', name: '*' },
      ],
      variant,
    )
    const body = {
      principal,
      action,
      models,
      ...(action === 'promote' ? { [where.kind]: where.name } : {}),
    }
    const reply = await court.ask('root', 'POST', '/api/v1/grants', body)
    if (reply.status === 201) {
      const [kind, name = ''] = principal.split(':')
      const holder = kind === 'group' ? name : state.accounts.get(name)
      if (!holder) throw new Error(`${principal} is gone and was granted something`)
      const grant: Grant = {
        id: String(reply.json.id),
        action,
        holder,
        models,
        place: action === 'promote' ? where : undefined,
      }
      state.grants.push(grant)
    }
    return { by: court.accountOf('erin') }
  },

  'take grant': async (court, { variant }) => {
    const { grants } = court.state
    const grant = grants[variant % grants.length]
    if (grant) {
      await court.ask('root', 'DELETE', `/api/v1/grants/${grant.id}`)
      grants.splice(grants.indexOf(grant), 1)
    }
    return { by: court.accountOf('erin') }
  },

  level: async (court, { who, model, flag }) => {
    const { models } = court.state
    const found = [...models.values()][model % models.size]
    const name = pick(['carol', 'dave', 'bob', 'otto', 'service:robot'] as const, who)
    if (found) {
      const level = name === 'carol' || name === 'dave' ? 'NO_PERMISSIONS' : 'EDIT'
      await setLevel(court, name, found, flag ? level : undefined)
    }
    return { by: court.accountOf('erin') }
  },

  prompt: async (court, { who, model, flag }) => {
    const { models } = court.state
    const by = pick(['erin', 'ann', 'bob'] as const, who)
    const found = [...models.values()][model % models.size]
    if (!found) return { by: court.accountOf(by) }
    const reply = await court.ask(by, 'POST', `${mlflow}/registered-models/set-tag`, {
      name: found.name,
      key: 'mlflow.prompt.is_prompt',
      value: String(flag),
    })
    if (reply.status === 200) found.isPrompt = flag
    return { by: court.accountOf(by) }
  },

  stages: async (court, { variant }) => {
    const name = pick(['Canary', 'CANARY', undefined] as const, variant)
    const items = ['None', 'Staging', 'Production', 'Archived', ...(name ? [name] : [])]
    const body = { items: items.map((stage) => ({ name: stage })) }
    const reply = await court.ask('root', 'PUT', '/api/v1/stages', body)
    if (reply.status === 200) {
      court.state.stages = items
      for (const request of court.state.requests.values()) {
        const { kind, name: stage } = request.place
        if (kind === 'stage' && !items.includes(stage)) request.isOver = true
      }
    }
    return { by: court.accountOf('erin') }
  },
} satisfies Record<string, Act>
