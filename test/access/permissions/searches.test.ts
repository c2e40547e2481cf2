import { beforeAll, describe, expect, test } from 'vitest'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
let bob: Member
const experiments: string[] = []

/** Of everything, bob may read each third. */
const mine = (i: number) => i % 3 === 0
const count = 12

beforeAll(async () => {
  on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  bob = await on.member('bob')
  for (let i = 0; i < count; i++) {
    const made = await on.admin.post('experiments/create', { name: `e${i}` })
    const id: string = made.json.experiment_id
    experiments.push(id)
    const run = await on.admin.post('runs/create', { experiment_id: id, run_name: `r${i}` })
    await on.admin.post('runs/log-inputs', {
      run_id: run.json.run.info.run_id,
      datasets: [
        { dataset: { name: `d${i}`, digest: 'x', source_type: 's', source: '{}' }, tags: [] },
      ],
    })
    await on.admin.post('logged-models', { experiment_id: id, name: `l${i}` })
    const name = `m${String(i).padStart(2, '0')}`
    await on.admin.post('registered-models/create', { name })
    await on.admin.post('model-versions/create', { name, source: 's3://b/m' })
    if (mine(i)) {
      await on.grant('bob', 'experiment', id, 'READ')
      await on.grant('bob', 'registered_model', name, 'READ')
    }
  }
}, 60_000)

type Ask = (by: Member, token: string | undefined) => Promise<{ json: Record<string, unknown> }>

const searches: [string, string, Ask][] = [
  [
    'experiments',
    'experiments',
    (by, page_token) => by.post('experiments/search', { max_results: 2, page_token }),
  ],
  [
    'experiments by 1.x clients',
    'experiments',
    (by, token) => by.get(`experiments/list?max_results=2&page_token=${token ?? ''}`),
  ],
  [
    'runs',
    'runs',
    (by, page_token) =>
      by.post('runs/search', { experiment_ids: experiments, max_results: 2, page_token }),
  ],
  [
    'logged models',
    'models',
    (by, page_token) =>
      by.post('logged-models/search', { experiment_ids: experiments, max_results: 2, page_token }),
  ],
  [
    'registered models',
    'registered_models',
    (by, token) => by.get(`registered-models/search?max_results=2&page_token=${token ?? ''}`),
  ],
  [
    'registered models by 1.x clients',
    'registered_models',
    (by, token) => by.get(`registered-models/list?max_results=2&page_token=${token ?? ''}`),
  ],
  [
    'model versions',
    'model_versions',
    (by, token) => by.get(`model-versions/search?max_results=2&page_token=${token ?? ''}`),
  ],
]

describe.each(searches)('a search of %s', (_what, field, ask) => {
  async function pages(by: Member): Promise<number[]> {
    const sizes: number[] = []
    let token: string | undefined
    do {
      const { json } = await ask(by, token)
      sizes.push((json[field] as unknown[]).length)
      token = json.next_page_token as string | undefined
    } while (token !== undefined)
    return sizes
  }

  test('gives full pages of what the caller may read, and none after the last', async () => {
    expect(await pages(bob)).toEqual([2, 2])
  })

  test('gives an administrator all', async () => {
    const sizes = await pages(on.admin)
    // The experiment "Default" is there beside those of this test.
    expect(sizes.reduce((a, b) => a + b)).toBe(count + (field === 'experiments' ? 1 : 0))
  })

  test('gives nothing to whom nothing was granted', async () => {
    const { json } = await ask(await on.member('eve'), undefined)
    expect(json).toEqual({})
    expect((await ask(on.stranger('machine'), undefined)).json).toEqual({})
  })
})

test('a search of runs in one experiment that the caller may not read finds none', async () => {
  const one = (id: string | undefined) => bob.post('runs/search', { experiment_ids: [id] })
  expect((await one(experiments[0])).json.runs).toHaveLength(1)
  expect((await one(experiments[1])).json).toEqual({})
})

test('a dataset of evaluations tells of its experiments to who may read all of them', async () => {
  const path = '/api/3.0/mlflow/datasets'
  const told = async (experiment_ids: readonly string[]) => {
    const made = await on.admin.call('POST', `${path}/create`, { name: 'd', experiment_ids })
    const { dataset_id } = made.json.dataset
    const ask = (by: Member) => by.call('GET', `${path}/${dataset_id}/experiment-ids`)
    expect((await ask(on.admin)).json).toEqual({ experiment_ids })
    return ask(bob)
  }
  const some = experiments.slice(0, 5)
  const own = some.filter((_, i) => mine(i))
  expect((await told(own)).json).toEqual({ experiment_ids: own })
  expect((await told(some)).status).toBe(403)
})

test('a search of datasets tells of those alone that runs the caller may read have used', async () => {
  const found = await bob.call('POST', '/ajax-api/2.0/mlflow/experiments/search-datasets', {
    experiment_ids: experiments,
  })
  const names = found.json.dataset_summaries.map(({ name }: { name: string }) => name)
  expect(names.sort()).toEqual(['d0', 'd3', 'd6', 'd9'])
})

test('a filter does not tell of what it must not find', async () => {
  const res = await bob.get(`registered-models/search?filter=${encodeURIComponent("name = 'm01'")}`)
  expect(res.json).toEqual({})
})
