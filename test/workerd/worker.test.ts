import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import worker from '../../src/worker.ts'

beforeAll(() => freshPlatform())

const create = '/api/2.0/mlflow-artifacts/mpu/create/1'

function ask(path: string, vars: Record<string, string>, init: RequestInit = {}) {
  const url = `http://localhost${path}`
  return worker.fetch(new Request(url, init), { ...env, ...vars }, createExecutionContext())
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
