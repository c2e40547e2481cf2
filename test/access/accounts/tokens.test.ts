import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'

const dayMs = 86_400_000

test('a token signs in as its account, as a bearer and as the password of any user name', async () => {
  const { token, user, whoami } = await authServer()
  const { bearer } = await token(await user('rita'))
  const text = bearer.slice('Bearer '.length)
  expect(text).toMatch(/^gh_[0-9a-f]{64}$/)
  for (const authorization of [bearer, basic('rita', text), basic('x', text), basic('', text)]) {
    expect((await whoami(authorization)).json).toMatchObject({ name: 'rita', verified: true })
  }
})

test('a token is shown once and stored as its hash', async () => {
  const { call, platform, token } = await authServer()
  const { bearer } = await token(admin, { name: 'ci' })
  const text = bearer.slice('Bearer '.length)
  expect((await call(admin, 'GET', '/api/v1/tokens')).text).not.toContain(text)
  const entries = await platform.db.all(sql`select * from audit_entries`)
  const rows = await platform.db.all(sql`select * from tokens`)
  expect(JSON.stringify([entries, rows])).not.toContain(text)
})

test('a revoked token is refused from the next request on', async () => {
  const { call, token, whoami } = await authServer()
  const { id, bearer } = await token(admin)
  expect((await whoami(bearer)).status).toBe(200)
  expect((await call(admin, 'DELETE', `/api/v1/tokens/${id}`)).json).toEqual({})
  const refused = await whoami(bearer)
  expect(refused.status).toBe(401)
  expect(refused.json.message).toContain('unknown, expired or revoked')
  expect((await call(admin, 'DELETE', `/api/v1/tokens/${id}`)).status).toBe(404)
})

test('a token ends when it expires, in use or not', async () => {
  const { clock, token, whoami } = await authServer()
  const { bearer } = await token(admin, { expires_in_days: 1 })
  clock.ms += dayMs - 1
  expect((await whoami(bearer)).status).toBe(200)
  clock.ms += 1
  expect((await whoami(bearer)).status).toBe(401)
})

test('the last use is noted, at most once a minute', async () => {
  const { call, clock, platform, token, whoami } = await authServer()
  const { bearer } = await token(admin)
  const lastUse = async () =>
    (await call(admin, 'GET', '/api/v1/tokens')).json.items[0].last_used_at
  const start = clock.ms
  expect(await lastUse()).toBeUndefined()
  await whoami(bearer)
  expect(await lastUse()).toBe(start)
  clock.ms = start + 59_999
  await whoami(bearer)
  expect(await lastUse()).toBe(start)
  clock.ms = start + 60_000
  await whoami(bearer)
  expect(await lastUse()).toBe(start + 60_000)
  expect(
    await platform.db.all(sql`select action from audit_entries where action like 'token.%'`),
  ).toEqual([{ action: 'token.created' }])
})

test('users see, make and revoke their own tokens, administrators those of all', async () => {
  const { call, token, user } = await authServer()
  const [rita, theo] = [await user('rita'), await user('theo')]
  const ritas = await token(rita, { name: 'r' })
  await token(theo, { name: 't' })
  const names = async (authorization: string, query = '') => {
    const { json } = await call(authorization, 'GET', `/api/v1/tokens${query}`)
    return json.items.map((item: { name: string }) => item.name)
  }
  expect(await names(rita)).toEqual(['r'])
  expect(await names(rita, '?for=theo')).toEqual([])
  expect(await names(admin)).toEqual(['r', 't'])
  expect(await names(admin, '?for=theo')).toEqual(['t'])
  expect((await call(theo, 'DELETE', `/api/v1/tokens/${ritas.id}`)).status).toBe(404)
  const forOther = { name: 'x', for: 'theo' }
  expect((await call(rita, 'POST', '/api/v1/tokens', forOther)).status).toBe(403)
  expect((await call(admin, 'POST', '/api/v1/tokens', forOther)).status).toBe(201)
  expect((await call(admin, 'DELETE', `/api/v1/tokens/${ritas.id}`)).status).toBe(200)
})

test('a list of tokens is paged', async () => {
  const { call, token } = await authServer()
  for (const name of ['a', 'b', 'c']) await token(admin, { name })
  const { json: first } = await call(admin, 'GET', '/api/v1/tokens?max_results=2')
  expect(first.items).toHaveLength(2)
  const next = `/api/v1/tokens?max_results=2&page_token=${first.next_page_token}`
  const { json: last } = await call(admin, 'GET', next)
  expect(last.items.map(({ name }: { name: string }) => name)).toEqual(['c'])
  expect(last.next_page_token).toBeUndefined()
})

