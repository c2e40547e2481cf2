import { expect, test } from 'vitest'
import type { Principal } from '../../src/core/principal.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { registryServer } from '../support/registry-server.ts'

const ada = person('ada')
const version = '/api/v1/models/m/versions/1'

/** A server with access control on and version 1 of `m`, asked as somebody. */
async function guardedServer() {
  const { platform, createModel, createVersion } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const settings = { ...platform.settings, auth: true }
  return async (principal: Principal, method: string, path: string, body?: object) => {
    const app = appOf(() => ({ ...platform, settings }), principal)
    return client(app).call(method, path, body)
  }
}

test('with access control on, who has no right changes no stages, places and lifts no hold, and rolls nothing back', async () => {
  const ask = await guardedServer()
  const { json } = await ask(ada, 'GET', '/api/v1/stages')
  expect(json.items).toHaveLength(4)
  const root = { ...ada, name: 'root', isAdmin: true }
  await ask(root, 'PUT', `${version}/hold`, { reason: 'Case 7' })
  for (const refused of [
    await ask(ada, 'PUT', '/api/v1/stages', json),
    await ask(ada, 'PUT', `${version}/hold`, { reason: 'Case 8' }),
    await ask(ada, 'DELETE', `${version}/hold`),
    await ask(ada, 'POST', '/api/v1/models/m/rollback', { stage: 'Production', reason: 'x' }),
  ]) {
    expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  }
  expect((await ask(root, 'PUT', '/api/v1/stages', json)).status).toBe(200)
  expect((await ask(root, 'GET', version)).json.hold.placed_by).toMatchObject({ verified: true })
})

test('with access control on, not even an administrator lifts their own hold', async () => {
  const ask = await guardedServer()
  const root = { ...ada, name: 'root', isAdmin: true }
  await ask(root, 'PUT', `${version}/hold`, { reason: 'Case 7' })
  const refused = await ask(root, 'DELETE', `${version}/hold`)
  expect([refused.status, refused.json.message]).toEqual([
    403,
    "The hold was not lifted: 'root' placed this hold, and somebody else must lift it",
  ])
  expect((await ask({ ...root, name: 'rita' }, 'DELETE', `${version}/hold`)).status).toBe(200)
})

test('the OpenAPI document has what is served here, with bodies', async () => {
  const ask = await guardedServer()
  const { json } = await ask(ada, 'GET', '/api/v1/openapi.json')
  const operations = [
    ['/api/v1/stages', ['get', 'put']],
    ['/api/v1/models/{name}/versions/{version}', ['get']],
    ['/api/v1/models/{name}/versions/{version}/hold', ['get', 'put', 'delete']],
    ['/api/v1/models/{name}/rollback', ['post']],
  ] as const
  for (const [path, methods] of operations) {
    expect(Object.keys(json.paths[path])).toEqual(methods)
  }
  const { requestBody } = json.paths['/api/v1/models/{name}/rollback'].post
  expect(requestBody.content['application/json'].schema.required).toEqual(['stage', 'reason'])
})
