import { describe, expect, test } from 'vitest'
import { testServer } from '../../support/server.ts'

async function server() {
  const calls = await testServer()
  const experiment = async (id: string) =>
    (await calls.get(`experiments/get?experiment_id=${id}`)).json.experiment
  const make = async (name: string, body: object = {}) => {
    const created = await calls.post('experiments/create', { name, ...body })
    expect(created.status, created.text).toBe(200)
    return created.json.experiment_id as string
  }
  return { ...calls, experiment, make }
}

test('a new experiment can be read by id and by name, with its tags', async () => {
  const { get, make, experiment } = await server()
  const tags = [{ key: 'team', value: 'fraud' }]
  const id = await make('churn', { tags })
  const byId = await experiment(id)
  expect(byId).toEqual({
    experiment_id: id,
    name: 'churn',
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: 'active',
    creation_time: expect.any(Number),
    last_update_time: byId.creation_time,
    tags,
    workspace: 'default',
  })
  const byName = await get('experiments/get-by-name?experiment_name=churn')
  expect(byName.json.experiment).toEqual(byId)
})

test('experiment 0 is there from the start, named Default', async () => {
  const { experiment } = await server()
  const zero = await experiment('0')
  expect(zero).toMatchObject({
    name: 'Default',
    artifact_location: 'mlflow-artifacts:/0',
    lifecycle_stage: 'active',
  })
  expect(zero).not.toHaveProperty('tags')
})

test('an id that is no integer is 400, one that no experiment has is 404', async () => {
  const { get } = await server()
  for (const id of ['abc', '1.0', '0x1', '%20']) {
    expect((await get(`experiments/get?experiment_id=${id}`)).status, id).toBe(400)
  }
  for (const id of ['-1', '98765', '9223372036854775807', '9'.repeat(30), '9'.repeat(400)]) {
    expect((await get(`experiments/get?experiment_id=${id}`)).status, id).toBe(404)
  }
  expect((await get('experiments/get?experiment_id=%2B0')).status).toBe(200)
  expect((await get('experiments/get-by-name?experiment_name=default')).json).toMatchObject({
    error_code: 'RESOURCE_DOES_NOT_EXIST',
  })
})

