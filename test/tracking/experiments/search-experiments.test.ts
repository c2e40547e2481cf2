import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { seedDataset, seedRuns } from '../../search/seed.ts'
import { testServer } from '../../support/server.ts'

let server: Awaited<ReturnType<typeof testServer>>

beforeAll(async () => {
  server = await testServer()
  await server.platform.db.batch({
    statements: [
      sql`update experiments set created_at_ms = 1, updated_at_ms = 1 where id = 0`,
      sql`insert into workspaces (name, created_at_ms) values ('other', 0)`,
      sql`insert into experiments (id, workspace, name, artifact_location, lifecycle_stage,
        created_at_ms, updated_at_ms) values
      (1, 'default', 'xa', 's3://a', 'active', 10, 40),
      (2, 'default', 'xb', null, 'active', 20, 30),
      (3, 'default', 'Xc', null, 'active', 20, 30),
      (4, 'default', 'xd', null, 'deleted', 40, 10),
      (5, 'other', 'xe', null, 'active', 50, 50)`,
      sql`insert into experiment_tags (experiment, key, value) values
      (1, 'team', 'Red'), (1, 'e', '1'), (2, 'team', 'blue'), (5, 'team', 'Red')`,
    ],
  })
})

async function search(body: object): Promise<string> {
  const answer = await server.post('experiments/search', { max_results: 1000, ...body })
  if (answer.status !== 200) return `${answer.status} ${answer.json?.message}`
  const found: { name: string }[] = answer.json.experiments ?? []
  return found.map((experiment) => experiment.name).join(' ')
}

test.each([
  [undefined, 'Xc xb xa Default'],
  ["name = 'xa'", 'xa'],
  ["name LIKE 'x%'", 'xb xa'],
  ["attribute.`name` ILIKE 'x%'", 'Xc xb xa'],
  ["name != 'Default' AND name LIKE 'x%'", 'xb xa'],
  ["experiment_id = '0'", 'Default'],
  ["experiment_id IN ('1', '2', '5')", 'xb xa'],
  ["experiment_id NOT IN ('1', '2')", 'Xc Default'],
  ["tags.team = 'Red'", 'xa'],
  ["tag.team ILIKE 'red'", 'xa'],
  ["tags.team != 'Red'", 'xb'],
  ['tags.team IS NULL', 'Xc Default'],
  ['tags.`e` IS NOT NULL', 'xa'],
  ['creation_time > 10.5', 'Xc xb'],
  ["last_update_time >= 30 AND name = 'xa'", 'xa'],
])('the filter %j finds %j', async (filter, names) => {
  expect(await search({ filter })).toBe(names)
})

test.each([
  ["attr.name = 'x'", "Invalid entity type 'attr'. Valid"],
  ["name IN ('xa')", "Only ['experiment_id'] attributes support comparison with a list"],
  ["name > 'x'", "Invalid comparator '>' not one of ="],
  ["lifecycle_stage = 'active'", 'Valid keys: name, experiment_id'],
  [
    "creation_time > '0'",
    'Expected numeric value type for numeric attribute: creation_time. Found',
  ],
  ["creation_time LIKE '1'", 'Expected numeric value type for numeric attribute: creation_time'],
  ["params.x = 'a'", "Invalid entity type 'params'. Valid"],
  ['name = xa', 'Parameter value is either not quoted'],
  ['experiment_id = 1', 'Expected a quoted string value for attributes'],
  ['name', 'expected an operator'],
  ["tags.team > 'x'", 'Invalid comparator for tag: >'],
  ['name IS NULL', 'IS NULL / IS NOT NULL is only supported'],
])('the filter %j is refused', async (filter, message) => {
  expect(await search({ filter })).toMatch(/^400 /)
  expect(await search({ filter })).toContain(message)
})

