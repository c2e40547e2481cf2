import { beforeAll, expect, test } from 'vitest'
import { anonymous } from '../../../src/core/principal.ts'
import { loggedModelMetricStatements } from '../../../src/tracking/logged-models/logged-model-metrics.ts'
import { testServer } from '../../support/server.ts'

type Server = Awaited<ReturnType<typeof testServer>>

let server: Server
let now = 0
/** Model ids by name: mod (oldest), fox, Cub (newest), all in experiment 0; far in another. */
const ids = new Map<string, string>()

beforeAll(async () => {
  server = await testServer({ now: () => ++now })
  const far = await server.post('experiments/create', { name: 'far' })
  const run = await server.post('runs/create', { experiment_id: '0' })
  const model = async (name: string, body: object = {}) => {
    const res = await server.post('logged-models', { experiment_id: '0', name, ...body })
    ids.set(name, res.json.model.info.model_id)
  }
  await model('mod', {
    model_type: 'agent',
    source_run_id: 'run-1',
    params: [{ key: 'a', value: '1' }],
    tags: [{ key: 't', value: 'v' }],
  })
  await model('fox', { params: [{ key: 'a', value: '2' }] })
  await model('Cub')
  await model('far', { experiment_id: far.json.experiment_id })
  await server.call('PATCH', `/api/2.0/mlflow/logged-models/${ids.get('fox')}`, {
    status: 'LOGGED_MODEL_READY',
  })
  const point = (name: string, value: number, timestampMs: number, datasetDigest = '') => ({
    key: 'acc',
    value,
    timestampMs,
    step: 0,
    modelId: ids.get(name),
    datasetName: datasetDigest && 'd',
    datasetDigest,
  })
  const ctx = { ...server.platform, principal: anonymous, workspace: 'default', requestId: 'test' }
  const points = [
    point('mod', 0.5, 1, 'x'),
    point('mod', 0.9, 2, 'y'),
    point('fox', 0.7, 1, 'x'),
    point('Cub', Number.NaN, 1),
  ]
  await ctx.db.batch({ points: loggedModelMetricStatements(ctx, run.json.run.info.run_id, points) })
})

async function found(body: object): Promise<string[]> {
  const res = await server.post('logged-models/search', { experiment_ids: ['0'], ...body })
  expect(res.status, res.text).toBe(200)
  return (res.json.models ?? []).map((model: { info: { name: string } }) => model.info.name)
}

test.each([
  ['', ['Cub', 'fox', 'mod']],
  ["name = 'mod'", ['mod']],
  ["name LIKE 'm%'", ['mod']],
  ["name ILIKE 'c%'", ['Cub']],
  ["attributes.name IN ('mod', 'fox')", ['fox', 'mod']],
  ["name NOT IN ('mod')", ['Cub', 'fox']],
  ["model_type = 'agent' AND source_run_id = 'run-1'", ['mod']],
  ["status = 'READY'", ['fox']],
  ["status = 'LOGGED_MODEL_READY'", ['fox']],
  ["status IN ('PENDING', 'LOGGED_MODEL_READY')", ['Cub', 'fox', 'mod']],
  ["experiment_id = '1'", []],
  ["artifact_location LIKE 'mlflow-artifacts:/0/models/%'", ['Cub', 'fox', 'mod']],
  ['creation_timestamp > 0 AND creation_time > 0', ['Cub', 'fox', 'mod']],
  ['last_updated_timestamp < 1', []],
  ["params.a = '1'", ['mod']],
  ["params.a IN ('1', '2')", ['fox', 'mod']],
  ["tags.t != 'x'", ['mod']],
  ['metrics.acc > 0.6', ['fox', 'mod']],
  ['metrics.acc < 0.6 AND metrics.acc > 0.8', ['mod']],
  ['metrics.acc != 0.7', ['Cub', 'mod']],
  ["metrics.`acc` >= 0.5 AND params.a = '1'", ['mod']],
])('the filter %j finds %j', async (filter, names) => {
  expect(await found({ filter })).toEqual(names)
})

