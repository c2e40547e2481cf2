import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { askedWorld } from '../ui/world.ts'

async function world() {
  const made = await askedWorld()
  const { ann, mlflow, call } = made
  for (const [name, team] of [
    ['churn', 'growth'],
    ['fraud-old', 'risk'],
    ['secret', 'risk'],
  ] as const) {
    const tags = [{ key: 'team', value: team }]
    await mlflow(ann, 'POST', 'registered-models/create', { name, tags })
  }
  const none = { name: 'secret', username: 'rita', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  const list = (query: string, who = made.rita) => call(who, 'GET', `/api/v1/models?${query}`)
  const names = async (query: string, who?: string) =>
    (await list(query, who)).json.items.map(({ name }: { name: string }) => name)
  return { ...made, list, names }
}

test('the catalogue says of each model what is in its stages, its aliases and what waits', async () => {
  const { ann, mlflow, name, id, list } = await world()
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'champion', version: '2' })
  const tag = { name, key: 'gatehouse.metric', value: 'accuracy' }
  await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
  const { status, json } = await list('q=detector')
  expect(status).toBe(200)
  expect(json).toEqual({
    items: [
      {
        name,
        description: 'Scores card payments for review.',
        tags: expect.arrayContaining([{ key: 'team', value: 'risk' }]),
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        latest_version: '3',
        stages: expect.arrayContaining([
          { stage: 'Production', version: '2' },
          { stage: 'Staging', version: '3' },
        ]),
        aliases: [{ alias: 'champion', version: '2' }],
        open_requests: [String(id)],
        metric: {
          key: 'accuracy',
          values: expect.arrayContaining([
            { version: '2', value: 0.918 },
            { version: '3', value: 0.923 },
          ]),
        },
      },
    ],
  })
  const bare = await list('q=churn')
  expect(bare.json.items).toMatchObject([{ name: 'churn', stages: [], open_requests: [] }])
  expect(bare.json.items[0]).not.toHaveProperty('latest_version')
})

test('it is searched by words or a filter, sorted, and read page by page, by the rights of the caller', async () => {
  const { ann, mlflow, name, names, list, eve } = await world()
  expect(await names('')).toEqual(['churn', name, 'fraud-old'])
  expect(await names('', ann)).toEqual(['churn', name, 'fraud-old', 'secret'])
  expect(await names('', eve)).toEqual(['churn', 'fraud-old', 'secret'])
  expect(await names(`q=${encodeURIComponent("tags.team = 'risk'")}`)).toEqual([name, 'fraud-old'])
  expect(await names('q=FRAUD%20old')).toEqual(['fraud-old'])
  expect(await names('requests=open')).toEqual([name])
  expect(await names('requests=open', eve)).toEqual([])
  await mlflow(ann, 'PATCH', 'registered-models/update', { name: 'churn', description: 'x' })
  expect((await names('sort=changed'))[0]).toBe('churn')
  const first = await list('max_results=2')
  expect(first.json.items).toHaveLength(2)
  const token = encodeURIComponent(first.json.next_page_token)
  expect(await names(`max_results=2&page_token=${token}`)).toEqual(['fraud-old'])
  expect((await list(`q=churn&page_token=${token}`)).status).toBe(400)
})

test.each([
  'sort=best',
  'requests=closed',
  'max_results=0',
  'max_results=1001',
  'colour=x',
  'q=a%20=%201',
  'page_token=x',
])('refuses %s', async (query) => {
  const { status, json } = await (await world()).list(query)
  expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})
