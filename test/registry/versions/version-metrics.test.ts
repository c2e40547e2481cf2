import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'

/** Model `m` of ann with three versions: of two runs in two experiments, and of a logged model alone. */
async function world() {
  const { mlflow, call, user } = await authServer()
  const [ann, eve] = [await user('ann'), await user('eve')]
  const post = async (path: string, body: object) => (await mlflow(ann, 'POST', path, body)).json
  await post('registered-models/create', { name: 'm' })
  const point = (key: string, value: number | string) => ({ key, value, timestamp: 1, step: 0 })
  for (const [name, value] of [
    ['open', 0.5],
    ['closed', 'NaN'],
  ] as const) {
    const { experiment_id } = await post('experiments/create', { name })
    const { run } = await post('runs/create', { experiment_id })
    const { run_id } = run.info
    const metrics = [point('acc', value), point(`only ${name}`, 1)]
    await post('runs/log-batch', { run_id, metrics })
    await post('model-versions/create', { name: 'm', source: 's3://b/m', run_id })
  }
  const { run } = await post('runs/create', { experiment_id: '1' })
  const { model } = await post('logged-models', { experiment_id: '1' })
  const { model_id } = model.info
  const { run_id } = run.info
  const metrics = [
    { ...point('acc', 0.7), model_id, run_id },
    { ...point('acc', 0.8), step: 1, model_id, run_id },
  ]
  await post('runs/log-batch', { run_id, metrics })
  await post('model-versions/create', { name: 'm', source: `models:/${model_id}`, model_id })
  const list = (who: string, query: string) => call(who, 'GET', `/api/v1/models/m/metrics?${query}`)
  return { mlflow, ann, eve, list, post }
}

const valuesOf = (items: readonly { version: string; value?: unknown }[]) =>
  items.map(({ version, value }) => [version, value])

test('a metric is told over versions, of runs and of logged models, also where it is NaN or not there', async () => {
  const { ann, list, post } = await world()
  await post('model-versions/create', { name: 'm', source: 's3://b/m' })
  const { items, keys } = (await list(ann, 'key=acc')).json
  expect(valuesOf(items)).toEqual([
    ['4', undefined],
    ['3', 0.8],
    ['2', 'NaN'],
    ['1', 0.5],
  ])
  expect(keys).toEqual(['acc', 'only closed', 'only open'])
  const first = (await list(ann, 'key=acc&max_results=3')).json
  const rest = await list(ann, `key=acc&max_results=3&page_token=${first.next_page_token}`)
  expect(valuesOf(rest.json.items)).toEqual([['1', 0.5]])
  expect((await list(ann, 'key=')).status).toBe(400)
})

test('it tells nothing of runs and logged models that the caller may not read', async () => {
  const { mlflow, eve, list } = await world()
  const none = { experiment_id: '2', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  const { items, keys } = (await list(eve, 'key=acc')).json
  expect(valuesOf(items)).toEqual([
    ['3', 0.8],
    ['2', undefined],
    ['1', 0.5],
  ])
  expect(keys).toEqual(['acc', 'only open'])
  const all = { ...none, experiment_id: '1' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', all)
  const nothing = (await list(eve, 'key=acc')).json
  expect(nothing.items).not.toContainEqual(expect.objectContaining({ value: expect.anything() }))
  expect(nothing.keys).toEqual([])
})
