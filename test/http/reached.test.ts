import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Settings } from '../../src/platform/settings/settings.ts'
import type { ProxySettings } from '../../src/platform/settings/sign-in.ts'
import { testServer } from '../support/server.ts'

type From = { peer?: string; clientAddress?: string; headers?: Record<string, string> }

/** A server at the other end of a socket from `peer`; `address` is where it takes requests to come from. */
async function reachedFrom(proxy: Partial<ProxySettings>, overrides: Partial<Settings> = {}) {
  const { platform } = await testServer()
  const settings: Settings = {
    ...platform.settings,
    ...overrides,
    proxy: { ...platform.settings.proxy, ...proxy },
  }
  let from: From = {}
  const app = createApp((c) => {
    if (from.peer) c.set('peer', from.peer)
    if (from.clientAddress) c.set('clientAddress', from.clientAddress)
    return { ...platform, settings }
  })
  let address: string | undefined
  app.get('/address', (c) => {
    address = c.var.ctx.clientAddress
    return c.text('')
  })
  const ask = (path: string, sent: From, init: RequestInit = {}) => {
    from = sent
    return Promise.resolve(app.request(path, { ...init, headers: sent.headers ?? {} }))
  }
  return {
    ask,
    addressOf: async (sent: From) => {
      await ask('/address', sent)
      return address
    },
    whoami: async (sent: From) => {
      const res = await ask('/api/v1/whoami', sent)
      return { status: res.status, json: (await res.json()) as Record<string, unknown> }
    },
  }
}

describe('the address of a client', () => {
  test.each([
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '10.4.4.4', '10.4.4.4'],
    ['10.1.2.3', 'nonsense', '10.1.2.3'],
    ['10.1.2.3', '6.6.6.6, nonsense', '10.1.2.3'],
    ['10.1.2.3', '0x7f.1', '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['fd00::1', '2001:db8::7', '2001:db8::7'],
    ['10.1.2.3', Array(500).fill('10.0.0.1').join(','), '10.0.0.1'],
  ])('that connects from %s with X-Forwarded-For %.40s is %s', async (peer, forwarded, address) => {
    const { addressOf } = await reachedFrom({ trusted: ['10.0.0.0/8', 'fd00::1'] })
    expect(await addressOf({ peer, headers: { 'x-forwarded-for': forwarded } })).toBe(address)
  })

  test('on a Worker is what the runtime says, whatever headers claim', async () => {
    const { addressOf } = await reachedFrom({ trusted: ['0.0.0.0/0'] })
    const headers = { 'x-forwarded-for': '6.6.6.6' }
    expect(await addressOf({ clientAddress: '203.0.113.9', headers })).toBe('203.0.113.9')
  })
})

describe('signed URLs', () => {
  const create = '/api/2.0/mlflow-artifacts/mpu/create/1'
  test.each([
    ['127.0.0.1', 'https', 'https:'],
    ['203.0.113.9', 'https', 'http:'],
    [undefined, 'https', 'http:'],
    ['127.0.0.1', 'gopher', 'http:'],
  ])('given to %s, who forwards %s, are of %s', async (peer, scheme, expected) => {
    const { ask } = await reachedFrom({ trusted: ['127.0.0.1'] })
    const headers = { 'content-type': 'application/json', 'x-forwarded-proto': scheme }
    const body = JSON.stringify({ path: 'a.bin', num_parts: 1 })
    const res = await ask(create, peer ? { peer, headers } : { headers }, { method: 'POST', body })
    const { credentials } = (await res.json()) as { credentials: { url: string }[] }
    expect(new URL(credentials[0]?.url ?? '').protocol).toBe(expected)
  })
})

/** As nginx has it, for https://ml.example.com/mlflow/ in front of http://gatehouse:5000/. */
const nginx = {
  host: 'localhost:5000',
  'content-type': 'application/json',
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'ml.example.com',
  'x-forwarded-prefix': '/mlflow',
}

