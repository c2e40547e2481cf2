import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { anyone, assertGuarded, guard } from '../../src/http/guards/guard.ts'
import { testServer } from '../support/server.ts'

test('a route behind no rule keeps the server from starting', () => {
  const app = new Hono<AppEnv>().get('/open', (c) => c.text('hi'))
  expect(() => assertGuarded(app)).toThrow('routes behind no rule: GET /open')
  app.get('/behind', guard(anyone), (c) => c.text('hi'))
  expect(() => assertGuarded(app)).toThrow(/^routes behind no rule: GET \/open$/)
})

test('with access control on, every route but the public ones answers 401 without credentials', async () => {
  const { platform } = await testServer()
  const app = createApp(() => ({ ...platform, settings: { ...platform.settings, auth: true } }))
  const open = []
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue
    const res = await app.request(path.replaceAll(/:\w+(\{[^}]*\})?/g, '1').replace('*', 'x'), {
      method,
    })
    if (res.status !== 401) open.push(`${method} ${path} ${res.status}`)
  }
  expect([...new Set(open)].sort()).toEqual([
    'GET /ajax-api/3.0/mlflow/server-info 200',
    'GET /api/3.0/mlflow/server-info 200',
    'GET /api/v1/download 400',
    // Public keys, by which whoever has a bundle verifies it.
    'GET /api/v1/keys 200',
    'GET /assets/:file 404',
    'GET /health 200',
    'GET /ready 200',
    'GET /signin 200',
    'GET /signin/callback 404',
    'GET /signin/oidc 404',
    'GET /version 200',
    'POST /signout 303',
    'PUT /api/v1/uploads/:upload_id/parts/:part 404',
  ])
  expect((await app.request('/no/such/path')).status).toBe(401)
})
