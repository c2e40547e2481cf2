import { describe, expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { admin, authServer, password } from '../support/auth-server.ts'
import { basic, client } from '../support/client.ts'

const form = 'application/x-www-form-urlencoded'
const host = 'localhost:5000'

async function server() {
  const made = await authServer()
  await made.user('mallory')
  /** Sign in as mallory in the browser of somebody else. */
  const signIn = (headers: Record<string, string>, url = `http://${host}/signin`) =>
    made.app.request(url, {
      method: 'POST',
      headers: { host: new URL(url).host, 'content-type': form, ...headers },
      body: new URLSearchParams({ username: 'mallory', password, to: '/docs' }).toString(),
    })
  return { ...made, signIn }
}

describe('a page of another server signs nobody in', () => {
  test.each<[string, Record<string, string>]>([
    ['another port of this machine', { origin: 'http://localhost:3000' }],
    ['no port of this machine', { origin: 'http://localhost' }],
    ['another name of this machine', { origin: 'http://127.0.0.1:5000' }],
    ['a port that begins alike', { origin: 'http://localhost:50000' }],
    ['another site', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a port, as browsers tell it', { 'sec-fetch-site': 'same-site' }],
    ['a site, as browsers tell it', { 'sec-fetch-site': 'cross-site' }],
    ['a page that claims to be ours', { origin: `http://${host}`, 'sec-fetch-site': 'same-site' }],
    ['a page of which only the referrer is told', { referer: 'http://localhost:3000/x' }],
    ['a referrer that is none', { referer: 'about:blank' }],
  ])('from %s', async (_from, headers) => {
    const { signIn } = await server()
    const res = await signIn(headers)
    expect(res.status).toBe(403)
    expect(res.headers.getSetCookie()).toEqual([])
  })

  test('not from an origin either that may call the API', async () => {
    const { platform } = await server()
    const settings = { ...platform.settings, corsOrigins: ['http://localhost:3000', '*'] }
    const app = appOf(() => ({ ...platform, settings }))
    const res = await app.request(`http://${host}/signin`, {
      method: 'POST',
      headers: { host, origin: 'http://localhost:3000', 'content-type': form },
      body: new URLSearchParams({ username: 'mallory', password }).toString(),
    })
    expect([res.status, res.headers.getSetCookie()]).toEqual([403, []])
  })
})

test.each<[string, Record<string, string>]>([
  ['its own form', { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }],
  ['its own form in a browser that names no site', { origin: `http://${host}` }],
  ['its own form behind TLS that the server does not know of', { origin: `https://${host}` }],
  ['what is no browser', {}],
])('people sign in by %s', async (_by, headers) => {
  const { signIn } = await server()
  const res = await signIn(headers)
  expect([res.status, res.headers.get('location')]).toEqual([303, '/docs'])
  expect(res.headers.getSetCookie()).toHaveLength(1)
})

describe('a password that a browser remembers', () => {
  const change = ['POST', '/api/2.0/mlflow/experiments/create', { name: 'x' }] as const
  const from = (authorization: string, origin?: string) => ({
    host,
    authorization,
    ...(origin === undefined ? {} : { origin }),
  })

  test.each(['http://localhost:3000', 'http://127.0.0.1:5000', 'null'])(
    'lets no page of %s change anything',
    async (origin) => {
      const { app } = await server()
      const res = await client(app, from(admin, origin)).call(...change)
      expect(res.status, res.text).toBe(403)
    },
  )

  test('serves clients, pages of this server, and origins that are configured', async () => {
    const { app, platform, token } = await server()
    const notebook = 'http://localhost:8888'
    const settings = { ...platform.settings, corsOrigins: [notebook] }
    const open = appOf(() => ({ ...platform, settings }))
    const bearer = (await token(admin)).bearer
    const statuses = [
      await client(app, from(admin)).call('POST', change[1], { name: 'a' }),
      await client(app, from(admin, `http://${host}`)).call('POST', change[1], { name: 'b' }),
      await client(open, from(admin, notebook)).call('POST', change[1], { name: 'c' }),
      // No browser sends a token by itself.
      await client(app, from(bearer, notebook)).call('POST', change[1], { name: 'd' }),
      await client(app, from(basic('admin', 'wrong'), `http://${host}`)).call(...change),
    ].map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 200, 200, 401])
  })
})
