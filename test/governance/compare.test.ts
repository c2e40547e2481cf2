import { expect, test } from 'vitest'
import { operator, type Principal } from '../../src/core/principal.ts'
import type { Platform } from '../../src/platform/context.ts'
import { makeAccount } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { cardServer } from '../support/card-server.ts'
import { type Call, client } from '../support/client.ts'
import { registryServer } from '../support/registry-server.ts'

async function comparedServer() {
  const server = await registryServer()
  const { createModel, createVersion, createRun, upload, post } = server
  await createModel('m')
  for (const [depth, auc, bytes] of [
    ['3', 0.5, 'a'],
    ['4', Number.NaN, 'b'],
  ] as const) {
    const { runId, root } = await createRun()
    await post('runs/log-parameter', { run_id: runId, key: 'depth', value: depth })
    await post('runs/log-parameter', { run_id: runId, key: 'same', value: '1' })
    const metric = { run_id: runId, key: 'auc', timestamp: 1, step: 0 }
    await post('runs/log-metric', { ...metric, value: Number.isNaN(auc) ? 'NaN' : auc })
    await upload(`${root}/model/weights`, bytes)
    await upload(`${root}/model/same`, 'same')
    if (bytes === 'b') await upload(`${root}/model/new`, 'new')
    await createVersion('m', `${root}/model`, { run_id: runId })
  }
  await post('model-versions/set-tag', { name: 'm', version: '2', key: 'team', value: 'risk' })
  return server
}

test('versions are compared by params, metrics, tags and files: what is the same is left out', async () => {
  const { call } = await comparedServer()
  const { status, json } = await call('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(status).toBe(200)
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/)
  expect(json).toEqual({
    model: 'm',
    versions: ['1', '2'],
    equal: 2,
    params: [{ key: 'depth', values: ['3', '4'] }],
    metrics: [{ key: 'auc', values: [0.5, 'NaN'] }],
    traces: [],
    datasets: [],
    tags: [{ key: 'team', values: [null, 'risk'] }],
    files: [
      { key: 'new', values: [null, hash], sizes: [null, 3] },
      { key: 'weights', values: [hash, hash], sizes: [1, 1] },
    ],
    has_more_files: false,
  })
  const back = await call('GET', '/api/v1/models/m/compare?versions=2,1')
  expect(back.json.params).toEqual([{ key: 'depth', values: ['4', '3'] }])
  const whole = await call('GET', '/api/v1/models/m/compare?versions=1,2&all=true')
  expect(whole.json).toMatchObject({
    equal: 2,
    params: [{ key: 'depth' }, { key: 'same', values: ['1', '1'] }],
    files: [{ key: 'new' }, { key: 'same', sizes: [4, 4] }, { key: 'weights' }],
  })
})

test('versions are named by the stage or the alias that leads to them now', async () => {
  const { call, post, transition } = await comparedServer()
  const compare = (versions: string) =>
    call('GET', `/api/v1/models/m/compare?versions=${encodeURIComponent(versions)}`)
  const absent = await compare('live:Production,2')
  expect(absent).toMatchObject({ status: 404, json: { error_code: 'RESOURCE_DOES_NOT_EXIST' } })
  expect(absent.json.message).toContain("'live:Production'")
  await transition('m', '1', 'Production')
  await post('registered-models/alias', { name: 'm', alias: 'next', version: '2' })
  for (const [versions, meant] of [
    ['live:Production,2', ['1', '2']],
    ['2,live:production', ['2', '1']],
    ['@next,live:Production', ['2', '1']],
    ['1,@latest', ['1', '2']],
  ] as const) {
    expect((await compare(versions)).json.versions, versions).toEqual(meant)
  }
  for (const [versions, message] of [
    ['live:Production,1', /'live:Production' and '1' are both version 1/],
    ['live:Nowhere,1', /Nowhere/],
    ['live:,1', /live:/],
    ['@,1', /@/],
    ["@a'b,1", /a'b/],
    ['live:Production', /name 2 to 10/],
    [Array.from({ length: 11 }, () => '1').join(), /at most 10/],
  ] as const) {
    const { status, json } = await compare(versions)
    expect([versions, status]).toEqual([versions, 400])
    expect(json.message).toMatch(message)
  }
})

test('versions are compared by the datasets that their runs read', async () => {
  const { call, createModel, createVersion, createRun, post } = await registryServer()
  await createModel('m')
  for (const digest of ['a1', 'b2']) {
    const { runId, root } = await createRun()
    const datasets = [
      ['tx', digest],
      ['tx', 'c3'],
      ['people', 'd4'],
    ].map(([name, digest]) => ({
      dataset: { name, digest, source_type: 's3', source: '{"uri": "s3://b/x"}' },
      tags: [],
    }))
    await post('runs/log-inputs', { run_id: runId, datasets })
    await createVersion('m', `${root}/model`, { run_id: runId })
  }
  const { json } = await call('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(json).toMatchObject({
    equal: 1,
    datasets: [{ key: 'tx', values: ['a1, c3', 'b2, c3'] }],
  })
})

