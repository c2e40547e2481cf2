import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { readField } from '../../src/mlflow/graphql/resolvers.ts'
import { admin, authServer } from '../support/auth-server.ts'
import type { Client } from '../support/client.ts'
import { testServer } from '../support/server.ts'
import { team } from '../support/team.ts'

const runFields = `
  info { runId runUuid runName experimentId status startTime endTime lifecycleStage artifactUri userId }
  experiment { experimentId name tags { key value } lifecycleStage lastUpdateTime }
  modelVersions { status version name source creationTimestamp }
  data { metrics { key value step timestamp } params { key value } tags { key value } }
  inputs {
    datasetInputs { dataset { digest name profile schema source sourceType } tags { key value } }
    modelInputs { modelId }
  }
  outputs { modelOutputs { modelId step } }`

const getRun = `query GetRun($data: MlflowGetRunInput!) {
  mlflowGetRun(input: $data) { __typename apiError { helpUrl code message } run { ${runFields} } }
}`
const getExperiment = `query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) @component(name: "x") {
  mlflowGetExperiment(input: $input) {
    apiError { code message }
    experiment { name experimentId creationTime tags { key value } effectiveTraceArchivalRetention }
  }
}`
const searchRuns = `query SearchRuns($data: MlflowSearchRunsInput!) {
  mlflowSearchRuns(input: $data) { nextPageToken runs { ${runFields} } }
}`

async function ask(as: Client, query: string, variables: object = {}) {
  const { status, json } = await as.call('POST', '/graphql', { query, variables })
  expect(status).toBe(200)
  return json as { data: Record<string, never> | null; errors: string[] | null }
}

async function experimentOf(as: Client, name: string): Promise<string> {
  return (await as.post('experiments/create', { name })).json.experiment_id
}

async function runOf(as: Client, experimentId: string): Promise<string> {
  const made = await as.post('runs/create', { experiment_id: experimentId, run_name: 'first' })
  return made.json.run.info.run_id
}

test('a run is answered with its experiment, its data and the versions made from it', async () => {
  const server = await testServer()
  const experimentId = await experimentOf(server, 'fraud')
  const runId = await runOf(server, experimentId)
  const step = '9007199254740993'
  await server.post('runs/log-batch', {
    run_id: runId,
    metrics: [
      { key: 'loss', value: 'NaN', timestamp: 5, step: 1 },
      { key: 'accuracy', value: 0.9, timestamp: 1_700_000_000_000, step },
    ],
    params: [{ key: 'lr', value: '0.01' }],
  })
  await server.post('registered-models/create', { name: 'm' })
  await server.post('model-versions/create', {
    name: 'm',
    source: `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`,
    run_id: runId,
  })
  const { data, errors } = await ask(server, getRun, { data: { runId } })
  expect(errors).toBeNull()
  const expected = {
    info: {
      runId,
      runUuid: runId,
      runName: 'first',
      experimentId,
      status: 'RUNNING',
      endTime: '0',
    },
    experiment: { experimentId, name: 'fraud', lifecycleStage: 'active', tags: [] },
    modelVersions: [{ name: 'm', version: '1', status: 'READY' }],
    inputs: { datasetInputs: [], modelInputs: [] },
    outputs: { modelOutputs: [] },
    data: {
      metrics: expect.arrayContaining([
        { key: 'accuracy', value: 0.9, step, timestamp: '1700000000000' },
        { key: 'loss', value: null, step: '1', timestamp: '5' },
      ]),
      params: [{ key: 'lr', value: '0.01' }],
    },
  }
  expect(data?.mlflowGetRun).toMatchObject({
    __typename: 'MlflowGetRunResponse',
    apiError: null,
    run: expected,
  })
  const found = await ask(server, searchRuns, { data: { experimentIds: [experimentId] } })
  expect(found.data?.mlflowSearchRuns).toMatchObject({ runs: [expected] })
  const experiment = await ask(server, getExperiment, { input: { experimentId } })
  expect(experiment.data?.mlflowGetExperiment).toMatchObject({
    experiment: { experimentId, name: 'fraud' },
  })
})

test('fields are asked for by alias, fragment and value in the query, and in a GET', async () => {
  const server = await testServer()
  const experimentId = await experimentOf(server, 'fraud')
  const query = `fragment Named on MlflowExperiment { name }
    query { a: mlflowGetExperiment(input: {experimentId: "${experimentId}"}) { experiment { ...Named } }
      test(inputString: "hello") { output } }`
  const answer = { a: { experiment: { name: 'fraud' } }, test: { output: 'hello' } }
  expect(await ask(server, query)).toEqual({ data: answer, errors: null })
  const got = await server.call('GET', `/graphql?query=${encodeURIComponent(query)}`)
  expect(got.json).toEqual({ data: answer, errors: null })
})

