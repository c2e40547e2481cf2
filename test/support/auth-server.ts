import { createApp } from '../../src/app.ts'
import type { Platform } from '../../src/platform/context.ts'
import { testServer } from './server.ts'

export const adminPassword = 'correct horse battery'
export const password = 'a password of rita'

/** How somebody signs in: a header's value, or none. */
export function basic(user: string, pass: string): string {
  const bytes = new TextEncoder().encode(`${user}:${pass}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

export const admin = basic('admin', adminPassword)

/** A server with access control on, whose first administrator is `admin`. */
export async function authServer(overrides: Partial<Platform> = {}) {
  const { platform: open } = await testServer()
  const clock = { ms: 1_800_000_000_000 }
  const platform: Platform = {
    ...open,
    settings: {
      ...open.settings,
      auth: true,
      firstAdmin: { name: 'admin', password: adminPassword },
    },
    now: () => clock.ms,
    ...overrides,
  }
  const client = { address: '203.0.113.7' }
  const app = createApp((c) => {
    c.set('clientAddress', client.address)
    return platform
  })
  const call = async (
    authorization: string | undefined,
    method: string,
    path: string,
    body?: unknown,
  ) => {
    const res = await app.request(path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await res.text()
    return {
      status: res.status,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
      headers: res.headers,
    }
  }
  const mlflow = (
    authorization: string | undefined,
    method: string,
    path: string,
    body?: unknown,
  ) => call(authorization, method, `/api/2.0/mlflow/${path}`, body)
  return {
    app,
    platform,
    clock,
    /** From where the next requests come. */
    client,
    call,
    /** Below `/api/2.0/mlflow/`. */
    mlflow,
    whoami: (authorization: string | undefined) => call(authorization, 'GET', '/api/v1/whoami'),
    /** Made by the administrator; how it signs in. */
    user: async (name: string) => {
      const made = await mlflow(admin, 'POST', 'users/create', { username: name, password })
      if (made.status !== 200) throw new Error(made.text)
      return basic(name, password)
    },
    /** A token that the caller makes; how it signs in. */
    token: async (authorization: string, asked: object = {}) => {
      const made = await call(authorization, 'POST', '/api/v1/tokens', { name: 't', ...asked })
      if (made.status !== 201) throw new Error(made.text)
      return { id: made.json.id as string, bearer: `Bearer ${made.json.token}` }
    },
  }
}
