import { expect, test } from 'vitest'
import { client } from '../../support/client.ts'
import { registryServer, sixteen } from '../../support/registry-server.ts'
import { testServer } from '../../support/server.ts'

test('a model answers what was given, and leaves out what was not', async () => {
  const { createModel, getModel } = await registryServer()
  const created = await createModel('m', { description: 'd', tags: [{ key: 'a', value: 'b' }] })
  expect(created.status).toBe(200)
  expect(created.json.registered_model).toEqual({
    name: 'm',
    creation_timestamp: expect.any(Number),
    last_updated_timestamp: created.json.registered_model.creation_timestamp,
    description: 'd',
    tags: [{ key: 'a', value: 'b' }],
  })
  expect((await getModel('m')).json).toEqual(created.json)
  const bare = await createModel('bare', { description: '' })
  expect(Object.keys(bare.json.registered_model)).toEqual([
    'name',
    'creation_timestamp',
    'last_updated_timestamp',
  ])
})

test('of sixteen creators of one name, one is told it made it and the others that it exists', async () => {
  const { createModel } = await registryServer()
  const created = await sixteen(() => createModel('m', { tags: [{ key: 'a', value: 'b' }] }))
  expect(created.filter((res) => res.status === 200)).toHaveLength(1)
  const refused = created.filter((res) => res.status !== 200)
  expect(refused.map((res) => [res.status, res.json.error_code])).toEqual(
    Array(15).fill([400, 'RESOURCE_ALREADY_EXISTS']),
  )
})

test('any text without slash and colon is a name and is kept as it is', async () => {
  const { createModel, getModel } = await registryServer()
  const odd = ['ünï', 'sp ace', '%25', 'a\nb', 'trailing ', '__proto__', '...', 'x'.repeat(500)]
  for (const name of ['a', 'A', ...odd]) {
    expect([name, (await createModel(name)).status]).toEqual([name, 200])
    expect((await getModel(name)).json.registered_model.name).toBe(name)
  }
})

test('blank, path-like, overlong and wrongly typed names are refused', async () => {
  const { post } = await registryServer()
  const pathLike = ['.', '..', 'a/b', 'a:b']
  for (const name of ['', ' ', '\n', ...pathLike, 'x'.repeat(501), 'nul\u0000', 7, null, ['a']]) {
    const res = await post('registered-models/create', { name })
    expect([name, res.status, res.json.error_code]).toEqual([name, 400, 'INVALID_PARAMETER_VALUE'])
  }
})

test('an update without description erases it', async () => {
  const { createModel, patch, getModel } = await registryServer()
  await createModel('m', { description: 'd' })
  const changed = await patch('registered-models/update', { name: 'm', description: 'e' })
  expect(changed.json.registered_model.description).toBe('e')
  expect(changed.json).toEqual((await getModel('m')).json)
  const erased = await patch('registered-models/update', { name: 'm' })
  expect(erased.json.registered_model).not.toHaveProperty('description')
})

