import { expect, test, vi } from 'vitest'
import { testServer } from '../support/server.ts'

test.each([
  '/%',
  '/%FF',
  '/%00',
  '/a//b',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/api/2.0/mlflow/runs/%',
  `/${'a'.repeat(9000)}`,
  '/api/2.0/mlflow/experiments/get?experiment_id=%',
  '/api/2.0/mlflow/experiments/get?%FF=%FE&&&=',
])('the odd URL %s gets a 4xx in the envelope', async (url) => {
  const { call } = await testServer()
  const res = await call('GET', url)
  expect(res.status).toBeGreaterThanOrEqual(400)
  expect(res.status).toBeLessThan(500)
  expect(res.json).toMatchObject({ error_code: expect.any(String), message: expect.any(String) })
})

test('a path that has other methods answers 405 and names them', async () => {
  const { call } = await testServer()
  const res = await call('DELETE', '/api/2.0/mlflow/experiments/create', {})
  expect(res.status).toBe(405)
  expect(res.json).toMatchObject({ error_code: 'METHOD_NOT_ALLOWED' })
  expect(res.headers.get('allow')).toBe('POST')
})

test('every answer carries a request id and inert headers, errors too', async () => {
  const { call } = await testServer()
  const answers = [
    await call('GET', '/health'),
    await call('GET', '/nowhere'),
    await call('POST', '/api/2.0/mlflow/experiments/create', '{'),
  ]
  for (const { headers } of answers) {
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
  }
})

test('a failing store is a 503 that clients repeat, a full one says so, and neither tells details', async () => {
  const { platform } = await testServer()
  const secret = 'insert into secret_table'
  const cases = [
    [Object.assign(new Error(`${secret}: database is busy`), { code: 'SQLITE_BUSY' }), 503],
    [Object.assign(new Error(`${secret}: full`), { code: 'SQLITE_FULL' }), 507],
    [new Error(`D1_ERROR: ${secret}: storage caused object to be reset`), 503],
    [new Error(`${secret}: surprise`), 500],
  ] as const
  for (const [err, status] of cases) {
    const db = { ...platform.db, all: fail(err), first: fail(err), batch: fail(err) }
    const { call } = await testServer({ db })
    const res = await call('GET', '/api/2.0/mlflow/experiments/get?experiment_id=0')
    expect(res.status).toBe(status)
    expect(res.text).not.toContain(secret)
  }
})

test.each(['database', 'artifacts'])(
  'while its %s do not answer the server is alive and not ready, and the log says why',
  async (store) => {
    const { platform } = await testServer()
    const away = fail(new Error('away'))
    const db = { ...platform.db, all: away, first: away, batch: away }
    const blobs = { ...platform.blobs, sizeOf: away }
    const { call } = await testServer(store === 'database' ? { db } : { blobs })
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const res = await call('GET', '/ready')
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      { level: 'error', event: 'not ready', store, error: 'Error: away' },
    ])
    log.mockRestore()
    expect(res.status).toBe(503)
    expect(res.json).toMatchObject({ message: expect.stringContaining(store) })
    expect(res.text).not.toContain('away')
    expect((await call('GET', '/health')).status).toBe(200)
  },
)

function fail(err: Error): () => Promise<never> {
  return () => Promise.reject(err)
}
