import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

async function renameServer() {
  const server = await registryServer()
  const rename = (name: string, newName: string) =>
    server.post('registered-models/rename', { name, new_name: newName })
  return { ...server, rename }
}

test('versions, tags and aliases follow a renamed model', async () => {
  const { createModel, createVersion, rename, getModel, getVersion, byAlias, post } =
    await renameServer()
  await createModel('old', { description: 'd', tags: [{ key: 'a', value: 'b' }] })
  await createVersion('old', 's3://b/m', { tags: [{ key: 'c', value: 'd' }] })
  await post('registered-models/alias', { name: 'old', alias: 'champ', version: '1' })
  const renamed = await rename('old', 'new')
  expect(renamed.status).toBe(200)
  expect(renamed.json.registered_model).toMatchObject({
    name: 'new',
    description: 'd',
    tags: [{ key: 'a', value: 'b' }],
    aliases: [{ alias: 'champ', version: '1' }],
    latest_versions: [{ name: 'new', version: '1', tags: [{ key: 'c', value: 'd' }] }],
  })
  expect((await getModel('old')).status).toBe(404)
  const version = (await getVersion('new', 1)).json.model_version
  expect(version.last_updated_timestamp).toBe(renamed.json.registered_model.last_updated_timestamp)
  expect((await byAlias('new', 'champ')).json.model_version).toEqual(version)
})

test('a model can be renamed to its own name, and back to an earlier one', async () => {
  const { createModel, createVersion, rename, del, getVersion } = await renameServer()
  await createModel('a')
  for (let i = 0; i < 3; i++) await createVersion('a')
  await del('model-versions/delete', { name: 'a', version: '3' })
  expect((await rename('a', 'a')).status).toBe(200)
  expect((await rename('a', 'b')).status).toBe(200)
  expect((await createVersion('b')).json.model_version.version).toBe('4')
  expect((await rename('b', 'a')).status).toBe(200)
  expect((await getVersion('a', 4)).status).toBe(200)
  expect((await createVersion('a')).json.model_version.version).toBe('5')
})

test('a name that a model has is taken, and nothing changes', async () => {
  const { createModel, createVersion, rename, getVersion } = await renameServer()
  await createModel('a')
  await createModel('b')
  await createVersion('a')
  const refused = await rename('a', 'b')
  expect([refused.status, refused.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
  expect(refused.json.message).not.toMatch(/UNIQUE|SQL/)
  expect((await getVersion('a', 1)).status).toBe(200)
  expect((await createVersion('b')).json.model_version.version).toBe('1')
})

test('a name whose version numbers were used for other versions is refused for good', async () => {
  const { createModel, createVersion, rename, del, getVersion } = await renameServer()
  await createModel('gone')
  await createVersion('gone', 's3://b/first')
  await del('registered-models/delete', { name: 'gone' })
  await createModel('a')
  const before = await createVersion('a', 's3://b/second')
  const refused = await rename('a', 'gone')
  expect([refused.status, refused.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
  expect((await getVersion('a', 1)).json).toEqual(before.json)
  expect((await getVersion('gone', 1)).status).toBe(404)
})

test('of sixteen renames of one model to sixteen names, one wins', async () => {
  const { createModel, createVersion, rename, getVersion } = await renameServer()
  await createModel('m')
  await createVersion('m')
  const renamed = await sixteen((i) => rename('m', `m${i}`))
  const winners = renamed.filter((res) => res.status === 200)
  expect(winners).toHaveLength(1)
  expect(new Set(renamed.map((res) => res.status))).toEqual(new Set([200, 404]))
  const { name } = winners[0]?.json.registered_model ?? {}
  expect((await getVersion(name, 1)).status).toBe(200)
})

test('what cannot be a name cannot be a new name', async () => {
  const { createModel, rename, getModel } = await renameServer()
  await createModel('m')
  for (const name of ['', ' ', 'a/b', 'a:b', '..', 'x'.repeat(501)]) {
    const res = await rename('m', name)
    expect([name, res.status, res.json.error_code]).toEqual([name, 400, 'INVALID_PARAMETER_VALUE'])
  }
  expect((await getModel('m')).status).toBe(200)
})
