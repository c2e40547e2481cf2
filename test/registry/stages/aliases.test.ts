import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

async function aliasServer() {
  const server = await registryServer()
  await server.createModel('m')
  for (let i = 0; i < 2; i++) await server.createVersion('m')
  const setAlias = (alias: unknown, version = '1', name = 'm') =>
    server.post('registered-models/alias', { name, alias, version })
  const deleteAlias = (alias: string, name = 'm') =>
    server.del('registered-models/alias', { name, alias })
  return { ...server, setAlias, deleteAlias }
}

test('an alias finds its version, moves to another one, and can be deleted twice', async () => {
  const { setAlias, byAlias, deleteAlias, getVersion } = await aliasServer()
  expect((await setAlias('champ')).json).toEqual({})
  expect((await setAlias('Champ', '2')).status).toBe(200)
  expect((await byAlias('m', 'champ')).json.model_version).toMatchObject({
    version: '1',
    aliases: ['champ'],
  })
  await setAlias('champ', '2')
  expect((await byAlias('m', 'champ')).json).toEqual((await getVersion('m', 2)).json)
  expect((await getVersion('m', 1)).json.model_version).not.toHaveProperty('aliases')
  expect((await getVersion('m', 2)).json.model_version.aliases).toEqual(['Champ', 'champ'])
  expect((await deleteAlias('champ')).json).toEqual({})
  expect((await deleteAlias('champ')).status).toBe(200)
  const gone = await byAlias('m', 'champ')
  expect([gone.status, gone.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test('of sixteen who move an alias at once, it ends with one holder', async () => {
  const { setAlias, createVersion, getModel } = await aliasServer()
  await sixteen(() => createVersion('m'))
  const set = await sixteen((i) => setAlias('champ', String(i + 1)))
  expect(set.map((res) => res.status)).toEqual(Array(16).fill(200))
  expect((await getModel('m')).json.registered_model.aliases).toEqual([
    { alias: 'champ', version: expect.any(String) },
  ])
})

test('`latest` in any case is the highest version, and 404 without versions', async () => {
  const { byAlias, createModel } = await aliasServer()
  expect((await byAlias('m', 'latest')).json.model_version.version).toBe('2')
  expect((await byAlias('m', 'LATEST')).json.model_version.version).toBe('2')
  await createModel('empty')
  expect((await byAlias('empty', 'latest')).status).toBe(404)
})

test('letters of any script, digits, dashes and underscores make an alias', async () => {
  const { setAlias, byAlias } = await aliasServer()
  for (const alias of ['1', 'v', 'version1', 'é', 'a-b_c', '__proto__', 'x'.repeat(255)]) {
    expect([alias, (await setAlias(alias)).status]).toEqual([alias, 200])
    expect((await byAlias('m', alias)).json.model_version.aliases).toContain(alias)
  }
})

test('reserved, malformed and overlong aliases are refused', async () => {
  const { setAlias, getModel } = await aliasServer()
  const reserved = ['latest', 'LaTest', 'v1', 'V12']
  const malformed = ['', 'a b', 'a.b', 'a/b', 'a\n', 'x'.repeat(256), 1, null]
  for (const alias of [...reserved, ...malformed]) {
    const res = await setAlias(alias)
    expect([alias, res.status, res.json.error_code]).toEqual([
      alias,
      400,
      'INVALID_PARAMETER_VALUE',
    ])
  }
  expect((await getModel('m')).json.registered_model).not.toHaveProperty('aliases')
})

test('an alias of an unknown version or model is 404', async () => {
  const { setAlias } = await aliasServer()
  expect((await setAlias('a', '99')).status).toBe(404)
  expect((await setAlias('a', '1', 'nope')).json.error_code).toBe('RESOURCE_DOES_NOT_EXIST')
})

test('`latest` and `v1` are not deleted, which is no silent success', async () => {
  const { deleteAlias, byAlias } = await aliasServer()
  for (const alias of ['latest', 'LATEST', 'v1']) {
    expect((await deleteAlias(alias)).json).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining('reserved'),
    })
  }
  expect((await byAlias('m', 'latest')).status).toBe(200)
})
