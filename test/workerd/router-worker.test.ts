import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import routerWorker from '../../src/router-worker.ts'
import { registryServer } from '../support/registry-server.ts'

const server = 'https://gatehouse.test'
const variant = (name: string, weight: number) => ({ name, url: `https://${name}.test/m`, weight })

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A server with a model, scorers that say their name, and the Worker that routes to them. */
async function world() {
  const { app, createModel, call } = await registryServer()
  await createModel('fraud')
  let isAway = false
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = new Request(input, init)
    const { hostname, origin, pathname } = new URL(request.url)
    if (origin !== server) {
      return Response.json({ predictions: [hostname], path: pathname, got: await request.text() })
    }
    if (isAway) throw new Error('it is away')
    const { method, headers } = request
    return app.request(request.url.slice(server.length), {
      ...{ method, headers },
      ...(method === 'GET' ? {} : { body: await request.text() }),
    })
  })
  const after: Promise<unknown>[] = []
  const env = { GATEHOUSE_SERVER: server, GATEHOUSE_DEPLOYMENT: 'ab' }
  return {
    put: (body: object) => call('PUT', '/api/v1/deployments/ab', { model: 'fraud', ...body }),
    goAway: () => {
      isAway = true
    },
    /** Until what goes on after the answers has ended. */
    settle: () => Promise.all(after.splice(0)),
    stats: async () => (await call('GET', '/api/v1/deployments/ab/stats')).json,
    async ask() {
      const request = new Request('https://fraud.test/invocations', { method: 'POST', body: '[1]' })
      const waitUntil = (work: Promise<unknown>) => after.push(work)
      const res = await routerWorker.fetch(request, env, { waitUntil })
      return { status: res.status, headers: res.headers, json: (await res.json()) as object }
    },
    /** What the Worker asks next, it asks anew. */
    wait: () => vi.setSystemTime(Date.now() + 1000),
  }
}

test('a Worker answers as the deployment says, follows its changes, reports what it counts, and goes on while the server is away', async () => {
  const { put, goAway, ask, wait, settle, stats } = await world()
  expect(await ask()).toMatchObject({
    status: 503,
    json: { error_code: 'TEMPORARILY_UNAVAILABLE', message: expect.stringContaining("'ab'") },
  })
  await put({ variants: [variant('a', 1), variant('b', 0)] })
  const first = await ask()
  const answer = { predictions: ['a.test'], path: '/m/invocations', got: '[1]' }
  expect(first).toMatchObject({ status: 200, json: answer })
  expect(first.headers.get('x-gatehouse-variant')).toBe('a')
  expect(first.headers.get('x-gatehouse-request-id')).toMatch(/-1-0-a$/)
  await put({ variants: [variant('a', 0), variant('b', 1)] })
  wait()
  await ask()
  await settle()
  expect(await stats()).toMatchObject({ variants: [{ name: 'a', requests: 2, errors: 0 }] })
  expect(await ask()).toMatchObject({ json: { predictions: ['b.test'] } })
  goAway()
  wait()
  for (let i = 0; i < 3; i++)
    expect(await ask()).toMatchObject({ json: { predictions: ['b.test'] } })
  await settle()
})