describe('names', () => {
  test('stay taken by a deleted experiment', async () => {
    const { post, make } = await server()
    const id = await make('kept')
    await post('experiments/delete', { experiment_id: id })
    const again = await post('experiments/create', { name: 'kept' })
    expect(again.status).toBe(400)
    expect(again.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    expect(again.text).not.toMatch(/sql|constraint/i)
  })

  test('of 16 who create one name at once, one does and 15 are told that it exists', async () => {
    const { post } = await server()
    const body = { name: 'raced', tags: [{ key: 'a', value: 'b' }] }
    const replies = await Promise.all(
      Array.from({ length: 16 }, () => post('experiments/create', body)),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    const codes = replies.filter(({ status }) => status !== 200).map(({ json }) => json.error_code)
    expect(codes).toEqual(Array(15).fill('RESOURCE_ALREADY_EXISTS'))
  })

  test('may have 500 characters, not 501, counted as people count', async () => {
    const { post, make } = await server()
    await make('😀'.repeat(500))
    const long = await post('experiments/create', { name: 'n'.repeat(501) })
    expect(long.json.error_code).toBe('INVALID_PARAMETER_VALUE')
  })

  test('a rename to a taken name is 400 BAD_REQUEST and says no SQL', async () => {
    const { post, make, experiment } = await server()
    const id = await make('a')
    const taken = await post('experiments/update', { experiment_id: id, new_name: 'Default' })
    expect(taken.status).toBe(400)
    expect(taken.json.error_code).toBe('BAD_REQUEST')
    expect(taken.text).not.toMatch(/sql|constraint/i)
    expect((await post('experiments/update', { experiment_id: id, new_name: 'b' })).json).toEqual(
      {},
    )
    expect((await experiment(id)).name).toBe('b')
    const none = await post('experiments/update', { experiment_id: id })
    expect(none.json.message).toContain('new_name')
  })
})

describe('delete and restore', () => {
  test('take all runs along, also one that was deleted before', async () => {
    const { post, get, make, experiment } = await server()
    const id = await make('e')
    const runIds: string[] = []
    for (const name of ['a', 'b']) {
      const made = await post('runs/create', { experiment_id: id, run_name: name })
      runIds.push(made.json.run.info.run_id)
    }
    const stages = () =>
      Promise.all(
        runIds.map(
          async (run) => (await get(`runs/get?run_id=${run}`)).json.run.info.lifecycle_stage,
        ),
      )
    await post('runs/delete', { run_id: runIds[0] })
    expect((await post('experiments/delete', { experiment_id: id })).json).toEqual({})
    expect((await experiment(id)).lifecycle_stage).toBe('deleted')
    expect(await stages()).toEqual(['deleted', 'deleted'])
    expect((await post('experiments/restore', { experiment_id: id })).json).toEqual({})
    expect((await experiment(id)).lifecycle_stage).toBe('active')
    expect(await stages()).toEqual(['active', 'active'])
  })

  test('a second delete or restore is 404 and touches nothing', async () => {
    const { post, get, make } = await server()
    const id = await make('e')
    const { json } = await post('runs/create', { experiment_id: id })
    const runId = json.run.info.run_id
    expect((await post('experiments/restore', { experiment_id: id })).status).toBe(404)
    await post('experiments/delete', { experiment_id: id })
    await post('runs/restore', { run_id: runId })
    expect((await post('experiments/delete', { experiment_id: id })).status).toBe(404)
    const run = await get(`runs/get?run_id=${runId}`)
    expect(run.json.run.info.lifecycle_stage).toBe('active')
    expect((await post('experiments/delete', { experiment_id: '4711' })).status).toBe(404)
  })

  test('a deleted experiment refuses runs, tags and a new name with 400', async () => {
    const { post, make } = await server()
    const id = await make('e', { tags: [{ key: 'k', value: 'v' }] })
    await post('experiments/delete', { experiment_id: id })
    const calls = {
      'runs/create': {},
      'experiments/set-experiment-tag': { key: 'k', value: 'w' },
      'experiments/delete-experiment-tag': { key: 'k' },
      'experiments/update': { new_name: 'f' },
    }
    for (const [path, body] of Object.entries(calls)) {
      const reply = await post(path, { experiment_id: id, ...body })
      expect([path, reply.status, reply.json.error_code]).toEqual([
        path,
        400,
        'INVALID_PARAMETER_VALUE',
      ])
    }
  })

  test('experiment 0 can be deleted and restored like any other', async () => {
    const { post, experiment } = await server()
    await post('experiments/delete', { experiment_id: '0' })
    expect((await experiment('0')).lifecycle_stage).toBe('deleted')
    await post('experiments/restore', { experiment_id: '0' })
    expect((await experiment('0')).lifecycle_stage).toBe('active')
  })
})

describe('tags', () => {
  test('are set, replaced and deleted; a missing one is 404', async () => {
    const { post, experiment } = await server()
    const set = (fields: object) =>
      post('experiments/set-experiment-tag', { experiment_id: '0', ...fields })
    const drop = (key: string) =>
      post('experiments/delete-experiment-tag', { experiment_id: '0', key })
    await set({ key: 'k', value: '1' })
    await set({ key: 'k', value: '2' })
    await set({ key: 'noval' })
    await set({ key: '__proto__', value: 'kept' })
    const { tags } = await experiment('0')
    expect(tags).toHaveLength(3)
    expect(tags).toEqual(
      expect.arrayContaining([
        { key: 'k', value: '2' },
        { key: 'noval', value: '' },
        { key: '__proto__', value: 'kept' },
      ]),
    )
    expect((await drop('k')).status).toBe(200)
    expect((await drop('k')).json.error_code).toBe('RESOURCE_DOES_NOT_EXIST')
    expect((await set({ key: 'a?b', value: 'v' })).status).toBe(400)
    expect((await set({ key: 'k'.repeat(251), value: 'v' })).status).toBe(400)
    expect((await set({ key: 'k'.repeat(250), value: 'v'.repeat(20_000) })).status).toBe(200)
    expect((await set({ key: 'k', value: 'v'.repeat(20_001) })).status).toBe(400)
    expect((await set({ key: 'k', value: 3 })).status).toBe(400)
  })

  test('that are given twice at creation are 400 and make no experiment', async () => {
    const { post, get } = await server()
    const tags = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ]
    expect((await post('experiments/create', { name: 'twice', tags })).status).toBe(400)
    expect((await get('experiments/get-by-name?experiment_name=twice')).status).toBe(404)
  })
})

describe('artifact_location', () => {
  test.each([
    ['s3://bucket/x', 's3://bucket/x/RUN/artifacts'],
    ['s3://bucket/x/', 's3://bucket/x/RUN/artifacts'],
    ['s3://bucket/x?a=b', 's3://bucket/x/RUN/artifacts?a=b'],
    ['gs://bucket', 'gs://bucket/RUN/artifacts'],
    ['file:///data/x', 'file:///data/x/RUN/artifacts'],
    ['/data/x', '/data/x/RUN/artifacts'],
    ['mlflow-artifacts:/team/x', 'mlflow-artifacts:/team/x/RUN/artifacts'],
    ['mlflow-artifacts:/', 'mlflow-artifacts:/RUN/artifacts'],
  ])('%s is kept as given, and a run lies at %s', async (location, expected) => {
    const { post, make, experiment } = await server()
    const id = await make('here', { artifact_location: location })
    expect((await experiment(id)).artifact_location).toBe(location)
    const { info } = (await post('runs/create', { experiment_id: id })).json.run
    expect(info.artifact_uri).toBe(expected.replace('RUN', info.run_id))
  })

  test.each([
    'http://example.com/x',
    'HTTPS://example.com/x',
    ' https://example.com/x',
    'h%74tp://example.com',
    'hdfs://node/x',
    'mlflow-artifacts://host/x',
    'runs:/abc/x',
    's3://b/../x',
    's3://b/%2e%2e/x',
    's3://b/%252e%252e%252fx',
    `s3://b/%${'25'.repeat(30)}2e./x`,
    's3://b/%ff%2e%2e/x/%2e%2e/y',
    '..\\x',
    's3://b/x?p=/../y',
    's3://b/x#frag',
    's3://b/x%23frag',
    's3://b/x\ny',
  ])('%j is refused', async (location) => {
    const { post, get } = await server()
    const reply = await post('experiments/create', { name: 'no', artifact_location: location })
    expect(reply.status).toBe(400)
    expect(reply.json.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect((await get('experiments/get-by-name?experiment_name=no')).status).toBe(404)
  })

  test('is limited to the schemes of the setting, where it is set', async () => {
    const { platform } = await testServer()
    const settings = { ...platform.settings, artifactSchemes: ['s3'] }
    const { post } = await testServer({ settings })
    const make = (location: string) =>
      post('experiments/create', { name: location, artifact_location: location })
    expect((await make('s3://b/x')).status).toBe(200)
    expect((await make('mlflow-artifacts:/x')).status).toBe(200)
    expect((await make('gs://b/x')).status).toBe(400)
    expect((await make('/data/x')).status).toBe(400)
  })
})
