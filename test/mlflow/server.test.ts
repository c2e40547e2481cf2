import { expect, test } from 'vitest'
import { notServed } from '../../src/mlflow/not-served.ts'
import { served } from '../../src/mlflow/routes.ts'
import { operations, pageOperation } from '../../src/mlflow/surface.ts'
import { testServer } from '../support/server.ts'

test('health, version and server-info answer what clients look for', async () => {
  const { call } = await testServer()
  expect((await call('GET', '/health')).text).toBe('OK')
  expect((await call('GET', '/version')).text).toMatch(/^3\.\d+\.\d+$/)
  const info = await call('GET', '/api/3.0/mlflow/server-info')
  expect(info.json).toMatchObject({ multipart_uploads_enabled: true })
})

test('an endpoint of a later tier answers 501 and its name, an unknown one 404, both in the envelope', async () => {
  const { call } = await testServer()
  const later = await call('POST', '/api/3.0/mlflow/gateway/endpoints/create', {})
  expect(later.status).toBe(501)
  expect(later.json).toMatchObject({
    error_code: 'NOT_IMPLEMENTED',
    message: expect.stringMatching(
      /gateway\/endpoints\/create \(createGatewayEndpoint\) .* Name the model itself, as openai:\/gpt-4o/,
    ),
  })
  const unknown = await call('GET', '/api/2.0/mlflow/nowhere')
  expect(unknown.status).toBe(404)
  expect(unknown.json).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' })
})

test('every operation that is not served says what to do instead', () => {
  const names = new Set([...served.map(({ name }) => name), pageOperation])
  const others = operations.filter(({ name }) => !names.has(name))
  expect(others.length).toBeGreaterThan(50)
  for (const entry of others) {
    const { code, message } = notServed('GET', entry)
    expect(code).toBe('NOT_IMPLEMENTED')
    expect(message).toContain(entry.name)
    expect(message, entry.name).not.toContain('see docs/mlflow-compatibility.md')
  }
})