describe('URLs that the server writes', () => {
  const urlFor = async (trusted: string[], more: Record<string, string> = {}, prefix = '') => {
    const { ask } = await reachedFrom({ trusted })
    const res = await ask(
      `${prefix}/api/2.0/mlflow-artifacts/mpu/create/1`,
      { peer: '127.0.0.1', headers: { ...nginx, ...more } },
      { method: 'POST', body: JSON.stringify({ path: 'a.bin', num_parts: 1 }) },
    )
    const json = (await res.json()) as { credentials: { url: string }[] }
    return (json.credentials[0]?.url ?? '').replace(/\/api\/.*$/, '')
  }

  test('have scheme, host and prefix of a configured proxy', async () => {
    expect(await urlFor(['127.0.0.1'])).toBe('https://ml.example.com/mlflow')
  })

  test('have none of them from anybody else, this machine included', async () => {
    expect(await urlFor([])).toBe('http://localhost:5000')
  })

  test.each(['//evil.example', '/..', '/a/../b', 'x', '/a?b', '/a#', '/"'])(
    'take no prefix such as %s',
    async (prefix) => {
      const url = await urlFor(['127.0.0.1'], { 'x-forwarded-prefix': prefix })
      expect(url).toBe('https://ml.example.com')
    },
  )

  test.each(['evil.example/x', 'a@b', 'ml.example.com:99999'])(
    'take no host that is none: %s',
    async (host) => {
      const url = await urlFor(['127.0.0.1'], { 'x-forwarded-host': host })
      expect(url).toBe('https://localhost:5000/mlflow')
    },
  )
})

describe('with a public URL', () => {
  const publicUrl = 'https://ml.example.com/mlflow'
  const url = async (path: string, sent: From) => {
    const { ask } = await reachedFrom({ trusted: ['127.0.0.1'] }, { publicUrl })
    const body = JSON.stringify({ path: 'a.bin', num_parts: 1 })
    const headers = { 'content-type': 'application/json', ...sent.headers }
    const res = await ask(path, { ...sent, headers }, { method: 'POST', body })
    const json = (await res.json()) as { credentials: { url: string }[] }
    return (json.credentials[0]?.url ?? '').replace(/\/api\/.*$/, '')
  }

  test('every URL that the server writes begins so, whatever the request says', async () => {
    const create = '/api/2.0/mlflow-artifacts/mpu/create/1'
    expect(await url(create, { peer: '203.0.113.9' })).toBe(publicUrl)
    const told = { ...nginx, 'x-forwarded-host': 'other.example.com' }
    expect(await url(create, { peer: '127.0.0.1', headers: told })).toBe(publicUrl)
  })

  test('its own pages may change things though a proxy changes the Host, and others may not', async () => {
    const { ask } = await reachedFrom({}, { publicUrl })
    const create = (origin: string, name: string) =>
      ask(
        '/api/2.0/mlflow/experiments/create',
        { headers: { host: '10.0.0.7:5000', 'content-type': 'application/json', origin } },
        { method: 'POST', body: JSON.stringify({ name }) },
      )
    expect((await create('https://ml.example.com', 'a')).status).toBe(200)
    for (const origin of ['http://ml.example.com', 'https://ml.example.com:8443', 'null']) {
      expect((await create(origin, 'b')).status, origin).toBe(403)
    }
  })

  test('its host is answered beside the allowed ones, and no other', async () => {
    for (const allowedHosts of [[], ['inside.example.com']]) {
      const { ask } = await reachedFrom({}, { publicUrl, allowedHosts })
      const status = async (host: string) =>
        (await ask('/api/v1/whoami', { headers: { host } })).status
      expect(await status('ML.example.com')).toBe(200)
      expect(await status('ml.example.com:8443')).toBe(403)
      expect(await status('mlxexample.com')).toBe(403)
    }
  })
})

