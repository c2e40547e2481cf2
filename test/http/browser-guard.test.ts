import { describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import type { Settings } from '../../src/platform/settings/settings.ts'
import { appOf } from '../support/app.ts'

const search = '/api/2.0/mlflow/experiments/search'

async function guarded(settings: Partial<Settings> = {}) {
  const platform = await freshPlatform()
  const app = appOf(() => ({ ...platform, settings: { ...platform.settings, ...settings } }))
  return (method: string, path: string, headers: Record<string, string>) =>
    app.request(path, { method, headers })
}

describe('the Host header', () => {
  test.each([
    'localhost',
    'localhost:5000',
    '127.0.0.1:8080',
    '[::1]:5000',
    '10.1.2.3:5000',
    '172.31.0.1',
    '192.168.0.7:80',
    '[fd00::1]:5000',
  ])('%s is answered by default', async (host) => {
    const ask = await guarded()
    expect((await ask('GET', '/api/3.0/mlflow/server-info', { host })).status).toBe(200)
  })

  test.each([
    'evil.com',
    '10.0.0.1.evil.com',
    '192.168.evil.com',
    'localhost.evil.com',
    'localhost@evil.com',
    '172.32.0.1',
    '999.1.1.1',
    '10.0.0.999',
    '8.8.8.8',
    'a b',
    '',
  ])('%j is refused by default, in the envelope', async (host) => {
    const ask = await guarded()
    const res = await ask('GET', '/api/3.0/mlflow/server-info', { host })
    expect(res.status).toBe(403)
    expect(await res.json()).toMatchObject({ error_code: 'PERMISSION_DENIED' })
  })

  test('health, version and readiness answer to any host', async () => {
    const ask = await guarded()
    for (const path of ['/health', '/version', '/ready']) {
      expect((await ask('GET', path, { host: 'evil.com' })).status).toBe(200)
    }
  })

  test.each([
    ['mlflow.example.com', 'mlflow.example.com', 200],
    ['mlflow.example.com', 'MLFLOW.example.com', 200],
    ['mlflow.example.com', 'mlflow.example.com:8443', 403],
    ['mlflow.example.com:8443', 'mlflow.example.com:8443', 200],
    ['mlflow.example.com:8443', 'mlflow.example.com:84430', 403],
    ['mlflow.example.com:*', 'mlflow.example.com:1', 200],
    ['mlflow.example.com', 'mlflow.example.com.evil.com', 403],
    ['mlflow.example.com', 'localhost', 403],
    ['app-*.example.com', 'app-7.example.com', 200],
    ['app-*.example.com', 'app-7.evil.example.com', 403],
    ['192.168.*', '192.168.3.4', 200],
    ['192.168.*', '192.168.evil.com', 403],
    ['*', 'anything.at.all', 200],
  ])('with %s allowed, %s gets %i', async (allowed, host, status) => {
    const ask = await guarded({ allowedHosts: [allowed] })
    expect((await ask('GET', '/api/3.0/mlflow/server-info', { host })).status).toBe(status)
  })
})

describe('pages of other sites', () => {
  const host = 'localhost:5000'

  test.each([
    'null',
    'https://evil.com',
    'http://localhost.evil.com',
    'http://localhost:5000@evil.com',
    'http://evil.com:5000',
    'file://',
    'http://0.0.0.0:5000',
    '',
  ])('may change nothing with the origin %j, on any route and with any method', async (origin) => {
    const ask = await guarded()
    const routes = [
      ['POST', search],
      ['POST', '/api/2.0/mlflow/runs/create'],
      ['PUT', '/api/2.0/mlflow-artifacts/artifacts/a.txt'],
      ['DELETE', '/api/2.0/mlflow-artifacts/artifacts/a.txt'],
      ['PATCH', '/ajax-api/2.0/mlflow/registered-models/update'],
      ['POST', '/nowhere'],
    ] as const
    for (const [method, path] of routes) {
      expect((await ask(method, path, { host, origin })).status, `${method} ${path}`).toBe(403)
    }
  })

  test('may change nothing when the browser calls the request cross-site', async () => {
    const ask = await guarded()
    const res = await ask('POST', search, { host, 'sec-fetch-site': 'cross-site' })
    expect(res.status).toBe(403)
  })

  test.each([
    ['https://gatehouse.example.com', 'gatehouse.example.com'],
    ['http://localhost:3000', 'localhost:5000'],
    ['http://127.0.0.1:3000', 'localhost:5000'],
    ['http://[::1]:3000', 'localhost:5000'],
  ])('%s is no other site to %s', async (origin, own) => {
    const ask = await guarded({ allowedHosts: ['gatehouse.example.com', 'localhost:5000'] })
    const res = await ask('POST', search, { host: own, origin, 'sec-fetch-site': 'same-origin' })
    expect(res.status).not.toBe(403)
    expect(res.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('may call the server, and read its answers, once their origin is configured', async () => {
    const origin = 'https://notebooks.example.com'
    const ask = await guarded({ corsOrigins: [origin] })
    const headers = { host, origin, 'sec-fetch-site': 'cross-site' }
    const res = await ask('POST', search, headers)
    expect(res.status).not.toBe(403)
    expect(res.headers.get('access-control-allow-origin')).toBe(origin)
    const other = await ask('GET', '/version', { host, origin: `${origin}.evil.com` })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('are told by OPTIONS what they may do, and nothing when they may do nothing', async () => {
    const origin = 'https://notebooks.example.com'
    const ask = await guarded({ corsOrigins: [origin] })
    const asked = { host, 'access-control-request-headers': 'content-type' }
    const allowed = await ask('OPTIONS', search, { ...asked, origin })
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST')
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type')
    const foreign = await ask('OPTIONS', search, { ...asked, origin: 'https://evil.com' })
    expect(foreign.status).toBe(204)
    expect(foreign.headers.get('access-control-allow-methods')).toBeNull()
  })

  test('never get credentials along when any origin may call', async () => {
    const ask = await guarded({ corsOrigins: ['*'] })
    const res = await ask('POST', search, { host, origin: 'https://a.example' })
    expect(res.headers.get('access-control-allow-origin')).toBe('*')
    expect(res.headers.get('access-control-allow-credentials')).toBeNull()
  })
})

test('no header or parameter turns one method into another', async () => {
  const ask = await guarded()
  const res = await ask('GET', '/api/2.0/mlflow/experiments/create?_method=POST', {
    host: 'localhost',
    'x-http-method-override': 'POST',
  })
  expect(res.status).toBe(405)
})
