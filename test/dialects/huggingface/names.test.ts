import { expect, test } from 'vitest'
import { makeAccount } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { type Client, client } from '../../support/client.ts'
import { team } from '../../support/team.ts'
import { twoTeams } from '../../support/two-teams.ts'
import { hubServer, refusalOf } from './hub-server.ts'

const hubTag = (name: string, value: string) => ({ name, key: 'gatehouse.hub_name', value })

test('a name needs no owner, and the tag gives a second one', async () => {
  const { hubJson, hub, seal, post } = await hubServer()
  const { commit } = await seal('Betrug (süd)', { MLmodel: 'x' })
  expect(
    (await post('registered-models/set-tag', hubTag('Betrug (süd)', 'fraud-south'))).status,
  ).toBe(200)
  for (const id of ['fraud-south', 'default/fraud-south', 'default/Betrug%20(s%C3%BCd)']) {
    expect((await hubJson(`/api/models/${id}/revision/1`)).sha).toBe(commit)
  }
  expect((await hubJson('/api/models/fraud-south/revision/1')).id).toBe('default/fraud-south')
  expect(await (await hub('/fraud-south/resolve/1/MLmodel')).text()).toBe('x')
  expect(await (await hub('/default/fraud-south/resolve/1/MLmodel')).text()).toBe('x')
})

test('a name on the Hub is one that clients send, and of one model', async () => {
  const { post, createModel, hubJson, seal } = await hubServer()
  await seal('fraud', { MLmodel: 'fraud' })
  await createModel('other')
  const set = (name: string, value: string) =>
    post('registered-models/set-tag', hubTag(name, value))
  for (const wrong of [
    '',
    'a/b',
    'a b',
    'ü',
    '-a',
    'a.',
    'a--b',
    'a..b',
    'a.git',
    'a'.repeat(97),
  ]) {
    const res = await set('fraud', wrong)
    expect([res.status, res.json.error_code], wrong).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
  expect((await set('fraud', 'known')).status).toBe(200)
  expect((await set('fraud', 'known')).status).toBe(200)
  for (const taken of ['known', 'fraud']) {
    expect((await set('other', taken)).json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  }
  const made = await post('registered-models/create', {
    name: 'third',
    tags: [hubTag('', 'known')],
  })
  expect(made.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  expect((await post('registered-models/create', { name: 'third' })).status).toBe(200)
  // Nobody makes or renames a model so that one name leads to two.
  const later = await post('registered-models/create', { name: 'known' })
  expect([later.status, later.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
  const rename = (name: string, new_name: string) =>
    post('registered-models/rename', { name, new_name })
  expect((await rename('third', 'known')).json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  const { sha } = await hubJson('/api/models/default/known/revision/1')
  expect(sha).toBe((await hubJson('/api/models/default/fraud/revision/1')).sha)
  // Its own second name may become its name.
  expect((await rename('fraud', 'known')).status).toBe(200)
  expect((await hubJson('/api/models/default/known/revision/1')).sha).toBe(sha)
})

test('prompts, other owners and what is not served are not there', async () => {
  const { hub, seal, post } = await hubServer()
  await seal('fraud', { MLmodel: 'x' })
  const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
  await post('registered-models/create', { name: 'greeting', tags })
  for (const id of [
    'default/greeting',
    'default/nope',
    'team/fraud',
    'nope',
    'default/%F0%9F%98%80',
  ]) {
    expect(refusalOf(await hub(`/api/models/${id}/revision/1`)), id).toEqual([404, 'RepoNotFound'])
    expect(refusalOf(await hub(`/${id}/resolve/1/MLmodel`)), id).toEqual([404, 'RepoNotFound'])
  }
  for (const path of [
    '/api/agent-harnesses',
    '/api/models',
    '/api/datasets/x/y',
    '/x',
    '/%ff',
    '/default/fraud/resolve/1',
  ]) {
    const res = await hub(path)
    expect([res.status, res.headers.get('x-error-code')], path).toEqual([404, null])
    expect((await res.json()).error).toContain('No such endpoint')
  }
  expect((await hub('/api/models/default/fraud/revision/1', { method: 'POST' })).status).toBe(404)
  expect((await hub('/api/models/default/fraud/revision/1', { method: 'PUT' })).status).toBe(405)
})

test('who may not read a model is told what those are told who ask for what is not there', async () => {
  const { platform, admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const [ada, eve] = [await member('ada'), await member('eve')]
  await admin.post('registered-models/create', { name: 'fraud' })
  await admin.post('model-versions/create', { name: 'fraud', source: 's3://b/m' })
  await grant('ada', 'registered_model', 'fraud', 'READ')
  const ask = async (who: typeof ada, name: string) => {
    const res = await who.send('GET', `/hf/api/models/default/${name}/revision/1`)
    return [...refusalOf(res), (await res.text()).replaceAll(name, '*')]
  }
  expect((await ask(ada, 'fraud'))[1]).toBe('RevisionNotFound')
  expect(await ask(eve, 'fraud')).toEqual(await ask(eve, 'nope'))
  expect((await ask(eve, 'fraud')).slice(0, 2)).toEqual([404, 'RepoNotFound'])
  expect((await ada.send('GET', '/hf/api/models/default/fraud/auth-check')).status).toBe(200)
  expect((await eve.send('GET', '/hf/api/models/default/fraud/auth-check')).status).toBe(404)
  expect(platform.settings.auth).toBe(true)
})

test('the owner is the workspace, and one that is closed to the caller is not there', async () => {
  const { platform, ann } = await twoTeams()
  const eve = client(appOf(() => platform, await makeAccount(platform, 'eve')))
  const ask = async (who: Client, id: string) => {
    const res = await who.send('GET', `/hf/api/models/${id}/auth-check`)
    return refusalOf(res)
  }
  const plain = client(appOf(() => platform, await makeAccount(platform, 'zoe')))
  for (const team of ['team-a', 'team-b']) {
    const inTeam = await ann('team-a').send('GET', '/hf/api/models/team-a/fraud/auth-check')
    expect(inTeam.status).toBe(200)
    for (const who of [eve, plain])
      expect(await ask(who, `${team}/fraud`)).toEqual([404, 'RepoNotFound'])
  }
  expect(await ask(ann('team-a'), 'fraud')).toEqual([200, null])
  // The header and the owner name two workspaces.
  expect(await ask(ann('team-a'), 'team-b/fraud')).toEqual([404, 'RepoNotFound'])
  for (const owner of ['nowhere', 'api', 'A B', '..x']) {
    expect(await ask(ann('team-a'), `${encodeURIComponent(owner)}/fraud`)).toEqual([
      404,
      'RepoNotFound',
    ])
    expect(await ask(eve, `${encodeURIComponent(owner)}/fraud`)).toEqual([404, 'RepoNotFound'])
  }
  const below = await eve.send('GET', '/workspaces/team-a/hf/api/models/team-a/fraud/auth-check')
  expect(refusalOf(below)).toEqual([404, 'RepoNotFound'])
})
