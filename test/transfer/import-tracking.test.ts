import { expect, test } from 'vitest'
import { importedExperiment, importedRun } from '../support/imported.ts'
import { testServer } from '../support/server.ts'

const source = 'http://mlflow.example'

async function importingServer() {
  const server = await testServer()
  const send = (kind: string, items: readonly object[], from = source) =>
    server.call('POST', `/api/v1/imports/${kind}`, { source: from, items })
  const experiment = async (id: string) =>
    (await server.get(`experiments/get?experiment_id=${id}`)).json?.experiment
  const run = async (digit: string) =>
    (await server.get(`runs/get?run_id=${digit.repeat(32)}`)).json?.run
  const history = async (digit: string, key: string) =>
    (await server.get(`metrics/get-history?run_id=${digit.repeat(32)}&metric_key=${key}`)).json
      .metrics
  return { ...server, send, experiment, run, history }
}

test('an experiment and its run keep ids, times, user and every point', async () => {
  const { send, experiment, run, history } = await importingServer()
  const made = await send('experiments', [importedExperiment('41')])
  expect(made.json.items).toEqual([
    { id: '41', state: 'added', own_id: '41', artifact_location: 'mlflow-artifacts:/41' },
  ])
  await send('runs', [importedRun('a', '41')])
  expect(await experiment('41')).toMatchObject({
    name: 'experiment 41',
    creation_time: 1_700_000_000_000,
    last_update_time: 1_700_000_001_000,
    tags: [{ key: 'team', value: 'risk' }],
  })
  const { info, data } = await run('a')
  expect(info).toMatchObject({
    experiment_id: '41',
    run_name: 'big-fox-1',
    user_id: 'rita',
    status: 'FINISHED',
    start_time: 1_700_000_002_000,
    end_time: 1_700_000_003_000,
    artifact_uri: `mlflow-artifacts:/41/${'a'.repeat(32)}/artifacts`,
  })
  expect(data.params).toEqual([{ key: 'alpha', value: '0.5' }])
  expect(data.metrics.find(({ key }: { key: string }) => key === 'loss').value).toBe(0.5)
  expect((await history('a', 'loss')).map(({ value }: { value: number }) => value)).toEqual([
    1, 0.5,
  ])
  expect(await history('a', 'nan')).toMatchObject([{ value: 'NaN' }])
})

test('what was imported before is brought up to date, and nothing is there twice', async () => {
  const { send, run, history } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  await send('runs', [importedRun('a', '41', { status: 'RUNNING', end_time: undefined })])
  const again = await send('experiments', [importedExperiment('41')])
  expect(again.json.items).toMatchObject([{ state: 'updated', own_id: '41' }])
  const point = ['loss', 0.25, 1_700_000_002_300, 2]
  const more = { points: [...importedRun('a', '41').points, point] }
  const second = await send('runs', [importedRun('a', '41', more)])
  expect(second.json.items).toMatchObject([{ state: 'updated' }])
  expect((await run('a')).info).toMatchObject({ status: 'FINISHED', end_time: 1_700_000_003_000 })
  expect(await history('a', 'loss')).toHaveLength(3)
})

test('an experiment whose id and name are taken gets the next id, and a name that tells its source', async () => {
  const { send, post, experiment, run } = await importingServer()
  await post('experiments/create', { name: 'experiment 1' })
  const made = await send('experiments', [importedExperiment('1')])
  expect(made.json.items).toMatchObject([
    { id: '1', state: 'added', own_id: '2', artifact_location: 'mlflow-artifacts:/2' },
  ])
  expect((await experiment('2')).name).toBe(`experiment 1 (from ${source})`)
  await send('runs', [importedRun('a', '1')])
  expect((await run('a')).info).toMatchObject({
    experiment_id: '2',
    artifact_uri: `mlflow-artifacts:/2/${'a'.repeat(32)}/artifacts`,
  })
})

