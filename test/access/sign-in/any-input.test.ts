import { beforeAll, expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'

let server: Awaited<ReturnType<typeof authServer>>

beforeAll(async () => {
  server = await authServer()
})

/** Strings that are hard to keep, to compare or to print. */
const strings = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e',
  '__proto__',
  'constructor',
  "'; drop table accounts; --",
  '%00',
  '../..',
  'é'.repeat(5000),
  '🔑',
]
const values = [...strings, null, true, 0, -1, 1e308, [], [[]], {}, ['x'], { x: 1 }]

const requests = values.flatMap((value): (readonly [string, string, unknown?])[] => {
  const inPath = encodeURIComponent(typeof value === 'string' ? value.toWellFormed() : 'x')
  return [
    ['POST', '/api/v1/tokens', { name: value }],
    ['POST', '/api/v1/tokens', { name: 'x', for: value }],
    ['POST', '/api/v1/tokens', { name: 'x', scopes: value }],
    ['POST', '/api/v1/tokens', { name: 'x', scopes: [value] }],
    ['POST', '/api/v1/tokens', { name: 'x', expires_in_days: value }],
    ['POST', '/api/v1/tokens', value],
    ['GET', `/api/v1/tokens?for=${inPath}&page_token=${inPath}&max_results=${inPath}`],
    ['DELETE', `/api/v1/tokens/${inPath}`],
    ['POST', '/api/v1/service-accounts', { name: value }],
    ['DELETE', `/api/v1/service-accounts/${inPath}`],
    ['PUT', `/api/v1/groups/${inPath}`, { members: [value] }],
    ['PUT', '/api/v1/groups/g', { members: value }],
    ['GET', `/api/v1/groups/${inPath}`],
    ['DELETE', `/api/v1/groups/${inPath}`],
    ['POST', '/api/2.0/mlflow/users/create', { username: value, password: 'a long password' }],
    ['POST', '/api/2.0/mlflow/users/create', { username: 'x', password: value }],
    ['GET', `/api/2.0/mlflow/users/get?username=${inPath}`],
    ['PATCH', '/api/2.0/mlflow/users/update-admin', { username: value, is_admin: true }],
    ['PATCH', '/api/2.0/mlflow/users/update-admin', { username: 'x', is_admin: value }],
    ['PATCH', '/api/2.0/mlflow/users/update-password', { username: 'admin', password: value }],
    ['DELETE', '/api/2.0/mlflow/users/delete', { username: value }],
  ]
})

test('no input is answered 5xx, and none shows SQL or a stack', async () => {
  for (const [method, path, body] of requests) {
    const { status, text } = await server.call(admin, method, path, body)
    const asked = `${method} ${path} ${JSON.stringify(body)?.slice(0, 100)}`
    expect(status, `${asked}: ${text}`).toBeLessThan(500)
    expect(text, asked).not.toMatch(/SQLITE|D1_ERROR|\bat .+:\d+:\d+/)
  }
})

test.each(strings)('the header value %j signs nobody in', async (text) => {
  const bytes = new TextEncoder().encode(text)
  const encoded = btoa(String.fromCharCode(...bytes))
  for (const authorization of [
    `Basic ${encoded}`,
    basic(text.toWellFormed(), text.toWellFormed()),
    `Bearer ${encoded}`,
    `Bearer gh_${encoded}`,
    encoded,
  ]) {
    const { status } = await server.whoami(authorization)
    expect([401, 429]).toContain(status)
  }
})
