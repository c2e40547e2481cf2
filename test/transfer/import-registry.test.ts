import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { person } from '../support/accounts.ts'
import { client, type Json } from '../support/client.ts'
import { governedServer } from '../support/governed-server.ts'
import {
  importedExperiment,
  importedModel,
  importedRun,
  importedVersion,
} from '../support/imported.ts'
import { testServer } from '../support/server.ts'

const at = '/api/v1/imports'
const source = 'http://mlflow.example'

async function importingServer() {
  const server = await testServer()
  const model = (name: string, more = {}) =>
    server.call('POST', `${at}/models`, importedModel(name, more))
  const version = async (name: string, number: number, more = {}) =>
    (await server.call('POST', `${at}/versions`, importedVersion(name, number, more))).json
  const found = async (name: string, number: number) =>
    (await server.get(`model-versions/get?name=${name}&version=${number}`)).json?.model_version
  return { ...server, model, version, found }
}

test('a version keeps its number, stage, alias and times, and the next one is counted on from there', async () => {
  const { model, version, found, get, post } = await importingServer()
  await model('fraud')
  expect(await version('fraud', 2, { aliases: ['champion'] })).toEqual({
    id: 'fraud/2',
    state: 'added',
  })
  await version('fraud', 5, { stage: 'none' })
  expect(await found('fraud', 2)).toMatchObject({
    current_stage: 'Production',
    aliases: ['champion'],
    creation_timestamp: 1_700_000_006_000,
    last_updated_timestamp: 1_700_000_007_000,
  })
  const { registered_model } = (await get('registered-models/get?name=fraud')).json
  expect(registered_model).toMatchObject({
    description: 'as it was',
    creation_timestamp: 1_700_000_004_000,
    last_updated_timestamp: 1_700_000_005_000,
  })
  const next = await post('model-versions/create', { name: 'fraud', source: 's3://bucket/x' })
  expect(next.json.model_version.version).toBe('6')
})

test('a number whose version was deleted there is not given out here', async () => {
  const { model, version, post } = await importingServer()
  await model('fraud', { last_version: 7 })
  await version('fraud', 1)
  const next = await post('model-versions/create', { name: 'fraud', source: 's3://bucket/x' })
  expect(next.json.model_version.version).toBe('8')
})