test.each([
  [['name'], 'Default Xc xa xb'],
  [['name DESC'], 'xb xa Xc Default'],
  [['creation_time ASC'], 'Default xa xb Xc'],
  [['creation_time DESC'], 'xb Xc xa Default'],
  [['last_update_time'], 'Default xb Xc xa'],
  [['experiment_id'], 'Default xa xb Xc'],
  [['name', 'name'], 'Default Xc xa xb'],
])('ordered by %j they are %j', async (order_by, names) => {
  expect(await search({ order_by })).toBe(names)
})

test.each([
  [{ view_type: 'DELETED_ONLY' }, 'xd'],
  [{ view_type: 'ALL' }, 'xd Xc xb xa Default'],
  [{ max_results: 2 }, 'Xc xb'],
])('%j finds %j', async (body, names) => {
  expect(await search(body)).toBe(names)
})

test.each([
  { order_by: ['tags.team'] },
  { order_by: ['foo'] },
  { view_type: 'BOGUS' },
  { max_results: undefined },
  { max_results: 0 },
  { max_results: -1 },
  { max_results: 50_001 },
  { page_token: 'zz' },
])('%j is refused', async (body) => {
  expect(await search(body)).toMatch(/^400 /)
})

test('GET asks the same by query string', async () => {
  const { json } = await server.get(
    "experiments/search?max_results=1&order_by=creation_time&order_by=name&filter=name LIKE 'x%25'&view_type=ALL",
  )
  expect(json.experiments).toEqual([
    {
      experiment_id: '1',
      name: 'xa',
      artifact_location: 's3://a',
      lifecycle_stage: 'active',
      creation_time: 10,
      last_update_time: 40,
      tags: expect.arrayContaining([{ key: 'team', value: 'Red' }]),
      workspace: 'default',
    },
  ])
  expect(json.next_page_token).toEqual(expect.any(String))
})

test('MLflow 1.x lists them, in pages if it likes', async () => {
  const first = await server.get('experiments/list?view_type=ALL&max_results=4')
  const query = `view_type=ALL&max_results=4&page_token=${first.json.next_page_token}`
  const second = await server.get(`experiments/list?${query}`)
  const ids = [first, second].map(({ json }) =>
    json.experiments.map((found: { experiment_id: string }) => found.experiment_id),
  )
  expect(ids).toEqual([['0', '1', '2', '3'], ['4']])
})

describe('datasets', () => {
  beforeAll(async () => {
    const { db } = server.platform
    const [a = 0, b = 0] = await seedRuns(db, 1, [{ name: 'a' }, { name: 'b' }])
    await seedDataset(db, a, { name: 'd2', digest: 'x', context: 'train' })
    await seedDataset(db, a, { name: 'd1', digest: 'y', context: 'eval' })
    await seedDataset(db, b, { name: 'd1', digest: 'y', context: 'train' })
    await seedDataset(db, b, { name: 'd1', digest: 'x' })
  })

  test('are summed up, once for each context they were used in', async () => {
    const { json } = await server.post('experiments/search-datasets', { experiment_ids: ['1'] })
    expect(json).toEqual({
      dataset_summaries: [
        { experiment_id: '1', name: 'd1', digest: 'x' },
        { experiment_id: '1', name: 'd1', digest: 'y', context: 'eval' },
        { experiment_id: '1', name: 'd1', digest: 'y', context: 'train' },
        { experiment_id: '1', name: 'd2', digest: 'x', context: 'train' },
      ],
    })
  })

  test.each([{}, { experiment_ids: [] }, { experiment_ids: ['abc'] }, { experiment_ids: '1' }])(
    '%j is refused',
    async (body) => {
      const { status } = await server.post('experiments/search-datasets', body)
      expect(status).toBe(400)
    },
  )

  test('more than twenty experiments are refused, unknown ones have none', async () => {
    const ids = (n: number) => Array.from({ length: n }, (_, i) => String(i + 100))
    const ask = (n: number) =>
      server.post('experiments/search-datasets', { experiment_ids: ids(n) })
    expect((await ask(20)).json).toEqual({})
    expect((await ask(21)).status).toBe(400)
  })
})