test('what is wrong with a query is said, and nothing of it is done', async () => {
  const server = await testServer()
  const wrong = async (query: string, variables?: object) => {
    const { data, errors } = await ask(server, query, variables)
    expect(data).toBeNull()
    return errors?.[0]
  }
  expect(await wrong('{ mlflowGetRun {')).toContain('Syntax Error')
  expect(await wrong('{ nobody }')).toContain('Cannot query field')
  expect(await wrong('{ test }')).toContain('must have a selection')
  expect(
    await wrong('query($d: MlflowGetRunInput!) { mlflowGetRun(input: $d) { apiError { code } } }'),
  ).toContain('$d')
  const absent = await ask(server, getRun, { data: { runId: 'f'.repeat(32) } })
  expect(absent.data).toEqual({ mlflowGetRun: null })
  expect(absent.errors?.[0]).toContain('f'.repeat(32))
  for (const body of [{}, { query: 7 }, { query: '{ test { output } }', variables: [1] }]) {
    const { status, json } = await server.call('POST', '/graphql', body)
    expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
})

test('a query that asks for too much at once is refused, fragments counted where they are used', async () => {
  const server = await testServer()
  const refusal = async (query: string) => (await ask(server, query)).errors?.[0] ?? 'answered'
  const many = (count: number, part: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => part(i)).join(' ')
  const echo = 'test(inputString: "a") { output }'
  expect(await refusal(`{ ${many(10, (i) => `k${i}: ${echo}`)} }`)).toBe('answered')
  expect(await refusal(`{ ${many(11, (i) => `k${i}: ${echo}`)} }`)).toContain(
    'at most 10 root fields, got 11 root fields',
  )
  expect(
    await refusal(`{ test(inputString: "a") { ${many(11, (i) => `k${i}: output`)} } }`),
  ).toContain('at most 10 aliases, got 11 aliases')
  expect(await refusal(`{ ${'a { '.repeat(11)} b ${'}'.repeat(11)} }`)).toContain(
    'maximum depth of 10',
  )
  expect(await refusal(`{ test { ${many(1001, () => 'output')} } }`)).toContain(
    'maximum total selections of 1000',
  )
  const doubling = many(30, (i) => `fragment F${i} on Test { ...F${i + 1} ...F${i + 1} }`)
  expect(await refusal(`{ test { ...F0 } } ${doubling} fragment F30 on Test { output }`)).toContain(
    'maximum total selections',
  )
  expect(await refusal('{ test { ...A } } fragment A on Test { ...A }')).toContain('maximum')
  expect(await refusal(`{ ${'test '.repeat(20_001)} }`)).toContain('maximum length of 20000 tokens')
  for (const [before, again] of [
    ['{', ' a {'],
    ['{ a(b: ', '['],
    ['{ a(b: ', '{c: '],
    ['query($a: ', '['],
  ] as const) {
    expect(await refusal(before + again.repeat(50_000))).toContain('maximum nesting of 100')
  }
})

test('a long list is chosen from in turns, so that it holds nobody up', async () => {
  const runs = Array.from({ length: 120 }, (_, i) => i)
  const read = readField({ runs }, 'runs', '[Int]') as readonly unknown[]
  expect([read.length, read[119] instanceof Promise]).toEqual([120, true])
  expect(await Promise.all(read)).toEqual(runs)
})

test('a page of a search has at most 1,000 runs, whatever was asked for, and says where the next begins', async () => {
  const server = await testServer()
  const experimentId = await experimentOf(server, 'fraud')
  await runOf(server, experimentId)
  await server.platform.db.batch({
    more: sql`insert into runs (run_id, experiment, name, user_id, status, start_time_ms, artifact_uri, lifecycle_stage)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
      select format('%032x', i), experiment, name, user_id, status, start_time_ms, artifact_uri, lifecycle_stage
      from runs, n`,
  })
  const query = `query($i: MlflowSearchRunsInput) { mlflowSearchRuns(input: $i) { nextPageToken runs { info { runId } } } }`
  const pageOf = async (more: object) => {
    const { data } = await ask(server, query, {
      i: { experimentIds: [experimentId], maxResults: 50_000, ...more },
    })
    return data?.mlflowSearchRuns as unknown as { runs: object[]; nextPageToken: string }
  }
  const first = await pageOf({})
  expect(first.runs).toHaveLength(1000)
  expect((await pageOf({ pageToken: first.nextPageToken })).runs).toHaveLength(1)
})

test('each field is judged by the rights of the caller, and null where it may not be read', async () => {
  const { admin: root, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const [open, closed] = [await experimentOf(root, 'open'), await experimentOf(root, 'closed')]
  const [readable, secret] = [await runOf(root, open), await runOf(root, closed)]
  for (const name of ['seen', 'hidden']) {
    await root.post('registered-models/create', { name })
    const source = `mlflow-artifacts:/${open}/${readable}/artifacts/model`
    await root.post('model-versions/create', { name, source, run_id: readable })
  }
  const dora = await member('dora')
  await grant('dora', 'experiment', open, 'READ')
  await grant('dora', 'registered_model', 'seen', 'READ')
  const nothing = { data: { mlflowGetRun: null }, errors: null }
  expect(await ask(dora, getRun, { data: { runId: secret } })).toEqual(nothing)
  expect(await ask(dora, getExperiment, { input: { experimentId: closed } })).toEqual({
    data: { mlflowGetExperiment: null },
    errors: null,
  })
  const run = (await ask(dora, getRun, { data: { runId: readable } })).data?.mlflowGetRun
  expect(run).toMatchObject({ run: { modelVersions: [{ name: 'seen' }] } })
  const search = async (experimentIds: string[]) =>
    (await ask(dora, searchRuns, { data: { experimentIds } })).data?.mlflowSearchRuns
  expect(await search([closed])).toBeNull()
  expect(await search([closed, open])).toMatchObject({ runs: [{ info: { runId: readable } }] })
  const inMutation = `mutation($d: MlflowSearchDatasetsInput) {
    mlflowSearchDatasets(input: $d) { datasetSummaries { name } } }`
  expect((await ask(dora, inMutation, { d: { experimentIds: [closed] } })).data).toEqual({
    mlflowSearchDatasets: null,
  })
})

test('files, histories and versions are judged as fields too, by every run that is named', async () => {
  const { admin: root, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const [open, closed] = [await experimentOf(root, 'open'), await experimentOf(root, 'closed')]
  const [readable, secret] = [await runOf(root, open), await runOf(root, closed)]
  for (const [name, run, experiment] of [
    ['seen', readable, open],
    ['hidden', secret, closed],
  ] as const) {
    await root.post('registered-models/create', { name })
    const source = `mlflow-artifacts:/${experiment}/${run}/artifacts/model`
    await root.post('model-versions/create', { name, source, run_id: run })
    const point = { run_id: run, key: 'loss', value: 1, timestamp: 1, step: 0 }
    await root.post('runs/log-metric', point)
  }
  const dora = await member('dora')
  await grant('dora', 'experiment', open, 'READ')
  await grant('dora', 'registered_model', 'seen', 'READ')
  const files = `query($d: MlflowListArtifactsInput) { mlflowListArtifacts(input: $d) { rootUri } }`
  const filesOf = async (who: Client, runId: string) =>
    (await ask(who, files, { d: { runId } })).data?.mlflowListArtifacts
  expect(await filesOf(dora, secret)).toBeNull()
  expect(await filesOf(dora, readable)).toMatchObject({
    rootUri: expect.stringContaining(readable),
  })
  expect(await filesOf(root, secret)).toMatchObject({ rootUri: expect.stringContaining(secret) })
  const history = `query($d: MlflowGetMetricHistoryBulkIntervalInput) {
    mlflowGetMetricHistoryBulkInterval(input: $d) { metrics { runId value } } }`
  const historyOf = async (runIds: string[]) => {
    const d = { runIds, metricKey: 'loss', maxResults: 10 }
    return (await ask(dora, history, { d })).data?.mlflowGetMetricHistoryBulkInterval
  }
  expect(await historyOf([readable])).toEqual({ metrics: [{ runId: readable, value: 1 }] })
  expect(await historyOf([readable, secret])).toBeNull()
  const versions = `query($d: MlflowSearchModelVersionsInput) {
    mlflowSearchModelVersions(input: $d) { modelVersions { name runId } } }`
  const versionsOf = async (filter: string) =>
    (await ask(dora, versions, { d: { filter } })).data?.mlflowSearchModelVersions
  expect(await versionsOf('')).toEqual({ modelVersions: [{ name: 'seen', runId: readable }] })
  expect(await versionsOf(`run_id = '${secret}'`)).toEqual({ modelVersions: [] })
  // Several at once, one of which may not be read.
  const both = `query($a: MlflowGetRunInput, $b: MlflowGetRunInput) {
    one: mlflowGetRun(input: $a) { run { info { runId } } }
    other: mlflowGetRun(input: $b) { run { info { runId } } } }`
  expect(await ask(dora, both, { a: { runId: secret }, b: { runId: readable } })).toEqual({
    data: { one: null, other: { run: { info: { runId: readable } } } },
    errors: null,
  })
})

test('a query needs credentials, and reads: a token without the scope to write may send it', async () => {
  const { as, call } = await authServer()
  const query = { query: '{ test(inputString: "x") { output } }' }
  expect((await as(undefined).call('POST', '/graphql', query)).status).toBe(401)
  const { json } = await call(admin, 'POST', '/api/v1/tokens', { name: 'reader', scopes: ['read'] })
  const { status } = await as(`Bearer ${json.token}`).call('POST', '/graphql', query)
  expect(status).toBe(200)
})