test.each([
  "foo = 'x'",
  "param.a = '1'",
  'tags.t IS NULL',
  "name = 'mod' OR name = 'x'",
  "creation_timestamp > 'x'",
  "metrics.acc > '0.1'",
  "metrics.acc LIKE 'x'",
  'name = mod',
  "name == 'mod'",
])('the filter %j is refused', async (filter) => {
  const res = await server.post('logged-models/search', { experiment_ids: ['0'], filter })
  expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test.each([
  [[{ field_name: 'creation_timestamp', ascending: true }], ['mod', 'fox', 'Cub']],
  [[{ field_name: 'name' }], ['Cub', 'fox', 'mod']],
  [[{ field_name: 'status' }], ['Cub', 'mod', 'fox']],
  [[{ field_name: 'metrics.acc' }], ['fox', 'mod', 'Cub']],
  [[{ field_name: 'metrics.acc', ascending: false }], ['mod', 'fox', 'Cub']],
  [[{ field_name: 'metrics.acc', dataset_name: 'd', dataset_digest: 'x' }], ['mod', 'fox', 'Cub']],
  [
    [
      { field_name: 'metrics.none' },
      { field_name: 'metrics.acc', dataset_name: 'd', dataset_digest: 'y' },
      { field_name: 'name' },
    ],
    ['mod', 'Cub', 'fox'],
  ],
])('the order %j gives %j', async (order_by, names) => {
  expect(await found({ order_by })).toEqual(names)
})

test.each([{ field_name: 'foo' }, { field_name: 'params.a' }, { ascending: true }])(
  'the order %j is refused',
  async (item) => {
    const res = await server.post('logged-models/search', {
      experiment_ids: ['0'],
      order_by: [item],
    })
    expect(res.status).toBe(400)
  },
)

test.each([
  [undefined, [{ dataset_name: 'd' }], ['fox', 'mod']],
  [undefined, [{ dataset_name: 'd', dataset_digest: 'y' }], ['mod']],
  [undefined, [{ dataset_name: 'zz' }, { dataset_name: 'd', dataset_digest: 'y' }], ['mod']],
  ['metrics.acc > 0.8', [{ dataset_name: 'd', dataset_digest: 'x' }], []],
  ['metrics.acc > 0.6', [{ dataset_name: 'd', dataset_digest: 'x' }], ['fox']],
  ["name = 'fox'", [{ dataset_name: 'd', dataset_digest: 'y' }], []],
])('the filter %j on the datasets %j finds %j', async (filter, datasets, names) => {
  expect(await found({ filter, datasets })).toEqual(names)
})

test('a filter of 100 clauses on datasets stays within what D1 binds', async () => {
  const filter = Array.from({ length: 100 }, () => 'metrics.acc > 0').join(' AND ')
  const order_by = Array.from({ length: 10 }, (_, i) => ({
    field_name: `metrics.m${i}`,
    dataset_name: `n${i}`,
    dataset_digest: 'x',
  }))
  expect(await found({ filter, order_by, datasets: [{ dataset_name: 'd' }] })).toEqual([
    'fox',
    'mod',
  ])
})

test('pages follow one another, and a token of another question is refused', async () => {
  const names: string[] = []
  let page_token: string | undefined
  for (let page = 0; page < 3; page += 1) {
    const res = await server.post('logged-models/search', {
      experiment_ids: ['0'],
      max_results: 1,
      order_by: [{ field_name: 'metrics.acc' }],
      page_token,
    })
    names.push(res.json.models[0].info.name)
    page_token = res.json.next_page_token
    const other = { experiment_ids: ['0'], filter: "name = 'mod'", page_token }
    if (page_token) expect((await server.post('logged-models/search', other)).status).toBe(400)
  }
  expect([names, page_token]).toEqual([['fox', 'mod', 'Cub'], undefined])
})

test.each([
  [{ experiment_ids: undefined }, 400],
  [{ experiment_ids: ['abc'] }, 400],
  [{ experiment_ids: ['99999'] }, 200],
  [{ max_results: 0 }, 400],
  [{ max_results: 51 }, 200],
  [{ max_results: -1 }, 400],
  [{ datasets: [{ dataset_digest: 'x' }] }, 400],
  [{ page_token: 'nonsense' }, 400],
])('a search with %j answers %i', async (body, status) => {
  const res = await server.post('logged-models/search', { experiment_ids: ['0'], ...body })
  expect(res.status, res.text).toBe(status)
})

test('models of several experiments come together, each with all that was logged to it', async () => {
  const res = await server.post('logged-models/search', { experiment_ids: ['0', '1'] })
  const models = new Map(
    res.json.models.map((model: { info: { name: string } }) => [model.info.name, model]),
  )
  expect([...models.keys()]).toEqual(['far', 'Cub', 'fox', 'mod'])
  expect(models.get('mod')).toMatchObject({
    info: { tags: [{ key: 't', value: 'v' }] },
    data: {
      params: [{ key: 'a', value: '1' }],
      metrics: [
        { key: 'acc', value: 0.5, dataset_name: 'd', dataset_digest: 'x' },
        { key: 'acc', value: 0.9, dataset_name: 'd', dataset_digest: 'y' },
      ],
    },
  })
})
