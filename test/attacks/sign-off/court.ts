import { sql } from 'drizzle-orm'
import { acts, addVersion } from './acts.ts'
import { makeModel, modelNames, setGroup, setLevel } from './acts-of-rights.ts'
import { judgeChanges, type Spot, type Spots } from './judge.ts'
import { type Name, names, type People } from './people.ts'
import { type Account, expiryOf, guardsOf, type State, type Version } from './rules.ts'
import type { Step } from './steps.ts'

const mlflow = '/api/2.0/mlflow'
const standardStages = ['None', 'Staging', 'Production', 'Archived']

/** Told of what came to pass. */
type See = (what: string) => void

/** One sequence: what it asks of the server, and the state that the rules know. */
export type Court = ReturnType<typeof makeCourt>

/** @param prefix of the names of its models, which no other sequence has */
export async function openCourt(people: People, prefix: string, see: See) {
  const court = makeCourt(people, prefix, see)
  await begin(court)
  return { take: court.take, log: court.log, close: () => putBack(court) }
}

function makeCourt(people: People, prefix: string, see: See) {
  const { clock, accounts } = people
  const log: string[] = []
  const state: State = {
    nowMs: clock.ms,
    stages: standardStages,
    accounts,
    groups: new Map(),
    grants: [],
    policies: new Map(),
    models: new Map(),
    requests: new Map(),
  }
  let spots: Spots = new Map()

  const ask = async (who: Name | 'root', method: string, path: string, body?: unknown) => {
    const reply = await people.ask(who, method, path, body)
    state.nowMs = clock.ms
    if (reply.status >= 500) throw new Error(`${path} answered ${reply.text}`)
    const text = reply.status < 300 ? '' : (reply.json?.message ?? '').slice(0, 300)
    log.push(
      `${who} ${method} ${path.replace(mlflow, '')} ${JSON.stringify(body)} -> ${reply.status} ${text}`,
    )
    return reply
  }
  const accountOf = (name: Name): Account => accounts.get(name) ?? { ...nobody, name }

  /** Who is where, from the tables: no code that reads them is trusted. */
  const look = async (): Promise<Spots> => {
    const rows = await people.platform.db.all(
      sql<{ name: string; version: number; stage: string; aliases: string }>`
        select m.name, v.version, v.stage, (select json_group_array(alias) from aliases a
          where a.registered_model = m.id and a.version = v.version) as aliases
        from registered_models m join model_versions v on v.registered_model = m.id
        where m.name in (select value from json_each(${JSON.stringify([...state.models.keys()])}))`,
    )
    return new Map(
      rows.map(({ name, version, stage, aliases }): [Version, Spot] => {
        const found = state.models.get(name)?.versions.get(version)
        if (!found) throw new Error(`nobody made ${name}/${version}`)
        return [found, { stage, aliases: JSON.parse(aliases) }]
      }),
    )
  }

  /** Requests that nobody decides any more close by themselves; the others expire as policies say now. */
  const settle = (after: Spots) => {
    for (const request of state.requests.values()) {
      if (!after.has(request.version)) request.isOver = true
      if (request.isOver || request.expiresAt <= state.nowMs) continue
      const guards = guardsOf(state, request.version.model.name, request.place)
      request.expiresAt = expiryOf(guards, request.openedAt)
    }
  }

  const take = async (step: Step) => {
    const before = spots
    const doing = { kind: step.kind, ...(await acts[step.kind](court, step)) }
    spots = await look()
    judgeChanges({ see, state, doing, before, after: spots })
    if (doing.merged) doing.merged.isOver = true
    settle(spots)
  }

  const court = {
    see,
    prefix,
    people,
    state,
    log,
    ask,
    accountOf,
    run: { id: '', metric: -1 },
    /** How often each policy was changed, deletions included. */
    revisions: new Map<string, number>(),
    spots: () => spots,
    take,
    versions: (): Version[] => [...state.models.values()].flatMap((m) => [...m.versions.values()]),
  }
  return court
}

/** What every sequence begins with: two models with a version or two, and reviewers. */
async function begin(court: Court): Promise<void> {
  await setGroup(court, 'reviewers', ['carol', 'dave', 'bob'])
  await setGroup(court, 'oncall', ['otto'])
  const name = `e${court.prefix}`
  const made = await court.ask('ann', 'POST', `${mlflow}/experiments/create`, { name })
  const of = { experiment_id: made.json.experiment_id, start_time: 1 }
  const run = await court.ask('ann', 'POST', `${mlflow}/runs/create`, of)
  court.run.id = run.json.run.info.run_id
  const [first, , third] = modelNames(court)
  await makeModel(court, 'ann', first)
  await makeModel(court, 'bob', third)
  const [model, other] = [...court.state.models.values()]
  if (!model || !other) throw new Error(court.log.join('\n'))
  for (const name of ['bob', 'otto', 'service:robot'] as const) {
    await setLevel(court, name, model, 'EDIT')
  }
  await addVersion(court, 'bob', 's3://b/m', { model, withRun: true })
  await addVersion(court, 'ann', 's3://b/m', { model, withRun: false })
  await addVersion(court, 'bob', 's3://b/m', { model: other, withRun: true })
}

/** Leave the server as the next sequence expects it. */
async function putBack({ people, state, ask }: Court): Promise<void> {
  for (const { id } of state.grants) await ask('root', 'DELETE', `/api/v1/grants/${id}`)
  for (const name of state.policies.keys()) await ask('root', 'DELETE', `/api/v1/policies/${name}`)
  if (state.stages.length > standardStages.length) {
    for (const name of state.models.keys()) {
      await ask('root', 'DELETE', `${mlflow}/registered-models/delete`, { name })
    }
    const items = standardStages.map((name) => ({ name }))
    const reset = await ask('root', 'PUT', '/api/v1/stages', { items })
    if (reset.status !== 200) throw new Error(reset.text)
  }
  for (const name of names) if (!state.accounts.has(name)) await people.makeOne(name)
}

const nobody: Account = { id: -1, name: '', isAdmin: false, owners: [] }