test('model tags are set, overwritten and deleted; deleting an absent one is fine', async () => {
  const { createModel, getModel, post, del } = await registryServer()
  await createModel('m')
  const tag = { name: 'm', key: 'k' }
  expect((await post('registered-models/set-tag', { ...tag, value: '1' })).json).toEqual({})
  expect((await post('registered-models/set-tag', { ...tag, value: '2' })).status).toBe(200)
  expect((await getModel('m')).json.registered_model.tags).toEqual([{ key: 'k', value: '2' }])
  expect((await del('registered-models/delete-tag', tag)).json).toEqual({})
  expect((await del('registered-models/delete-tag', tag)).status).toBe(200)
  for (const bad of [{ key: 'a#' }, { key: '' }, { key: 'k', value: 'v'.repeat(100_001) }]) {
    const res = await post('registered-models/set-tag', { name: 'm', value: '', ...bad })
    expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
})

test('what names an unknown model is 404, what names none is 400', async () => {
  const { call } = await registryServer()
  const asked: [string, string, object][] = [
    ['GET', 'registered-models/get', {}],
    ['GET', 'registered-models/get-latest-versions', {}],
    ['POST', 'registered-models/get-latest-versions', {}],
    ['POST', 'registered-models/rename', { new_name: 'n' }],
    ['PATCH', 'registered-models/update', { description: 'd' }],
    ['DELETE', 'registered-models/delete', {}],
    ['POST', 'registered-models/set-tag', { key: 'k', value: 'v' }],
    ['DELETE', 'registered-models/delete-tag', { key: 'k' }],
    ['POST', 'registered-models/alias', { alias: 'a', version: '1' }],
    ['DELETE', 'registered-models/alias', { alias: 'a' }],
    ['GET', 'registered-models/alias', { alias: 'a' }],
    ['GET', 'registered-models/alias', { alias: 'latest' }],
  ]
  for (const [method, path, body] of asked) {
    const ask = (fields: object) => {
      const query = method === 'GET' ? `?${new URLSearchParams({ ...fields })}` : ''
      return call(method, `/api/2.0/mlflow/${path}${query}`, method === 'GET' ? undefined : fields)
    }
    const unknown = await ask({ name: 'nope', ...body })
    expect([path, unknown.status, unknown.json.error_code]).toEqual([
      path,
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ])
    const unnamed = await ask(body)
    expect([path, unnamed.status]).toEqual([path, 400])
  }
})

test('a model that is made again goes on counting where the deleted one stopped', async () => {
  const { createModel, createVersion, del, getVersion, post } = await registryServer()
  await createModel('m', { tags: [{ key: 'a', value: 'b' }] })
  await createVersion('m')
  await createVersion('m', 's3://b/m', { tags: [{ key: 'a', value: 'b' }] })
  await post('registered-models/alias', { name: 'm', alias: 'a', version: '1' })
  expect((await del('registered-models/delete', { name: 'm' })).json).toEqual({})
  expect((await del('registered-models/delete', { name: 'm' })).status).toBe(404)
  expect((await getVersion('m', 1)).status).toBe(404)
  const again = await createModel('m')
  expect(again.json.registered_model).not.toHaveProperty('tags')
  expect((await createVersion('m')).json.model_version.version).toBe('3')
  expect((await getVersion('m', 1)).status).toBe(404)
})

test('latest versions are the highest of each stage, lowest first, on POST and GET', async () => {
  const { createModel, createVersion, transition, post, get, getModel } = await registryServer()
  await createModel('m')
  expect((await post('registered-models/get-latest-versions', { name: 'm' })).json).toEqual({})
  for (let i = 0; i < 5; i++) await createVersion('m')
  await transition('m', '3', 'Production')
  await transition('m', '2', 'production')
  await transition('m', '4', 'STAGING')
  await post('registered-models/alias', { name: 'm', alias: 'champ', version: '3' })
  const all = await post('registered-models/get-latest-versions', { name: 'm', stages: [] })
  expect(shown(all.json.model_versions)).toEqual(['3 Production', '4 Staging', '5 None'])
  expect(all.json.model_versions[0].aliases).toEqual(['champ'])
  const one = await post('registered-models/get-latest-versions', {
    name: 'm',
    stages: ['PRODUCTION', 'archived'],
  })
  expect(shown(one.json.model_versions)).toEqual(['3 Production'])
  const got = await get('registered-models/get-latest-versions?name=m&stages=None&stages=Staging')
  expect(shown(got.json.model_versions)).toEqual(['4 Staging', '5 None'])
  const unknown = await post('registered-models/get-latest-versions', { name: 'm', stages: ['x'] })
  expect([unknown.status, unknown.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  const model = (await getModel('m')).json.registered_model
  expect(shown(model.latest_versions)).toEqual(['3 Production', '4 Staging', '5 None'])
  expect(model.latest_versions[0]).not.toHaveProperty('aliases')
  expect(model.aliases).toEqual([{ alias: 'champ', version: '3' }])
})

function shown(versions: { version: string; current_stage: string }[]): string[] {
  return versions.map((version) => `${version.version} ${version.current_stage}`)
}

test('a model and its versions carry the name that their maker gave, and none where there is none', async () => {
  const server = await testServer()
  const { post } = client(server.app, { 'x-gatehouse-actor': 'ada' })
  await post('registered-models/create', { name: 'named' })
  const version = await post('model-versions/create', { name: 'named', source: 's3://b/m' })
  expect(version.json).toMatchObject({ model_version: { user_id: 'ada' } })
  const model = await server.get('registered-models/get?name=named')
  expect(model.json.registered_model.user_id).toBe('ada')
  await server.post('registered-models/create', { name: 'nameless' })
  const other = await server.get('registered-models/get?name=nameless')
  expect(other.json.registered_model).not.toHaveProperty('user_id')
})
