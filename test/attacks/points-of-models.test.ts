import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const pointsMax = 10_000

async function training() {
  const server = await testServer()
  const { post, get, platform } = server
  const made = await post('runs/create', { experiment_id: '0' })
  const runId: string = made.json.run.info.run_id
  const model = async (): Promise<string> =>
    (await post('logged-models', { experiment_id: '0', name: 'm' })).json.model.info.model_id
  const log = (metrics: readonly object[]) => post('runs/log-batch', { run_id: runId, metrics })
  /** Of the steps from `from` on. */
  const logLoss = async (model_id: string, from: number, count = 1000) => {
    const points = Array.from({ length: count }, (_, i) => point('loss', from + i, { model_id }))
    expect((await log(points)).status).toBe(200)
  }
  const pointsOf = async (id: string): Promise<Json[]> =>
    (await get(`logged-models/${id}`)).json.model.data.metrics
  const factsOf = async (model_id: string): Promise<Json> => {
    await post('registered-models/create', { name: model_id })
    await post('model-versions/create', { name: model_id, source: `models:/${model_id}`, model_id })
    return (await server.call('GET', `/api/v1/models/${model_id}/versions/1/facts`)).json.metrics
  }
  const stored = async (id: string) => {
    const [row] = await platform.db.all(sql<{ counted: number; rows: number }>`
      select metric_points as counted, (select count(*) from logged_model_metrics p
        where p.logged_model = m.id) as rows from logged_models m where m.model_id = ${id}`)
    return row
  }
  return { ...server, runId, model, log, logLoss, pointsOf, factsOf, stored }
}

function point(key: string, step: number, more: object = {}) {
  return { key, step, timestamp: 1000 + step, value: step / 8, ...more }
}

const on = (dataset_name: string) => ({ dataset_name, dataset_digest: 'd' })

test('a training that logs to a model for ever holds nobody up, and its run keeps every point', async () => {
  const { get, runId, model, log, logLoss, pointsOf, factsOf, stored } = await training()
  const model_id = await model()
  // The first is the latest by step, and long the oldest by time.
  const first = { ...point('loss', 1_000_000, { model_id }), timestamp: 1 }
  await log([first, point('auc', 0, { model_id, ...on('old') })])
  for (let i = 0; i < 9; i++) await logLoss(model_id, i * 1000)
  await logLoss(model_id, 9000, 998)
  expect(await pointsOf(model_id)).toHaveLength(pointsMax)
  await logLoss(model_id, 9998, 1)
  const kept = await pointsOf(model_id)
  const losses = kept.filter(({ key }) => key === 'loss').map(({ step }) => step)
  expect(losses).toEqual([1_000_000, ...Array.from({ length: 5000 }, (_, i) => 4999 + i)])
  expect(kept.filter(({ key }) => key === 'auc')).toMatchObject([{ step: 0, dataset_name: 'old' }])
  expect(await stored(model_id)).toEqual({ counted: 5002, rows: 5002 })
  const history = await get(`metrics/get-history?run_id=${runId}&metric_key=loss&max_results=20000`)
  expect(history.json.metrics).toHaveLength(10_000)
  expect(await factsOf(model_id)).toEqual({ loss: 125_000, auc: 0 })
})

test('points that are sent again and again push none out', async () => {
  const { model, logLoss, pointsOf } = await training()
  const id = await model()
  await logLoss(id, 0, 10)
  for (let i = 0; i < 12; i++) await logLoss(id, 100)
  expect(await pointsOf(id)).toHaveLength(1010)
})

test('a search over models of many points shows the latest of each metric and dataset', async () => {
  const { post, model, log, logLoss, pointsOf } = await training()
  const ids = [await model(), await model(), await model()]
  for (const model_id of ids) {
    for (let i = 0; i < 4; i++) await logLoss(model_id, i * 1000)
    await log([1, 2].map((step) => point('auc', step, { model_id, ...on('d') })))
  }
  const search = (filter: string, max_results: number) =>
    post('logged-models/search', { experiment_ids: ['0'], filter, max_results })
  const all = await search('metrics.loss > 0', 50)
  for (const { data } of all.json.models) {
    expect(data.metrics).toMatchObject([
      { key: 'auc', step: 2, dataset_name: 'd' },
      { key: 'loss', step: 3999 },
    ])
  }
  expect(all.json.models).toHaveLength(3)
  const two = await search('metrics.loss > 0', 2)
  expect(two.json.models.map(({ data }: Json) => data.metrics.length)).toEqual([4002, 4002])
  expect(await pointsOf(ids[0] ?? '')).toHaveLength(4002)
})

test('names of metrics are bounded for a model as for a run, and known ones are taken', async () => {
  const { model, log, stored } = await training()
  const [full, other] = [await model(), await model()]
  const names = (model_id: string, dataset: number, step = 0) =>
    Array.from({ length: 1000 }, (_, i) =>
      point(`${i}`.padEnd(250, 'n'), step, { model_id, ...on(`${dataset}`.padEnd(500, 'd')) }),
    )
  let i = 0
  let refused = await log(names(full, i))
  while (refused.status === 200 && i < 20) refused = await log(names(full, ++i))
  expect(i).toBe(6)
  expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  expect(refused.json.message).toContain('All metrics of one object may have 5000000 bytes')
  expect((await log(names(full, 0, 1))).status).toBe(200)
  expect((await log(names(other, 9))).status).toBe(200)
  // Together with another's, and nothing of a batch that is refused is written.
  const before = await stored(other)
  expect((await log([...names(other, 10).slice(1), ...names(full, 10).slice(999)])).status).toBe(
    400,
  )
  expect(await stored(other)).toEqual(before)
})

test('facts of a model take the latest by step, then time, then value, whatever came first', async () => {
  const { model, log, factsOf } = await training()
  const model_id = await model()
  const acc = (more: object) => ({ key: 'acc', timestamp: 5, step: 7, value: 0, model_id, ...more })
  for (const batch of [
    [acc({ value: 0.7 }), acc({ value: 0.5, ...on('a') })],
    [acc({ step: 6, timestamp: 9, value: 0.9 }), acc({ value: 0.6, ...on('b') })],
    [acc({ timestamp: 4, value: 0.8 })],
  ]) {
    expect((await log(batch)).status).toBe(200)
  }
  expect(await factsOf(model_id)).toEqual({ acc: 0.7 })
})
