import { expect, test } from 'vitest'
import { testServer } from '../../support/server.ts'

async function runAndModel() {
  const server = await testServer()
  const run = await server.post('runs/create', { experiment_id: '0' })
  const model = await server.post('logged-models', { experiment_id: '0' })
  const runId: string = run.json.run.info.run_id
  const modelId: string = model.json.model.info.model_id
  return {
    server,
    runId,
    modelId,
    modelMetrics: async () =>
      (await server.get(`logged-models/${modelId}`)).json.model.data.metrics,
    runMetrics: async () => (await server.get(`runs/get?run_id=${runId}`)).json.run.data.metrics,
    log: (body: object) => server.post('runs/log-metric', { run_id: runId, timestamp: 1, ...body }),
    logBatch: (metrics: object[]) => server.post('runs/log-batch', { run_id: runId, metrics }),
  }
}

test('a metric that names a model is kept with the run and with the model', async () => {
  const { log, modelId, runId, modelMetrics, runMetrics } = await runAndModel()
  await log({ key: 'acc', value: 0.5, model_id: modelId, dataset_name: 'd', dataset_digest: 'x' })
  expect(await modelMetrics()).toEqual([
    {
      key: 'acc',
      value: 0.5,
      timestamp: 1,
      step: 0,
      dataset_name: 'd',
      dataset_digest: 'x',
      model_id: modelId,
      run_id: runId,
    },
  ])
  expect(await runMetrics()).toMatchObject([{ key: 'acc', value: 0.5 }])
})

test('a batch keeps every different point once, NaN and the largest double among them', async () => {
  const { logBatch, modelId, modelMetrics } = await runAndModel()
  const model_id = modelId
  const res = await logBatch([
    { key: 'f', value: 0.1, timestamp: 1, step: 1, model_id },
    { key: 'f', value: 0.1, timestamp: 1, step: 1, model_id },
    { key: 'f', value: 0.2, timestamp: 1, step: 1, model_id },
    { key: 'g', value: 'NaN', timestamp: 1, step: -1, model_id },
    { key: 'h', value: 'Infinity', timestamp: 1, step: 0, model_id },
    { key: 'not of the model', value: 1, timestamp: 1, step: 0 },
    { key: 'nor this', value: 1, timestamp: 1, step: 0, model_id: '' },
  ])
  expect(res.status, res.text).toBe(200)
  const points = (await modelMetrics()).map((p: { key: string; value: unknown; step: number }) => [
    p.key,
    p.value,
    p.step,
  ])
  expect(points).toEqual([
    ['f', 0.1, 1],
    ['f', 0.2, 1],
    ['g', 'NaN', -1],
    ['h', Number.MAX_VALUE, 0],
  ])
})

test('a batch that names an unknown model is refused whole', async () => {
  const { logBatch, log, modelId, modelMetrics, runMetrics } = await runAndModel()
  const res = await logBatch([
    { key: 'a', value: 1, timestamp: 1, model_id: modelId },
    { key: 'b', value: 1, timestamp: 1, model_id: 'm-zz' },
  ])
  expect([res.status, res.json.error_code]).toEqual([400, 'BAD_REQUEST'])
  expect(res.json.message).toContain('m-zz')
  expect((await log({ key: 'c', value: 1, model_id: 'm-zz' })).status).toBe(400)
  expect([await modelMetrics(), await runMetrics()]).toEqual([undefined, undefined])
})

test('a dataset needs both its name and its digest', async () => {
  const { log, modelId, runMetrics } = await runAndModel()
  const half = [{ dataset_name: 'd' }, { dataset_digest: 'x' }]
  for (const dataset of half) {
    expect((await log({ key: 'a', value: 1, model_id: modelId, ...dataset })).status).toBe(400)
  }
  expect(await runMetrics()).toBeUndefined()
})

test('a deleted model still takes metrics', async () => {
  const { server, log, modelId } = await runAndModel()
  await server.call('DELETE', `/api/2.0/mlflow/logged-models/${modelId}`)
  expect((await log({ key: 'a', value: 1, model_id: modelId })).status).toBe(200)
})
