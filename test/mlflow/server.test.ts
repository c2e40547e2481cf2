import { expect, test } from 'vitest'
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
  const later = await call('POST', '/api/3.0/mlflow/scorers/register', {})
  expect(later.status).toBe(501)
  expect(later.json).toMatchObject({
    error_code: 'NOT_IMPLEMENTED',
    message: expect.stringContaining('/3.0/mlflow/scorers/register'),
  })
  const unknown = await call('GET', '/api/2.0/mlflow/nowhere')
  expect(unknown.status).toBe(404)
  expect(unknown.json).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' })
})
