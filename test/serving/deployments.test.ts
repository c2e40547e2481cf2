import { describe, expect, test } from 'vitest'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { registryServer } from '../support/registry-server.ts'

const path = '/api/v1/deployments/ab'
const variants = [
  { name: 'champion', uri: 'models:/fraud/Production', weight: 90 },
  { name: 'challenger', uri: 'models:/fraud/Staging', weight: 10 },
]
const shadows = [{ name: 'next', url: 'https://scorer.test/fraud', sample: 0.5 }]
const split = { model: 'fraud', variants, shadows, sticky: { header: 'X-User-Id' } }

/** Models `fraud` and `churn`, and Ann who asks. */
async function world() {
  const server = await registryServer()
  await server.createModel('fraud')
  await server.createModel('churn')
  const { call } = client(appOf(() => server.platform, person('ann', { isAdmin: true })))
  return {
    ...server,
    call,
    put: (more: object = {}) => call('PUT', path, { ...split, ...more }),
    entries: async (action: string) =>
      (await call('GET', `/api/v1/audit?action=${action}`)).json.items as unknown[],
  }
}

describe('a deployment', () => {
  test('is written, read, listed by its model, and deleted, and each change is in the audit log', async () => {
    const { call, put, entries } = await world()
    const saved = await put()
    const expected = { name: 'ab', ...split, revision: 1, updated_by: 'ann' }
    expect([saved.status, saved.json]).toMatchObject([200, expected])
    expect((await call('GET', path)).json).toEqual(saved.json)
    expect((await call('GET', '/api/v1/deployments?model=fraud')).json.items).toEqual([saved.json])
    expect((await call('GET', '/api/v1/deployments?model=churn')).json.items).toEqual([])
    const half = variants.map((variant) => ({ ...variant, weight: 50 }))
    expect((await put({ variants: half })).json).toMatchObject({ revision: 2, variants: half })
    expect((await call('DELETE', path)).status).toBe(200)
    expect((await call('GET', path)).status).toBe(404)
    expect((await call('DELETE', path)).status).toBe(404)
    const { sticky } = split
    expect(await entries('deployment.set')).toMatchObject([
      {
        model: 'fraud',
        before: { deployment: 'ab', split: { variants, shadows, sticky } },
        after: { split: { variants: half, shadows, sticky } },
      },
      { after: { deployment: 'ab', split: { variants, shadows, sticky } } },
    ])
    expect(await entries('deployment.deleted')).toMatchObject([
      { model: 'fraud', before: { deployment: 'ab', split: { variants: half } } },
    ])
  })

  test('is written by one of two who read the same revision; the other is told', async () => {
    const { put, call, entries } = await world()
    const fresh = await Promise.all([put({ revision: 0 }), put({ revision: 0 })])
    expect(fresh.map(({ status }) => status).sort()).toEqual([200, 409])
    const next = await Promise.all([put({ revision: 1 }), put({ revision: 1 })])
    expect(next.map(({ status }) => status).sort()).toEqual([200, 409])
    expect((await call('GET', path)).json.revision).toBe(2)
    expect(await entries('deployment.set')).toHaveLength(2)
  })

  test('goes with its model, and cannot be given to another', async () => {
    const { put, call, del } = await world()
    await put()
    const churn = [{ name: 'a', uri: 'models:/churn/1', weight: 1 }]
    const taken = await put({ model: 'churn', variants: churn })
    expect([taken.status, taken.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    await del('registered-models/delete', { name: 'fraud' })
    expect((await call('GET', path)).status).toBe(404)
  })
})

test.each([
  [
    'no model',
    { model: 'no-such', variants: [{ name: 'a', uri: 'models:/no-such/1', weight: 1 }] },
    404,
  ],
  ['no variant', { variants: [] }, 400],
  ['two of one name', { variants: [variants[0], variants[0]] }, 400],
  ['another model', { variants: [{ name: 'a', uri: 'models:/churn/1', weight: 1 }] }, 400],
  ['no URI of a model', { variants: [{ name: 'a', uri: 's3://b/m', weight: 1 }] }, 400],
  ['no weight at all', { variants: [{ ...variants[0], weight: 0 }] }, 400],
  ['a negative weight', { variants: [{ ...variants[0], weight: -1 }, variants[1]] }, 400],
  ['a header that is none', { sticky: { header: 'a: b' } }, 400],
  ['a misspelt field', { shadow: [] }, 400],
  ['a shadow named as a variant', { shadows: [{ ...variants[0], weight: undefined }] }, 400],
  ['a shadow of another model', { shadows: [{ name: 's', uri: 'models:/churn/1' }] }, 400],
  ['neither URI nor URL', { variants: [{ name: 'a', weight: 1 }] }, 400],
  ['both URI and URL', { variants: [{ ...variants[0], url: 'https://a.test' }] }, 400],
  ['a URL that is none', { variants: [{ name: 'a', url: 'http://[', weight: 1 }] }, 400],
  ['a URL with a password', { variants: [{ name: 'a', url: 'http://a:b@c', weight: 1 }] }, 400],
])('a deployment with %s is answered %3$i', async (_, more, status) => {
  const { put, call } = await world()
  expect((await put(more)).status).toBe(status)
  expect((await call('GET', path)).status).toBe(404)
})