describe('the host that a configured proxy names', () => {
  const ask = async (allowedHosts: string[], forwarded: string, trusted = ['127.0.0.1']) => {
    const { ask } = await reachedFrom({ trusted }, { allowedHosts })
    const headers = { ...nginx, 'x-forwarded-host': forwarded }
    return ask('/api/v1/whoami', { peer: '127.0.0.1', headers })
  }
  const hosts = ['localhost:*', 'ml.example.com']

  test.each([
    'evil.example',
    'ml.example.com.evil.example',
    'ml.example.com:8443',
    'evil.example, ml.example.com',
  ])('is refused where it is none of the allowed hosts: %s', async (forwarded) => {
    const res = await ask(hosts, forwarded)
    expect(res.status).toBe(403)
    expect(await res.text()).toContain('allowed-hosts')
  })

  test('is answered where it is one of them, and from others the header says nothing', async () => {
    expect((await ask(hosts, 'ml.example.com')).status).toBe(200)
    expect((await ask(hosts, 'evil.example', [])).status).toBe(200)
    expect((await ask(['*'], 'evil.example')).status).toBe(200)
  })
})

test('behind a configured proxy its own pages may change things, and other pages may not', async () => {
  const { ask } = await reachedFrom({ trusted: ['127.0.0.1'] })
  const create = (origin: string) =>
    ask(
      '/api/2.0/mlflow/experiments/create',
      { peer: '127.0.0.1', headers: { ...nginx, origin } },
      { method: 'POST', body: JSON.stringify({ name: 'x' }) },
    )
  expect((await create('https://evil.example')).status).toBe(403)
  expect((await create('https://ml.example.com')).status).toBe(200)
})

describe('identity from a header', () => {
  const proxy = {
    trusted: ['10.0.0.0/8'],
    userHeader: 'x-forwarded-user',
    groupsHeader: 'x-forwarded-groups',
  }
  const headers = { 'x-forwarded-user': 'ada', 'x-forwarded-groups': 'ml-leads, data science' }
  const auth = { auth: true }

  test('counts from a trusted proxy', async () => {
    const { whoami } = await reachedFrom(proxy, auth)
    const { json } = await whoami({ peer: '10.1.2.3', headers })
    expect(json).toEqual({
      name: 'ada',
      kind: 'user',
      verified: true,
      groups: ['data science', 'ml-leads'],
    })
  })

  test.each<[string, From, Partial<ProxySettings>]>([
    ['another machine', { peer: '203.0.113.9' }, {}],
    ['a machine that says it is forwarding for a proxy', { peer: '203.0.113.9' }, {}],
    ['no socket, as on Workers', { clientAddress: '10.1.2.3' }, {}],
    ['this machine, where the operator named no proxy', { peer: '127.0.0.1' }, { trusted: [] }],
    [
      'a proxy, where the operator named no header',
      { peer: '10.1.2.3' },
      { userHeader: undefined },
    ],
  ])('never counts from %s', async (_what, from, change) => {
    const { whoami } = await reachedFrom({ ...proxy, ...change }, auth)
    const forged = { ...headers, 'x-forwarded-for': '10.1.2.3', 'x-gatehouse-actor': 'ada' }
    expect((await whoami({ ...from, headers: forged })).status).toBe(401)
  })

  test('is refused when the proxy let a second one through', async () => {
    const { whoami } = await reachedFrom(proxy, auth)
    const doubled = { 'x-forwarded-user': 'admin, ada' }
    const { status, json } = await whoami({ peer: '10.1.2.3', headers: doubled })
    expect(status).toBe(401)
    expect(json.message).toContain('more than one user')
  })

  test('is not taken from pages of other sites', async () => {
    const { ask } = await reachedFrom(proxy, auth)
    const create = '/api/2.0/mlflow/experiments/create'
    for (const origin of ['http://localhost:3000', 'https://evil.example']) {
      const from = { peer: '10.1.2.3', headers: { ...headers, origin } }
      expect((await ask(create, from, { method: 'POST' })).status).toBe(403)
    }
  })
})

test('with access control on, a claimed name is nobody, on public routes too', async () => {
  const { whoami } = await reachedFrom({}, { auth: true })
  expect((await whoami({ headers: { 'x-gatehouse-actor': 'admin' } })).status).toBe(401)
})
