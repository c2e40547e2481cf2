import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { hubServer, refusalOf } from './hub-server.ts'

async function signedIn() {
  const { as } = await authServer()
  const root = as(admin)
  await root.post('registered-models/create', { name: 'fraud' })
  const tokenOf = async (scopes: readonly string[]) =>
    (await root.call('POST', '/api/v1/tokens', { name: scopes.join(), scopes })).json.token
  const bearer = async (scopes: readonly string[]) => as(`Bearer ${await tokenOf(scopes)}`)
  return { as, root, bearer }
}

test('a token that may read is enough, for a POST that only asks too', async () => {
  const { bearer } = await signedIn()
  const reader = await bearer(['read'])
  const check = await reader.send('GET', '/hf/api/models/default/fraud/auth-check')
  expect(check.status).toBe(200)
  const who = await reader.call('GET', '/hf/api/whoami-v2')
  expect(who.json).toMatchObject({ name: 'admin', auth: { accessToken: { role: 'read' } } })
  const paths = await reader.send('POST', '/hf/api/models/default/fraud/paths-info/main', '{}')
  expect(refusalOf(paths)).toEqual([404, 'RevisionNotFound'])
})

test('no token and a wrong one are told apart, and neither tells what there is', async () => {
  const { as } = await signedIn()
  for (const name of ['fraud', 'nope']) {
    for (const method of ['GET', 'HEAD']) {
      const path = `/hf/default/${name}/resolve/main/MLmodel`
      const unsigned = await as(undefined).send(method, path)
      expect(refusalOf(unsigned)).toEqual([401, 'RepoNotFound'])
      expect(unsigned.headers.get('x-error-message')).toContain('set HF_TOKEN')
      const wrong = await as('Bearer gh_wrong').send(method, path)
      expect(refusalOf(wrong)).toEqual([401, null])
      expect(wrong.headers.get('x-error-message')).toBe(
        'Invalid credentials in Authorization header',
      )
    }
  }
})

test('of two models that ask for one name at once, one gets it', async () => {
  const { post, createModel } = await hubServer()
  await Promise.all(['one', 'two'].map((name) => createModel(name)))
  const answers = await Promise.all(
    ['one', 'two'].map((name) =>
      post('registered-models/set-tag', { name, key: 'gatehouse.hub_name', value: 'wanted' }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
})

test('a name is free again once its model is gone or its tag is', async () => {
  const { post, del, createModel, hub } = await hubServer()
  const set = (name: string) =>
    post('registered-models/set-tag', { name, key: 'gatehouse.hub_name', value: 'wanted' })
  for (const name of ['one', 'two', 'three']) await createModel(name)
  expect((await set('one')).status).toBe(200)
  await del('registered-models/delete-tag', { name: 'one', key: 'gatehouse.hub_name' })
  expect((await set('two')).status).toBe(200)
  await del('registered-models/delete', { name: 'two' })
  expect(refusalOf(await hub('/api/models/wanted/auth-check'))).toEqual([404, 'RepoNotFound'])
  expect((await set('three')).status).toBe(200)
  await post('registered-models/rename', { name: 'three', new_name: 'four' })
  expect((await hub('/api/models/wanted/auth-check')).status).toBe(200)
})

test('a stage that goes back to an older file is never taken for unchanged by its time', async () => {
  const { hub, seal, transition } = await hubServer()
  await seal('fraud', { MLmodel: 'old' })
  await seal('fraud', { MLmodel: 'new' })
  await transition('fraud', '2', 'Production')
  const first = await hub('/default/fraud/resolve/main/MLmodel')
  expect([await first.text(), first.headers.get('last-modified')]).toEqual(['new', null])
  await transition('fraud', '2', 'Archived')
  await transition('fraud', '1', 'Production')
  const etag = first.headers.get('etag') ?? ''
  const again = await hub('/default/fraud/resolve/main/MLmodel', {
    headers: { 'if-none-match': etag, 'if-range': etag, range: 'bytes=1-' },
  })
  expect([again.status, await again.text()]).toEqual([200, 'old'])
})