test('a version of a run that was imported is sealed with its files', async () => {
  const { model, version, call, send } = await importingServer()
  await call('POST', `${at}/experiments`, { source, items: [importedExperiment('41')] })
  const folder = `41/${'a'.repeat(32)}/artifacts`
  await send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${folder}/model/MLmodel`, 'flavors: {}')
  await call('POST', `${at}/runs`, { source, items: [importedRun('a', '41')] })
  await model('fraud')
  const run_id = 'a'.repeat(32)
  const version_source = `runs:/${run_id}/model`
  expect(await version('fraud', 1, { run_id, version_source })).toMatchObject({ state: 'added' })
  const files = await call('GET', '/api/v1/models/fraud/versions/1/files')
  expect(files.json).toMatchObject({ sealed: true, items: [{ path: 'MLmodel', size: 11 }] })
  const lost = { run_id: 'b'.repeat(32), version_source: `runs:/${'b'.repeat(32)}/model` }
  expect((await version('fraud', 2, lost)).problem).toContain('not sealed')
})

test('the audit log says that it was imported, and invents no approval and no time of a move', async () => {
  const { model, version, call } = await importingServer()
  await model('fraud')
  await version('fraud', 1, { aliases: ['champion'] })
  const { json } = await call('GET', '/api/v1/audit?model=fraud')
  expect(json.items.map(({ action }: { action: string }) => action)).toEqual([
    'model_version.imported',
    'registered_model.imported',
  ])
  expect(json.items[0]).toMatchObject({
    after: {
      imported_from: source,
      stage: 'Production',
      aliases: ['champion'],
      created_at: 1_700_000_006_000,
    },
  })
  expect(json.items[0].approved_by).toBeUndefined()
  for (const place of ['stages/Production', 'aliases/champion']) {
    const holders = await call('GET', `/api/v1/models/fraud/${place}`)
    expect(holders.json.items).toMatchObject([{ version: '1', source: 's3://bucket/model' }])
    expect(holders.json.items[0].since).toBeUndefined()
  }
})

test('a second import follows the source, but not where somebody moved the version here', async () => {
  const { model, version, found, post } = await importingServer()
  await model('fraud')
  await version('fraud', 1, { stage: 'Staging' })
  await version('fraud', 2, { stage: 'Staging' })
  const move = { name: 'fraud', version: '2', stage: 'Archived', archive_existing_versions: false }
  await post('model-versions/transition-stage', move)
  expect(await version('fraud', 1, { description: 'new' })).toMatchObject({ state: 'updated' })
  await version('fraud', 2)
  expect(await found('fraud', 1)).toMatchObject({ current_stage: 'Production', description: 'new' })
  expect((await found('fraud', 2)).current_stage).toBe('Archived')
})

test('a second import brings nothing back that another version replaced here', async () => {
  const { model, version, found, post } = await importingServer()
  await model('fraud')
  await version('fraud', 1)
  await version('fraud', 2, { stage: 'None' })
  await post('model-versions/transition-stage', {
    ...{ name: 'fraud', version: '2', stage: 'Production', archive_existing_versions: true },
  })
  await version('fraud', 1)
  await version('fraud', 2, { stage: 'None' })
  expect((await found('fraud', 1)).current_stage).toBe('Archived')
  expect((await found('fraud', 2)).current_stage).toBe('Production')
})

test('a name or a number that is taken here is left as it is', async () => {
  const { model, version, post, found } = await importingServer()
  await post('registered-models/create', { name: 'fraud' })
  const taken = await model('fraud')
  expect(taken.json).toMatchObject({ state: 'refused' })
  expect(taken.json.problem).toContain('was not imported from this source')
  await model('risk')
  await post('model-versions/create', { name: 'risk', source: 's3://bucket/ours' })
  expect(await version('risk', 1)).toMatchObject({ state: 'refused' })
  expect((await found('risk', 1)).source).toBe('s3://bucket/ours')
})

test('of sixteen imports of one model and version, one adds it and the others find it', async () => {
  const { model, version } = await importingServer()
  const sixteen = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 16 }, work))
  const states = ['added', ...Array(15).fill('updated')]
  const models = await sixteen(() => model('fraud'))
  expect(models.map(({ json }) => json.state).sort()).toEqual(states)
  const versions = await sixteen(() => version('fraud', 1))
  expect(versions.map(({ state }) => state).sort()).toEqual(states)
})

test('what was renamed or deleted here since is refused, and what has its name now is left alone', async () => {
  const { model, version, found, post, call, get } = await importingServer()
  await model('fraud')
  for (const number of [1, 2]) await version('fraud', number)
  await call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: 'fraud', version: '2' })
  expect(await version('fraud', 2, { description: 'new' })).toMatchObject({ state: 'refused' })
  await post('registered-models/rename', { name: 'fraud', new_name: 'risk' })
  for (const hasOther of [false, true]) {
    if (hasOther) {
      await post('registered-models/create', { name: 'fraud' })
      await post('model-versions/create', { name: 'fraud', source: 's3://bucket/ours' })
    }
    const changed = (await model('fraud', { description: 'new', tags: [] })).json
    expect(changed).toMatchObject({ state: 'refused' })
    expect(changed.problem).toContain('renamed or deleted here since')
    for (const number of [1, 3]) {
      expect(await version('fraud', number)).toMatchObject({ state: 'refused' })
    }
  }
  const { registered_model } = (await get('registered-models/get?name=fraud')).json
  expect(registered_model.description ?? '').toBe('')
  expect(registered_model.tags ?? []).toEqual([])
  expect((await found('risk', 1)).current_stage).toBe('Production')
})

test('an exclusive stage takes one version, and the other is refused with the reason', async () => {
  const { model, version, call } = await importingServer()
  const items = ['None', 'Staging', 'Canary', 'Production', 'Archived'].map((name) => ({
    name,
    exclusive: name === 'Canary',
  }))
  await call('PUT', '/api/v1/stages', { items })
  await model('fraud')
  expect(await version('fraud', 1, { stage: 'Canary' })).toMatchObject({ state: 'added' })
  const second = await version('fraud', 2, { stage: 'Canary' })
  expect(second).toMatchObject({ state: 'refused' })
  expect(second.problem).toContain('exclusive')
})

test('into a guarded stage only an administrator imports, and the version has no approval there', async () => {
  const { platform, policy, as } = await governedServer()
  await policy('guard', { approvals: { required: 1, from: ['user:rita'] } })
  const nobody = client(
    createApp(() => ({ ...platform, settings: { ...platform.settings, auth: false } })),
  )
  await nobody.call('POST', `${at}/models`, importedModel('fraud'))
  const refused = await nobody.call('POST', `${at}/versions`, importedVersion('fraud', 1))
  expect(refused.json).toMatchObject({ state: 'refused' })
  expect(refused.json.problem).toContain("policy 'guard'")
  const alias = importedVersion('fraud', 1, { stage: 'None', aliases: ['production'] })
  expect((await nobody.call('POST', `${at}/versions`, alias)).json.state).toBe('refused')
  const root = as(person('root', { isAdmin: true }))
  const taken = await root('POST', `${at}/versions`, importedVersion('fraud', 1))
  expect(taken.json).toMatchObject({ state: 'added' })
  const shown = await root('GET', '/api/v1/models/fraud/versions/1')
  expect(shown.json.approval_status ?? 'none').not.toBe('Approved')
})

test('a tag that an import brings was set by whoever imported, for gates that ask', async () => {
  const { policy, as } = await governedServer()
  const root = as(person('root', { isAdmin: true }))
  const gate = { name: 'bias', type: 'tag', key: 'bias', value: 'passed', set_by: ['user:bot'] }
  await policy('guard', { gates: [gate] })
  await root('POST', `${at}/models`, importedModel('fraud'))
  const tags = [{ key: 'bias', value: 'passed' }]
  const item = importedVersion('fraud', 1, { stage: 'None', tags })
  await root('POST', `${at}/versions`, item)
  const opened = await root('POST', '/api/v1/promotions', {
    model: 'fraud',
    version: '1',
    to: { stage: 'Production' },
  })
  expect(opened.status).toBe(201)
  expect(opened.json.gates).toMatchObject([{ name: 'bias', status: 'failed' }])
  expect(opened.json.gates[0].detail).toContain('root')
})

test('a second import set the tags that it changed, and no others', async () => {
  const { policy, as } = await governedServer()
  const root = as(person('root', { isAdmin: true }))
  const gate = { name: 'bias', type: 'tag', key: 'bias', value: 'passed', set_by: ['user:root'] }
  await policy('guard', { gates: [gate] })
  await root('POST', `${at}/models`, importedModel('fraud'))
  const imported = (value: string) =>
    root(
      'POST',
      `${at}/versions`,
      importedVersion('fraud', 1, {
        ...{ stage: 'None', tags: [{ key: 'bias', value }] },
      }),
    )
  await imported('passed')
  const judged = async () => {
    const to = { stage: 'Production' }
    const body = { model: 'fraud', version: '1', to }
    const { gates } = (await as(person('ann'))('POST', '/api/v1/policies/evaluate', body)).json
    return gates[0].status
  }
  expect(await judged()).toBe('passed')
  await as(person('bot', { isAdmin: true }))('POST', '/api/2.0/mlflow/model-versions/set-tag', {
    ...{ name: 'fraud', version: '1', key: 'bias', value: 'failed' },
  })
  await as(person('bot', { isAdmin: true }))('POST', '/api/2.0/mlflow/model-versions/set-tag', {
    ...{ name: 'fraud', version: '1', key: 'bias', value: 'passed' },
  })
  await imported('passed')
  expect(await judged()).toBe('failed')
  await imported('failed')
  await imported('passed')
  expect(await judged()).toBe('passed')
  const log = await root('GET', '/api/v1/audit?action=model_version.tag_set')
  expect(
    log.json.items.map(({ actor, before, after }: Json) => [actor.name, before.value, after.value]),
  ).toEqual([
    ['root', 'failed', 'passed'],
    ['root', 'passed', 'failed'],
    ['bot', 'failed', 'passed'],
    ['bot', 'passed', 'failed'],
  ])
})
