import { freshPlatform } from '#platform'
import type { Platform } from '../../src/platform/context.ts'
import { hashOnce, makeAccount } from './accounts.ts'
import { appOf } from './app.ts'
import { basic, client } from './client.ts'
import { Clock } from './clock.ts'

export const adminPassword = 'correct horse battery'
export const password = 'a password of rita'

/** How the administrator signs in. */
export const admin = basic('admin', adminPassword)

/** A server with access control on, whose first administrator is `admin`. */
export async function authServer(overrides: Partial<Platform> = {}) {
  const fresh = await freshPlatform()
  const clock = new Clock(1_800_000_000_000)
  const platform: Platform = {
    ...fresh,
    settings: {
      ...fresh.settings,
      auth: true,
      firstAdmin: { name: 'admin', password: adminPassword },
    },
    now: clock.now,
    ...overrides,
  }
  // A database that another server has used has its administrator already.
  if (!overrides.db && platform.settings.firstAdmin.password === adminPassword) {
    const passwordHash = await hashOnce(platform, adminPassword)
    await makeAccount(platform, 'admin', { isAdmin: true, passwordHash })
  }
  const from = { address: '203.0.113.7' }
  const app = appOf((c) => {
    c.set('clientAddress', from.address)
    return platform
  })
  const as = (authorization: string | undefined) =>
    client(app, authorization === undefined ? {} : { authorization })
  const call = (authorization: string | undefined, method: string, path: string, body?: unknown) =>
    as(authorization).call(method, path, body)
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
    client: from,
    /** Who signs in so. */
    as,
    call,
    /** Below `/api/2.0/mlflow/`. */
    mlflow,
    whoami: (authorization: string | undefined) => call(authorization, 'GET', '/api/v1/whoami'),
    /** Makes a user; how it signs in. */
    user: async (name: string) => {
      await makeAccount(platform, name, { passwordHash: await hashOnce(platform, password) })
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
