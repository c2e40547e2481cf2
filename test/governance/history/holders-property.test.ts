import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runtime } from '#platform'
import { registryServer } from '../../support/registry-server.ts'

const names = ['a', 'b', 'c'] as const
const stages = ['None', 'Staging', 'Production', 'Archived'] as const
const aliases = ['champion', 'shadow'] as const
const start = 1_764_000_000_000

const step = fc.record({
  kind: fc.constantFrom(
    ...(['make', 'version', 'move', 'move', 'move', 'move', 'move', 'alias', 'alias'] as const),
    ...(['unalias', 'delete version', 'delete model', 'rename', 'roll back'] as const),
  ),
  name: fc.constantFrom('a', ...names),
  other: fc.constantFrom(...names),
  stage: fc.constantFrom('Production', 'Production', ...stages),
  alias: fc.constantFrom(...aliases),
  number: fc.integer({ min: 1, max: 3 }),
  archive: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What every sequence begins with, so that most of its moves find something to move. */
const opening: readonly Step[] = (
  ['make a', 'version a', 'version a', 'version a', 'make b', 'version b', 'version b'] as const
).map((text) => ({
  kind: text.startsWith('make') ? 'make' : 'version',
  name: text.endsWith('a') ? 'a' : 'b',
  ...({ other: 'c', stage: 'None', alias: 'shadow', number: 1, archive: false } as const),
}))

/** What a model held at one moment: by place, the versions and since when. */
type Places = Record<string, Record<string, number>>
/** All models at one moment, by name; `id` follows a model through its renames. */
type Moment = { readonly atMs: number; readonly models: Record<string, { id: number; at: Places }> }

/** A server whose clock is held, and what its MLflow surface says is so at each moment. */
async function watchedServer() {
  let clock = start
  const server = await registryServer({ now: () => clock })
  const { post, del, createModel, createVersion, transition, call } = server
  let made = 0
  let identities: Record<string, number> = {}
  const moments: Moment[] = [{ atMs: start, models: {} }]
  const act: Record<Step['kind'], (step: Step) => Promise<{ status: number }>> = {
    make: ({ name }) => createModel(name),
    version: ({ name }) => createVersion(name),
    move: ({ name, number, stage, archive }) =>
      transition(name, String(number), stage, {
        archive_existing_versions: archive && (stage === 'Staging' || stage === 'Production'),
      }),
    alias: ({ name, alias, number }) =>
      post('registered-models/alias', { name, alias, version: String(number) }),
    unalias: ({ name, alias }) => del('registered-models/alias', { name, alias }),
    'delete version': ({ name, number }) =>
      del('model-versions/delete', { name, version: String(number) }),
    'delete model': ({ name }) => del('registered-models/delete', { name }),
    rename: ({ name, other }) => post('registered-models/rename', { name, new_name: other }),
    'roll back': ({ name, stage }) =>
      call('POST', `/api/v1/models/${name}/rollback`, { stage, reason: 'test' }),
  }
  return {
    ...server,
    moments,
    async take(one: Step) {
      clock += 1000
      const { status } = await act[one.kind](one)
      expect(status).toBeLessThan(500)
      if (status === 200) identities = followed(identities, one, () => ++made)
      moments.push({ atMs: clock, models: await look(server, moments.at(-1), identities, clock) })
    },
  }
}

function followed(
  before: Record<string, number>,
  { kind, name, other }: Step,
  next: () => number,
): Record<string, number> {
  const { [name]: id, ...rest } = before
  if (kind === 'make') return { ...before, [name]: next() }
  if (kind === 'delete model') return rest
  if (kind === 'rename' && id !== undefined) return { ...rest, [other]: id }
  return before
}

/** What is so, by MLflow's own answers; since when, by comparing it with the moment before. */
async function look(
  { get, getModel }: Awaited<ReturnType<typeof registryServer>>,
  before: Moment | undefined,
  identities: Record<string, number>,
  atMs: number,
): Promise<Moment['models']> {
  const models: Moment['models'] = {}
  const earlier = Object.values(before?.models ?? {})
  for (const [name, id] of Object.entries(identities)) {
    const places: Places = {}
    const then = earlier.find((model) => model.id === id)?.at ?? {}
    const hold = (place: string, version: string) => {
      places[place] = { ...places[place], [version]: then[place]?.[version] ?? atMs }
    }
    const filter = encodeURIComponent(`name = '${name}'`)
    const found = await get(`model-versions/search?filter=${filter}`)
    for (const { version, current_stage } of found.json.model_versions ?? []) {
      hold(`stages/${current_stage}`, version)
    }
    const model = await getModel(name)
    for (const { alias, version } of model.json.registered_model.aliases ?? []) {
      hold(`aliases/${alias}`, version)
    }
    models[name] = { id, at: places }
  }
  return models
}

const places = [
  ...stages.map((stage) => `stages/${stage}`),
  ...aliases.map((alias) => `aliases/${alias}`),
]
const asked = names.flatMap((name) => places.map((place) => [name, place] as const))

/** The model that a name stood for: who had it then, else who has it today. */
function modelOf(name: string, then: Moment, today: Moment) {
  const id = today.models[name]?.id
  return then.models[name] ?? Object.values(then.models).find((model) => model.id === id)
}

/** What the server has to answer about a place of a model, with its status. */
function expected(model: { at: Places } | undefined, place: string) {
  return model ? [200, place, model.at[place] ?? {}] : [404, place, undefined]
}

test('who held a stage or an alias is told of every moment as it was then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      const server = await watchedServer()
      for (const one of [...opening, ...steps]) await server.take(one)
      const told = async (name: string, place: string, query = '') => {
        const { status, json } = await server.call('GET', `/api/v1/models/${name}/${place}${query}`)
        return [status, place, heldBy(json)]
      }
      const { moments } = server
      const today = moments.at(-1) ?? moments[0]
      if (!today) throw new Error('there is no moment')
      for (const [name, place] of asked) {
        expect(await told(name, place)).toEqual(expected(today.models[name], place))
        for (const [i, moment] of moments.entries()) {
          const model = modelOf(name, moment, today)
          const at = moment.atMs + (i % 2) * 999
          expect(await told(name, place, `?at=${at}`)).toEqual(expected(model, place))
        }
      }
    }),
    { numRuns: runtime === 'node' ? 12 : 2 },
  )
}, 240_000)

/** Version to since when, of an answer. */
function heldBy(answer: {
  items?: { version: string; since?: { at: number } }[]
}): Record<string, number | undefined> | undefined {
  if (!answer.items) return undefined
  return Object.fromEntries(answer.items.map(({ version, since }) => [version, since?.at]))
}
