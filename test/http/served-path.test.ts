import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { pathBehindPrefix, plainPath } from '../../src/http/served-path.ts'
import { mlflowRows } from '../access/permissions/matrix.ts'
import { makeWorld } from '../access/permissions/world.ts'
import { testServer } from '../support/server.ts'

test.each([
  ['//api/2.0/mlflow/runs/get', '/api/2.0/mlflow/runs/get'],
  ['///health', '/health'],
  ['/api%2F2.0/mlflow%2fruns/get', '/api/2.0/mlflow/runs/get'],
  ['/%2Fapi/2.0/mlflow/runs/get', '/api/2.0/mlflow/runs/get'],
  ['/api/2.0/mlflow%252Fruns/get', '/api/2.0/mlflow%252Fruns/get'],
  ['/api/2.0/mlflow-artifacts/artifacts/a%2Fb', '/api/2.0/mlflow-artifacts/artifacts/a%2Fb'],
  ['/api/2.0/mlflow/logged-models/m/tags/a%2Fb', '/api/2.0/mlflow/logged-models/m/tags/a%2Fb'],
  ['/api/v1/models/a%2Fb', '/api/v1/models/a%2Fb'],
  ['/models/a%2Fb', '/models/a%2Fb'],
  ['/p/api/2.0/mlflow/runs/get', '/api/2.0/mlflow/runs/get'],
  ['//p//api%2F2.0/mlflow/runs/get', '/api/2.0/mlflow/runs/get'],
])('%s is served as %s', (sent, served) => {
  const path = pathBehindPrefix(new Request(`http://localhost${sent}`), '/p')
  expect(plainPath(path)).toBe(served)
})

test('slashes at the start and encoded ones reach an endpoint, doubled ones inside lead to it, one at the end is another path', async () => {
  const { app } = await testServer()
  const ask = async (path: string, init: RequestInit = {}) => {
    const res = await app.request(new Request(`http://localhost${path}`, init))
    return [res.status, res.headers.get('location') ?? undefined]
  }
  const query = '?experiment_id=0&x=%2F'
  const there = `http://localhost/api/2.0/mlflow/experiments/get${query}`
  expect(await ask(`//api/2.0/mlflow/experiments/get${query}`)).toEqual([200, undefined])
  expect(await ask(`/api/2.0/mlflow%2Fexperiments%2fget${query}`)).toEqual([200, undefined])
  expect(await ask(`/api/2.0//mlflow/experiments/get${query}`)).toEqual([308, there])
  expect(await ask(`/api/2.0/mlflow%2F/experiments/get${query}`)).toEqual([308, there])
  expect(await ask(`//evil.example//api/2.0/mlflow/experiments/get`)).toEqual([404, undefined])
  expect(await ask(`/api/2.0//mlflow/nowhere`)).toEqual([404, undefined])
  expect(await ask(`/api/2.0/mlflow/experiments/get/${query}`)).toEqual([404, undefined])
  const create = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
  expect(await ask('/api/2.0/mlflow//experiments/create', create)).toEqual([
    308,
    'http://localhost/api/2.0/mlflow/experiments/create',
  ])
  expect(await ask('/api/2.0/mlflow%2F..%2Fmlflow/experiments/get')).toEqual([400, undefined])
})

test('no spelling of a path gets past the rule of its endpoint', async () => {
  const world = await makeWorld()
  const spellings: readonly ((path: string) => string)[] = [
    (path) => `/${path}`,
    (path) => `///${path.slice(1)}`,
    (path) => path.replace('/mlflow', '%2Fmlflow'),
    (path) => `/%2F${path.slice(1)}`,
    (path) => path.replace('/api/', '//api%2f'),
    (path) => path.replace('/2.0/', '//2.0//'),
    (path) => path.replace(/^\/api/, '/%61pi'),
  ]
  const gotIn: string[] = []
  for (const [name, [need, ask]] of Object.entries(mlflowRows)) {
    if (need === 'public' || need === 'signed in') continue
    const asked = await ask(world)
    for (const spell of spellings) {
      const path = spell(asked.path)
      for (const caller of [undefined, world.callers.none]) {
        const { status } = await world.send(caller, { ...asked, path })
        const isRefused = [308, 400, 401, 403, 404].includes(status)
        if (!isRefused) gotIn.push(`${name} as ${path}: ${status}`)
      }
    }
  }
  expect(gotIn).toEqual([])
}, 60_000)

test('a workspace in front of the path stays, in every spelling', async () => {
  const { platform } = await testServer()
  const app = createApp(() => ({
    ...platform,
    settings: { ...platform.settings, workspaces: true },
  }))
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'team-a' })
  await app.request('/api/3.0/mlflow/workspaces', { method: 'POST', headers: json, body })
  const made = await app.request('//workspaces/team-a//api/2.0/mlflow%2Fexperiments/create', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: 'of a' }),
  })
  expect(made.status).toBe(200)
  const path = '/api/2.0/mlflow/experiments/get-by-name?experiment_name=of%20a'
  expect((await app.request(`/workspaces/team-a${path}`)).status).toBe(200)
  expect((await app.request(path)).status).toBe(404)
  const doubled = await app.request(`/workspaces/team-a${path.replace('/2.0/', '//2.0/')}`)
  expect([doubled.status, doubled.headers.get('location')]).toEqual([
    308,
    `http://localhost/workspaces/team-a${path}`,
  ])
})
