import { expect, test, vi } from 'vitest'
import { compile } from '../../../src/db/compile.ts'
import { readSignIn } from '../../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../../src/platform/settings/setting-table.ts'
import { admin, adminPassword, authServer } from '../../support/auth-server.ts'
import { testServer } from '../../support/server.ts'
import { noonMs, testIssuer } from '../sign-in/issuer.ts'

/** A server with an administrator, and an issuer whose tokens name services and people. */
async function server() {
  const issuer = await testIssuer()
  const entries = [
    { name: '{service}', require: { service: '*' } },
    { kind: 'user', name: '{preferred_username}', require: { preferred_username: '*' } },
  ].map((entry) => ({ issuer: issuer.url, audience: 'gatehouse', ...entry }))
  const given = givenBy({ GATEHOUSE_JWT_ISSUERS: JSON.stringify(entries) })
  const { platform: open } = await testServer()
  const { call, platform, whoami } = await authServer({
    ...open,
    settings: {
      ...open.settings,
      ...readSignIn(given),
      auth: true,
      firstAdmin: { name: 'admin', password: adminPassword },
    },
    now: () => noonMs,
    fetch: issuer.fetch,
  })
  return {
    call,
    platform,
    makeService: (name: string) => call(admin, 'POST', '/api/v1/service-accounts', { name }),
    bring: async (service: string) => whoami(`Bearer ${await issuer.sign({ service })}`),
    bearer: async (claims: object) => `Bearer ${await issuer.sign({ ...claims })}`,
  }
}

test.each(['c1', 'cl', 'CI', 'ci'])(
  'no issuer brings a service that could be taken for one made here: %j beside ci',
  async (name) => {
    const { makeService, bring } = await server()
    expect((await makeService('ci')).status).toBe(201)
    const brought = await bring(name)
    expect(brought).toMatchObject({ status: 403, json: { error_code: 'PERMISSION_DENIED' } })
    expect(brought.json.message).toContain(
      `The name 'service:${name}', or one that looks like it, is that of another account`,
    )
  },
)

test('no service is made here that could be taken for one of an issuer', async () => {
  const { makeService, bring } = await server()
  expect((await bring('c1')).json).toMatchObject({ name: 'service:c1', kind: 'service' })
  const made = await makeService('ci')
  expect(made).toMatchObject({ status: 400, json: { error_code: 'RESOURCE_ALREADY_EXISTS' } })
  expect(made.json.message).toContain("could be taken for 'service:c1', which already exists")
  expect((await makeService('cx')).status).toBe(201)
})

test('one statement says who a bearer of a JWT or a session is, and what is denied to them', async () => {
  const { platform, call, bearer } = await server()
  const made = await call(admin, 'POST', '/api/2.0/mlflow/experiments/create', { name: 'e' })
  const path = `/api/2.0/mlflow/experiments/get?experiment_id=${made.json.experiment_id}`
  const authorization = await bearer({ sub: 's-1', preferred_username: 'bo' })
  expect((await call(authorization, 'GET', path)).status).toBe(200)

  const first = vi.spyOn(platform.db, 'first')
  expect((await call(authorization, 'GET', path)).status).toBe(200)
  const statements = first.mock.calls.map(([query]) => compile(query).text)
  first.mockRestore()
  expect(statements.filter((text) => text.includes('role_permissions'))).toEqual([
    expect.stringContaining('from identities'),
  ])

  await call(admin, 'POST', '/api/3.0/mlflow/users/permissions/grant', {
    username: 'bo',
    resource_type: 'experiment',
    resource_id: made.json.experiment_id,
    permission: 'DENY',
  })
  expect((await call(authorization, 'GET', path)).status).toBe(403)
})
