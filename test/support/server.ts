import { freshPlatform } from '#platform'
import type { Platform } from '../../src/platform/context.ts'
import { appOf } from './app.ts'
import { client } from './client.ts'

/** A server on an empty database, asked without a network by whoever does not sign in. */
export async function testServer(overrides: Partial<Platform> = {}) {
  const platform: Platform = { ...(await freshPlatform()), ...overrides }
  const app = appOf(() => platform)
  return { platform, app, ...client(app) }
}
