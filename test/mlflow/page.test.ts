import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { createApp } from '../../src/app.ts'
import { toUtf8 } from '../../src/core/bytes.ts'
import type { Platform } from '../../src/platform/context.ts'
import { admin, authServer } from '../support/auth-server.ts'
import { client } from '../support/client.ts'
import { governedServer } from '../support/governed-server.ts'

const files: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><script src="static-files/static/js/main.c2f5f8d4.js"></script>',
  'static/js/main.c2f5f8d4.js': 'fetch("ajax-api/2.0/mlflow/experiments/search")',
}
const mlflowPage = {
  readFile: async (path: string) => (files[path] === undefined ? undefined : toUtf8(files[path])),
}

async function pageServer({ isServed = true, on }: { isServed?: boolean; on?: Platform } = {}) {
  const platform: Platform = {
    ...(on ?? (await freshPlatform())),
    ...(isServed && { mlflowPage }),
  }
  const app = createApp(() => platform, { hasMlflowPage: () => isServed })
  return client({
    request: (path, init) => app.fetch(new Request(`http://localhost${path}`, init)),
  })
}

test('the page and its files are served below their own path, under a policy of their own', async () => {
  const { call, send } = await pageServer()
  const bare = await send('GET', '/mlflow-ui')
  expect([bare.status, bare.headers.get('location')]).toEqual([308, './mlflow-ui/'])
  const index = await call('GET', '/mlflow-ui/')
  expect(index.text).toBe(files['index.html'])
  expect(index.headers.get('content-type')).toMatch(/^text\/html/)
  const policy = index.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toMatch(/frame-ancestors 'none'/)
  expect(policy).not.toContain('unsafe-eval')
  expect(index.headers.get('cache-control')).toBe('no-cache')
  const script = await call('GET', '/mlflow-ui/static-files/static/js/main.c2f5f8d4.js')
  expect(script.headers.get('content-type')).toMatch(/^text\/javascript/)
  expect(script.headers.get('cache-control')).toContain('immutable')
  for (const path of ['static-files/static/js/', 'static-files/none.js', 'nowhere']) {
    expect((await call('GET', `/mlflow-ui/${path}`)).status).toBe(404)
  }
})

test('its calls are those of the API, and of nothing else of the server', async () => {
  const { call } = await pageServer()
  const api = '/mlflow-ui/ajax-api/2.0/mlflow'
  const made = await call('POST', `${api}/experiments/create`, { name: 'by-page' })
  expect(made.status).toBe(200)
  const query = `{ mlflowGetExperiment(input: {experimentId: "${made.json.experiment_id}"}) { experiment { name } } }`
  expect((await call('POST', '/mlflow-ui/graphql', { query })).json.data).toEqual({
    mlflowGetExperiment: { experiment: { name: 'by-page' } },
  })
  expect((await call('GET', '/mlflow-ui/get-artifact?run_id=x&path=y')).json.error_code).toBe(
    'RESOURCE_DOES_NOT_EXIST',
  )
  expect(
    (await call('GET', '/mlflow-ui/api/2.0/mlflow/experiments/get?experiment_id=0')).status,
  ).toBe(404)
})

test('an address in its answers is that of the server, not of the page', async () => {
  const { platform, admin: root, policy, version } = await governedServer()
  await policy('signed-off', { approvals: { required: 1, from: ['user:ann'] } })
  await version(root, 'm')
  const { call } = await pageServer({ on: platform })
  const move = { name: 'm', version: '1', stage: 'Production', archive_existing_versions: false }
  const refused = await call(
    'POST',
    '/mlflow-ui/ajax-api/2.0/mlflow/model-versions/transition-stage',
    move,
  )
  expect(refused.json.message).toContain('http://localhost/promotions/')
})

test('without it nothing is served there', async () => {
  const { call } = await pageServer({ isServed: false })
  for (const path of ['', '/', '/graphql', '/ajax-api/2.0/mlflow/experiments/search']) {
    const { status, headers } = await call('GET', `/mlflow-ui${path}`)
    expect([path, status === 308 ? headers.get('location') : status]).toEqual([
      path,
      path === '' ? './mlflow-ui/' : 404,
    ])
  }
})

test('what the page asks before anything else is answered', async () => {
  const { call } = await pageServer()
  const answers = {
    'ui-telemetry': { disable_ui_telemetry: true },
    'assistant/config': { providers: {} },
    'assistant/providers': { providers: [] },
  }
  for (const [path, answer] of Object.entries(answers)) {
    const { json } = await call('GET', `/mlflow-ui/ajax-api/3.0/mlflow/${path}`)
    expect(json).toMatchObject(answer)
  }
  const proxy = '/mlflow-ui/ajax-api/2.0/mlflow/gateway-proxy'
  expect((await call('GET', proxy)).json).toEqual({ endpoints: [] })
  expect((await call('POST', proxy, {})).status).toBe(501)
})

test('with access control the page takes people to the sign-in, and its calls to nothing of others', async () => {
  const { as, call } = await authServer({ mlflowPage })
  const out = as(undefined)
  const script = 'static-files/static/js/main.c2f5f8d4.js'
  for (const path of ['', '/', `/${script}`]) {
    expect((await out.send('GET', `/mlflow-ui${path}`)).status).toBe(401)
  }
  expect((await call(admin, 'GET', '/mlflow-ui/')).status).toBe(200)
})
