import { freshPlatform } from '#platform'
import { createApp } from '../../src/app.ts'
import type { Platform } from '../../src/platform/context.ts'
import { client } from './client.ts'

/** A server on an empty database, asked without a network by whoever does not sign in. */
export async function testServer(overrides: Partial<Platform> = {}) {
  const platform: Platform = { ...(await freshPlatform()), ...overrides }
  const app = createApp(() => platform)
  return { platform, app, ...client(app) }
}
