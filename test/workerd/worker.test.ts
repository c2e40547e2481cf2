import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { freshPlatform } from '#platform'
import worker from '../../src/worker.ts'

beforeAll(() => freshPlatform())
afterEach(() => vi.unstubAllGlobals())

const open = { ...env, GATEHOUSE_AUTH: '0' }

const create = '/api/2.0/mlflow-artifacts/mpu/create/1'

function ask(path: string, vars: Record<string, string>, init: RequestInit = {}) {
  const url = `http://localhost${path}`
  return worker.fetch(new Request(url, init), { ...open, ...vars }, createExecutionContext())
}

function upload(): RequestInit {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', headers, body: JSON.stringify({ path: 'big.bin', num_parts: 1 }) }
}

test('the Worker is ready on its bindings', async () => {
  expect(await (await ask('/ready', {})).json()).toEqual({ status: 'ready' })
})

test('a Worker without a signing key refuses multipart in the words clients fall back by', async () => {
  const res = await ask(create, {}, upload())
  expect(res.status).toBe(501)
  expect(await res.json()).toMatchObject({
    error_code: 'NOT_IMPLEMENTED',
    message: expect.stringMatching(/^Multipart upload is not supported for the current artifact/),
  })
})

test('vars have the names of the settings', async () => {
  const vars = {
    GATEHOUSE_X_FRAME_OPTIONS: 'DENY',
    GATEHOUSE_SIGNING_KEY: 'sixteen or more characters',
  }
  expect((await ask('/health', vars)).headers.get('x-frame-options')).toBe('DENY')
  expect((await ask(create, vars, upload())).status).toBe(200)
})

const keyed = { ...open, GATEHOUSE_SIGNING_KEY: 'sixteen or more characters' }

/** Stands for the Internet. @returns what was sent, as the receiver sees it */
function receiver(answer: () => Response) {
  const got: {
    url: string
    redirect: string | undefined
    signature: string | null
    model: string
  }[] = []
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    const signature = new Headers(init.headers).get('x-mlflow-signature')
    const { model } = JSON.parse(String(init.body))
    got.push({ url: String(url), redirect: init.redirect, signature, model })
    return answer()
  })
  return got
}

async function posted(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const execution = createExecutionContext()
  const res = await worker.fetch(new Request(`http://localhost${path}`, init), keyed, execution)
  expect(res.ok, await res.text()).toBe(true)
  await waitOnExecutionContext(execution)
}

test('what happens is delivered after the reply, and what was left is by the cron trigger', async () => {
  const got = receiver(() => new Response('moved', { status: 302, headers: { location: '/x' } }))
  await posted('/api/v1/webhooks', {
    name: 'hook',
    url: 'https://user:pass@receiver.example/in',
    events: ['registered_model.created'],
    secret: 's3cret',
  })
  await posted('/api/2.0/mlflow/registered-models/create', { name: 'first' })
  expect(got).toEqual([
    {
      url: 'https://receiver.example/in',
      redirect: 'manual',
      signature: expect.stringMatching(/^v1,/),
      model: 'first',
    },
  ])
  await env.DB.prepare(
    "update webhook_deliveries set state = 'pending', next_attempt_at_ms = 0",
  ).run()
  const execution = createExecutionContext()
  await worker.scheduled(createScheduledController(), keyed, execution)
  await waitOnExecutionContext(execution)
  expect(got.map(({ model }) => model)).toEqual(['first', 'first'])
})

test('a Worker lets in nobody who did not sign in, unless a var says so, and answers to its routes', async () => {
  const headers = { host: 'ml.example.com' }
  const request = () => new Request('https://ml.example.com/api/v1/whoami', { headers })
  const answer = async (vars: object) =>
    worker.fetch(request(), { ...env, ...vars }, createExecutionContext())
  const closed = await answer({})
  expect(closed.status).toBe(401)
  expect(await closed.text()).toContain('set the secret GATEHOUSE_ADMIN_PASSWORD')
  expect((await answer({ GATEHOUSE_AUTH: 'off' })).status).toBe(200)
  const local = await answer({ GATEHOUSE_AUTH: 'off', GATEHOUSE_ALLOWED_HOSTS: 'localhost' })
  expect(local.status).toBe(403)
})

test('secrets make the first administrator of a Worker, when somebody first asks', async () => {
  const whoami = async (vars: Record<string, string>, password: string) => {
    const headers = { authorization: `Basic ${btoa(`root:${password}`)}` }
    return ask(
      '/api/v1/whoami',
      { GATEHOUSE_AUTH: '1', GATEHOUSE_ADMIN_USER: 'root', ...vars },
      { headers },
    )
  }
  const without = await whoami({}, 'a long password')
  expect(without.status).toBe(401)
  expect(await without.json()).toMatchObject({
    message: expect.stringContaining('set the secret GATEHOUSE_ADMIN_PASSWORD'),
  })
  const short = await whoami({ GATEHOUSE_ADMIN_PASSWORD: 'short' }, 'short')
  expect(short.status).toBe(401)
  const secret = { GATEHOUSE_ADMIN_PASSWORD: 'a long password' }
  expect(await (await whoami(secret, 'a long password')).json()).toMatchObject({ name: 'root' })
  expect((await whoami({}, 'a long password')).status, 'no longer needed').toBe(200)
})
