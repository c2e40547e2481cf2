import { expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

test('with access control off, a name may be claimed and counts as claimed', async () => {
  const { app, call } = await testServer()
  expect((await call('GET', '/api/v1/whoami')).json).toEqual({
    name: 'anonymous',
    kind: 'anonymous',
    verified: false,
    groups: [],
  })
  const res = await app.request('/api/v1/whoami', { headers: { 'x-gatehouse-actor': 'ada' } })
  expect(await res.json()).toMatchObject({ name: 'ada', kind: 'anonymous', verified: false })
})