test('an experiment whose id is beyond 2^53 gets the next one, and is found by both', async () => {
  const { send, call, post, experiment, run } = await importingServer()
  const foreign = '918273645546372819'
  const made = await send('experiments', [importedExperiment(foreign)])
  expect(made.json.items).toMatchObject([{ id: foreign, state: 'added', own_id: '1' }])
  await send('runs', [importedRun('a', foreign)])
  expect(await experiment(foreign)).toMatchObject({ experiment_id: '1' })
  expect((await run('a')).info.experiment_id).toBe('1')
  const found = await post('runs/search', { experiment_ids: [foreign] })
  expect(found.json.runs).toHaveLength(1)
  const created = await post('runs/create', { experimentId: foreign })
  expect(created.json.run.info.experiment_id).toBe('1')
  for (const near of ['918273645546372800', '918273645546372820']) {
    const { status, json } = await call(
      'GET',
      `/api/2.0/mlflow/experiments/get?experiment_id=${near}`,
    )
    expect(status).toBe(404)
    expect(json.message).toContain(`No Experiment with id=${near} exists`)
    expect((await post('runs/search', { experiment_ids: [near] })).json.runs ?? []).toEqual([])
  }
})

test('an id beyond 2^53 that two servers had stands for neither of their experiments', async () => {
  const { send, get } = await importingServer()
  const foreign = '918273645546372819'
  await send('experiments', [importedExperiment(foreign)])
  await send('experiments', [importedExperiment(foreign)], 'http://other.example')
  expect((await get(`experiments/get?experiment_id=${foreign}`)).status).toBe(404)
})

test('two servers that have the same run ids do not take each other’s runs', async () => {
  const { send, run } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  await send('runs', [importedRun('a', '41')])
  const other = 'http://other.example'
  await send('experiments', [importedExperiment('42')], other)
  const refused = await send('runs', [importedRun('a', '42', { user_id: 'eve' })], other)
  expect(refused.json.items[0]).toMatchObject({ state: 'refused' })
  expect(refused.json.items[0].problem).toContain('is in experiment 41 here')
  expect((await run('a')).info.user_id).toBe('rita')
})

test('one bad item is refused with its reason, and the others are taken', async () => {
  const { send, run } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  const { json } = await send('runs', [
    importedRun('a', '41', { artifact_uri: 'mlflow-artifacts:/../../etc' }),
    importedRun('b', '99'),
    importedRun('c', '41', { run_id: '../x' }),
    importedRun('d', '41'),
  ])
  expect(json.items.map(({ state }: { state: string }) => state).sort()).toEqual([
    ...['added', 'refused', 'refused', 'refused'],
  ])
  expect(await run('d')).toBeDefined()
  expect(await run('a')).toBeUndefined()
  const climbing = importedExperiment('43', { artifact_location: 'mlflow-artifacts:/a/../../b' })
  const experiments = await send('experiments', [climbing])
  expect(experiments.json.items).toMatchObject([{ id: '43', state: 'refused' }])
})

test('a list that has an id or a name twice is taken but for what cannot be', async () => {
  const { send, experiment } = await importingServer()
  const items = [
    importedExperiment('41'),
    importedExperiment('41', { name: 'other' }),
    ...['42', '43'].map((id) => importedExperiment(id, { name: 'experiment 41' })),
  ]
  const { json } = await send('experiments', items)
  expect(json.items.map(({ state }: { state: string }) => state)).toEqual([
    ...['added', 'added', 'added', 'refused'],
  ])
  const names = await Promise.all(['41', '42', '43'].map(async (id) => (await experiment(id)).name))
  const from = 'experiment 41 (from http://mlflow.example'
  expect(names).toEqual(['experiment 41', `${from})`, `${from}, 43)`])
})