test('versions are compared by what their files and cards say', async () => {
  const { call, createModel, putCard, seal } = await cardServer()
  await createModel('m')
  const mlmodel = (type: string) =>
    `signature:\n  inputs: '[{"type": "${type}", "name": "amount", "required": true}]'\n  outputs: '[{"type": "long", "required": true}]'\n`
  await seal('m', {
    MLmodel: mlmodel('double'),
    'requirements.txt': 'Scikit_Learn==1.9.1\nnumpy>=2\n',
  })
  await seal('m', {
    MLmodel: mlmodel('string'),
    'requirements.txt': 'scikit-learn==1.9.2\nnumpy>=2\npandas',
  })
  // Nothing says what it takes.
  await seal('m', { MLmodel: 'flavors: {}\n' })
  await putCard('m', { revision: 0, limitations: 'Blind.', owners: ['ada'] }, 1)
  await putCard('m', { revision: 0, limitations: 'Blind.', owners: ['ada', 'bob'] }, 2)
  const { json } = await call('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(json).toMatchObject({
    signature: [{ key: 'input amount', values: ['double', 'string'] }],
    environment: [
      { key: 'pandas', values: [null, 'any version'] },
      { key: 'scikit-learn', values: ['==1.9.1', '==1.9.2'] },
    ],
    card: [{ key: 'owners', values: ['["ada"]', '["ada","bob"]'] }],
    signature_breaks: [["input 'amount' is string, was double"]],
  })
  const others = await call('GET', '/api/v1/models/m/compare?versions=2,1,3&all=true')
  expect(others.json.signature_breaks).toEqual([["input 'amount' is double, was string"], null])
})

test('a comparison of what cannot be compared is refused', async () => {
  const { call } = await comparedServer()
  for (const [versions, status] of [
    ['1', 400],
    ['1,1', 400],
    ['1,x', 400],
    ['', 400],
    ['1,2,3,4,5,6,7,8,9,10,11', 400],
    ['1,9', 404],
  ] as const) {
    const res = await call('GET', `/api/v1/models/m/compare?versions=${versions}`)
    expect([versions, res.status]).toEqual([versions, status])
  }
})

test('runs that the caller may not read are compared with nothing', async () => {
  const { platform } = await comparedServer()
  const eve = await readerOfModels(platform)
  const { status, json } = await eve('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(status).toBe(200)
  expect(json).toMatchObject({ params: [], metrics: [], datasets: [], tags: [{ key: 'team' }] })
  const { json: lineage } = await eve('GET', '/api/v1/models/m/versions/1/lineage')
  expect(lineage).toMatchObject({ model: 'm', datasets: [] })
  expect(lineage).not.toHaveProperty('run')
})

/** Somebody who may read all models and no experiment. */
async function readerOfModels(open: Platform): Promise<Call> {
  const settings = { ...open.settings, auth: true, defaultPermission: 'NO_PERMISSIONS' as const }
  const asked = (principal: Principal) => client(appOf(() => ({ ...open, settings }), principal))
  const { post3 } = asked(operator)
  const eve = await makeAccount(open, 'eve')
  const { json } = await post3('roles/create', { name: 'readers', workspace: 'default' })
  const role_id = json.role.id
  const all = { resource_type: 'registered_model', resource_pattern: '*', permission: 'READ' }
  for (const [path, body] of [
    ['roles/permissions/add', all],
    ['roles/assign', { username: 'eve' }],
  ] as const) {
    const { status, text } = await post3(path, { role_id, ...body })
    if (status !== 200) throw new Error(text)
  }
  return asked(eve).call
}
