import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Settings } from '../../src/platform/settings/settings.ts'
import { noonMs } from '../access/sign-in/issuer.ts'
import { testServer } from '../support/server.ts'

/** A server that takes each request to be of the user whom `X-Forwarded-User` names. */
async function limited(overrides: Partial<Settings>) {
  const clock = { ms: noonMs }
  const { platform } = await testServer()
  const settings: Settings = {
    ...platform.settings,
    auth: true,
    proxy: { trusted: ['10.0.0.1'], userHeader: 'x-forwarded-user', groupsHeader: undefined },
    ...overrides,
  }
  const app = createApp((c) => {
    c.set('peer', '10.0.0.1')
    return { ...platform, settings, now: () => clock.ms }
  })
  const ask = (user: string, path = '/api/v1/whoami', init: RequestInit = {}) =>
    Promise.resolve(
      app.request(path, { ...init, headers: { 'x-forwarded-user': user, ...init.headers } }),
    )
  return { ask, clock, platform: { ...platform, settings } }
}

describe('the rate limit', () => {
  test('answers what is too much with 429 and Retry-After, by caller, and recovers with time', async () => {
    const { ask, clock } = await limited({ rateLimit: 3 })
    const statuses = async (user: string, count: number) =>
      (await Promise.all(Array.from({ length: count }, () => ask(user)))).map((res) => res.status)
    expect((await statuses('ada', 16)).filter((status) => status === 200)).toHaveLength(3)
    const res = await ask('ada')
    expect(res.status).toBe(429)
    expect(res.headers.get('retry-after')).toBe('1')
    expect(await res.json()).toMatchObject({ error_code: 'REQUEST_LIMIT_EXCEEDED' })
    expect((await ask('bo')).status).toBe(200)
    clock.ms += 334
    expect(await statuses('ada', 2)).toEqual([200, 429])
    clock.ms += 60_000
    expect((await statuses('ada', 4)).sort()).toEqual([200, 200, 200, 429])
  })

  test('is off by default, and never holds for health', async () => {
    const { ask } = await limited({})
    for (let i = 0; i < 50; i++) expect((await ask('ada')).status).toBe(200)
    const strict = await limited({ rateLimit: 1 })
    for (let i = 0; i < 5; i++) expect((await strict.ask('ada', '/health')).status).toBe(200)
  })

  test('goes by address where nobody signs in', async () => {
    const { ask } = await limited({ rateLimit: 2, auth: false })
    const from = (address: string) =>
      ask('', undefined, { headers: { 'x-forwarded-for': address } })
    for (const status of [200, 200, 429]) expect((await from('203.0.113.1')).status).toBe(status)
    expect((await from('203.0.113.2')).status).toBe(200)
  })
})