test('what a run or a logged model keeps in our store lies in the folder of its experiment', async () => {
  const { send, run } = await importingServer()
  const other = { artifact_location: 'mlflow-artifacts:/0' }
  const made = await send('experiments', [importedExperiment('41', other)])
  expect(made.json.items).toMatchObject([{ artifact_location: 'mlflow-artifacts:/41' }])
  const at = (artifact_uri: string) => ({ artifact_uri })
  const runs = await send('runs', [
    importedRun('a', '41', at('mlflow-artifacts:/0/x/artifacts')),
    importedRun('b', '41', at('mlflow-artifacts:/41')),
    importedRun('c', '41', at('mlflow-artifacts:/41x/artifacts')),
    importedRun('d', '41', at('s3://bucket/d')),
    importedRun('e', '41', at('mlflow-artifacts:/41/own/artifacts')),
  ])
  const states = runs.json.items.map(({ state }: { state: string }) => state)
  expect(states.sort()).toEqual(['added', 'added', 'refused', 'refused', 'refused'])
  expect((await run('e')).info.artifact_uri).toBe('mlflow-artifacts:/41/own/artifacts')
  const model = {
    ...{ model_id: `m-${'a'.repeat(32)}`, experiment_id: '41', name: 'm', mark: 'whole' },
    ...{ status: 'LOGGED_MODEL_READY', creation_time: 1, last_update_time: 1 },
    artifact_uri: 'mlflow-artifacts:/0/x/artifacts',
  }
  expect((await send('logged-models', [model])).json.items).toMatchObject([{ state: 'refused' }])
})

test('a logged model comes with its points, and versions of it know the latest', async () => {
  const { send, post, get, call } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  const model_id = `m-${'a'.repeat(32)}`
  const point = (step: number) => ({
    ...{ key: 'loss', value: step / 8, timestamp: 1, step, run_id: 'a'.repeat(32) },
    ...{ dataset_name: 'd', dataset_digest: 'x' },
  })
  const model = {
    ...{ model_id, experiment_id: '41', name: 'm', mark: 'whole', metrics: [3, 9, 4].map(point) },
    ...{ status: 'LOGGED_MODEL_READY', creation_time: 1, last_update_time: 1 },
  }
  for (const state of ['added', 'updated']) {
    expect((await send('logged-models', [model])).json.items).toMatchObject([{ state }])
  }
  const { data } = (await get(`logged-models/${model_id}`)).json.model
  expect(data.metrics).toMatchObject([3, 4, 9].map(point))
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: `models:/${model_id}`, model_id })
  const facts = await call('GET', '/api/v1/models/m/versions/1/facts')
  expect(facts.json.metrics).toEqual({ loss: 9 / 8 })
})

test('deleted things come as deleted', async () => {
  const { send, experiment, run } = await importingServer()
  await send('experiments', [importedExperiment('41', { lifecycle_stage: 'deleted' })])
  await send('runs', [importedRun('a', '41', { lifecycle_stage: 'deleted' })])
  expect((await experiment('41')).lifecycle_stage).toBe('deleted')
  expect((await run('a')).info.lifecycle_stage).toBe('deleted')
})

test('the program finds what it noted, and the measure of a history', async () => {
  const { send, call } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  await send('runs', [importedRun('a', '41')])
  await send('runs', [importedRun('b', '41', { mark: undefined })])
  const ids = ['a', 'b', 'c'].map((digit) => digit.repeat(32))
  const known = await call('POST', '/api/v1/imports/known', { source, kind: 'run', ids })
  expect(known.json.items).toEqual([{ id: ids[0], own_id: ids[0], mark: 'whole' }])
  const measured = await call('POST', '/api/v1/imports/measures', { run_ids: ids })
  const [one, other] = measured.json.items
  expect([one.points, other.points]).toEqual([3, 3])
  expect(one.digest).toBe(other.digest)
})

test('each batch has one entry in the audit log, which says that it was imported', async () => {
  const { send, call } = await importingServer()
  await send('experiments', [importedExperiment('41')])
  await send('runs', [importedRun('a', '41'), importedRun('b', '41')])
  const { json } = await call('GET', '/api/v1/audit?action=tracking.imported')
  expect(json.items.map(({ after }: { after: object }) => after)).toEqual([
    { source, kind: 'run', count: 2 },
    { source, kind: 'experiment', count: 1 },
  ])
})
