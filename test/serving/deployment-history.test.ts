import { expect, test } from 'vitest'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { registryServer } from '../support/registry-server.ts'

const path = '/api/v1/deployments/ab'
const variants = (weight: number) => [
  { name: 'a', uri: 'models:/fraud/1', weight },
  { name: 'b', uri: 'models:/fraud/1', weight: 1 },
]

/** Two models with a version each, and an administrator. */
async function world() {
  const server = await registryServer()
  for (const model of ['fraud', 'other']) {
    await server.createModel(model)
    await server.createVersion(model)
  }
  const { call } = client(appOf(() => server.platform, person('ann', { isAdmin: true })))
  const put = (weight: number, more: object = {}) =>
    call('PUT', path, { model: 'fraud', variants: variants(weight), ...more })
  const history = async (query = '') => (await call('GET', `${path}/history${query}`)).json
  return { ...server, call, put, history }
}

test('the history has each change with who, why and what, the newest first, also over a deletion', async () => {
  const { put, call, history } = await world()
  await put(1)
  await put(3, { reason: 'more for a' })
  await call('DELETE', path)
  await put(5)
  const { items } = await history()
  const shown = items.map(({ by, reason, split }: Record<string, unknown>) => [by, reason, split])
  const split = (weight: number) => ({ variants: variants(weight) })
  expect(shown).toEqual([
    ['ann', undefined, split(5)],
    ['ann', undefined, undefined],
    ['ann', 'more for a', split(3)],
    ['ann', undefined, split(1)],
  ])
})

test('pages of it hang together, and it has no changes of other deployments and models', async () => {
  const { put, call, history } = await world()
  await call('PUT', path, {
    model: 'other',
    variants: [{ name: 'a', uri: 'models:/other/1', weight: 1 }],
  })
  await call('DELETE', path)
  await call('PUT', '/api/v1/deployments/abc', { model: 'fraud', variants: variants(9) })
  for (const weight of [1, 2, 3]) await put(weight)
  const first = await history('?max_results=2')
  const rest = await history(`?max_results=2&page_token=${first.next_page_token}`)
  const weights = [...first.items, ...rest.items].map(({ split }) => split.variants[0].weight)
  expect(weights).toEqual([3, 2, 1])
  expect(rest.next_page_token).toBeUndefined()
})