test.each([
  ['read', 'GET /api/2.0/mlflow/experiments/get?experiment_id=0', undefined, 200],
  ['read', 'POST /api/2.0/mlflow/runs/search', { experiment_ids: ['0'] }, 200],
  ['read', 'POST /ajax-api/2.0/mlflow/experiments/search', { max_results: 1 }, 200],
  ['read', 'POST /api/2.0/preview/mlflow/runs/search', { experiment_ids: ['0'] }, 200],
  ['read', 'POST /api/2.0/mlflow/experiments/create', { name: 'x' }, 403],
  ['read', 'POST /api/2.0/preview/mlflow/experiments/create', { name: 'x' }, 403],
  ['read', 'PUT /api/2.0/mlflow-artifacts/artifacts/0/x.txt', {}, 403],
  ['read', 'DELETE /api/v1/tokens/1', undefined, 403],
  ['read', 'POST /api/v1/tokens', { name: 'x' }, 403],
  ['read', 'PUT /api/v1/groups/g', { members: [] }, 403],
  ['write', 'POST /api/2.0/mlflow/experiments/create', { name: 'x' }, 200],
  ['write', 'GET /api/2.0/mlflow/experiments/get?experiment_id=0', undefined, 403],
  ['write', 'POST /api/2.0/mlflow/runs/search', { experiment_ids: ['0'] }, 403],
])('with the scope %s, %s is answered as it may', async (scope, endpoint, body, status) => {
  const { call, token } = await authServer()
  const { bearer } = await token(admin, { scopes: [scope] })
  const [method = '', path = ''] = endpoint.split(' ')
  const answer = await call(bearer, method, path, body)
  expect(answer.status, answer.text).toBe(status)
})

test('a token makes none that could do more or live longer than itself', async () => {
  const { call, token } = await authServer()
  const { bearer } = await token(admin, { scopes: ['write'], expires_in_days: 10 })
  const make = async (asked: object) =>
    (await call(bearer, 'POST', '/api/v1/tokens', { name: 'x', ...asked })).status
  expect(await make({ scopes: ['write'], expires_in_days: 10 })).toBe(201)
  expect(await make({ scopes: ['read', 'write'], expires_in_days: 10 })).toBe(403)
  expect(await make({ scopes: ['write'], expires_in_days: 11 })).toBe(403)
  expect(await make({ scopes: ['write'] })).toBe(403)
})

test.each([
  [{}],
  [{ name: '' }],
  [{ name: 'a\nb' }],
  [{ name: 'x'.repeat(129) }],
  [{ name: 7 }],
  [{ name: 'x', scopes: [] }],
  [{ name: 'x', scopes: ['admin'] }],
  [{ name: 'x', expires_in_days: 0 }],
  [{ name: 'x', expires_in_days: 1.5 }],
  [{ name: 'x', expires_in_days: 1e9 }],
  [{ name: 'x', unknown: 1 }],
])('the wish %j makes no token', async (asked) => {
  const { call } = await authServer()
  const { status, json } = await call(admin, 'POST', '/api/v1/tokens', asked)
  expect(status).toBe(400)
  expect(json.error_code).toBe('INVALID_PARAMETER_VALUE')
})

test('a token for nobody is a 404', async () => {
  const { call } = await authServer()
  const { status } = await call(admin, 'POST', '/api/v1/tokens', { name: 'x', for: 'nobody' })
  expect(status).toBe(404)
})

test.each(['0', '-1', 'x', '99999999999999999999', '1.5'])(
  'there is no token %s to revoke',
  async (id) => {
    const { call } = await authServer()
    expect((await call(admin, 'DELETE', `/api/v1/tokens/${id}`)).status).toBe(404)
  },
)

test('a deleted service account takes its tokens with it', async () => {
  const { call, token, whoami } = await authServer()
  await call(admin, 'POST', '/api/v1/service-accounts', { name: 'trainer' })
  const { bearer } = await token(admin, { for: 'service:trainer' })
  expect((await whoami(bearer)).json).toMatchObject({ name: 'service:trainer', kind: 'service' })
  await call(admin, 'DELETE', '/api/v1/service-accounts/trainer')
  expect((await whoami(bearer)).status).toBe(401)
})

test('wrong tokens lock nobody out', async () => {
  const { user, whoami } = await authServer()
  const rita = await user('rita')
  for (let i = 0; i < 30; i++) await whoami(`Bearer gh_${String(i).padStart(64, '0')}`)
  expect((await whoami(rita)).status).toBe(200)
})
