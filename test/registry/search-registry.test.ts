import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { seedDataset, seedRuns } from '../search/seed.ts'
import { testServer } from '../support/server.ts'

let server: Awaited<ReturnType<typeof testServer>>
const runId = 'a'.repeat(32)
const sha256 = 'f'.repeat(64)
/** Moves on by a second with every call, so that each change has its own time. */
let clockMs = 1_000_000

beforeAll(async () => {
  server = await testServer({
    now() {
      clockMs += 1000
      return clockMs
    },
  })
  const { db } = server.platform
  const [run = 0] = await seedRuns(db, 0, [
    { name: 'r', runId, metrics: { acc: 0.9 }, params: { lr: '0.1' } },
  ])
  await seedDataset(db, run, { name: 'iris', digest: 'd1' })
  await create('registered-models', { name: 'a', tags: tags({ team: 'Red', x: '1' }) })
  await create('registered-models', { name: 'B', tags: tags({ team: 'blue' }), description: 'Big' })
  await create('registered-models', { name: 'c' })
  await create('registered-models', {
    name: 'p',
    tags: tags({ 'mlflow.prompt.is_prompt': 'true' }),
  })
  await create('model-versions', {
    name: 'p',
    source: 'dummy-source',
    tags: tags({ 'mlflow.prompt.is_prompt': 'true' }),
  })
  const version = (body: object) => create('model-versions', body)
  await version({ name: 'a', source: 's3://b/1', run_id: runId, tags: tags({ q: '1' }) })
  await version({ name: 'a', source: 's3://b/2', tags: tags({ q: '2' }), description: 'second' })
  await version({ name: 'B', source: 's3://b/1', run_id: runId })
  await version({ name: 'a', source: 's3://c/3', tags: tags({ q: '1' }) })
  await create('registered-models/alias', { name: 'a', alias: 'champ', version: '1' })
  await create('model-versions/transition-stage', {
    name: 'a',
    version: '1',
    stage: 'Production',
    archive_existing_versions: false,
  })
  await db.batch({
    blob: sql`insert into blobs (id, sha256, size_bytes, key, created_at_ms)
      values (1, ${sha256}, 1, 'k', 1)`,
    manifest: sql`insert into manifests (id, digest, key, file_count, size_bytes, created_at_ms)
      values (1, 'sha256:x', 'm', 1, 1, 1)`,
    file: sql`insert into manifest_files (manifest, path, blob) values (1, 'model.pkl', 1)`,
    version: sql`update model_versions set manifest = 1 where source = 's3://b/2'`,
  })
})

async function create(path: string, body: object): Promise<void> {
  const method = path.includes('/') ? path : `${path}/create`
  const { status, text } = await server.post(method, body)
  expect([status, text]).toEqual([200, expect.anything()])
}

function tags(pairs: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(pairs).map(([key, value]) => ({ key, value }))
}

type Query = Record<string, string | number | readonly string[]>
async function models(query: Query): Promise<string> {
  const { status, json } = await server.get(`registered-models/search?${queryString(query)}`)
  if (status !== 200) return `${status} ${json?.message}`
  const found: { name: string }[] = json.registered_models ?? []
  return found.map((model) => model.name).join(' ')
}

async function versions(query: Query): Promise<string> {
  const { status, json } = await server.get(`model-versions/search?${queryString(query)}`)
  if (status !== 200) return `${status} ${json?.message}`
  const found: { name: string; version: string }[] = json.model_versions ?? []
  return found.map((version) => version.name + version.version).join(' ')
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => [key, String(one)]),
  )
  return new URLSearchParams(pairs).toString()
}

describe('registered models', () => {
  test.each([
    ['', 'B a c'],
    ["name = 'a'", 'a'],
    ['name = "a"', 'a'],
    ["name LIKE '%'", 'B a c'],
    ["name ILIKE 'b'", 'B'],
    ["name != 'a'", 'B c'],
    ["name IN ('a','B')", 'B a'],
    ["name NOT IN ('a')", 'B c'],
    ["attribute.name = 'a'", 'a'],
    ["tags.team = 'Red'", 'a'],
    ["tag.team ILIKE 'red'", 'a'],
    ["tags.team != 'Red'", 'B'],
    ["tags.team = 'Red' AND tags.x = '1'", 'a'],
    ["tags.`team` LIKE 'b%'", 'B'],
    ['tags.team IS NULL', 'c'],
    ['tags.team IS NOT NULL', 'B a'],
    ["description ILIKE '%big%'", 'B'],
    ['description IS NULL', 'a c'],
    ["alias = 'champ'", 'a'],
    ['alias IS NULL', 'B c'],
    ["stage = 'Production'", 'a'],
    ["stage IN ('None') AND name != 'a'", 'B'],
    ['user_id IS NULL', 'B a c'],
    ['creation_timestamp > 1001000', 'B c'],
    ['last_updated_timestamp < 0', ''],
    ["tags.`mlflow.prompt.is_prompt` = 'true'", 'p'],
    ["tag.`mlflow.prompt.is_prompt` != 'true'", 'B a c'],
    ["tags.mlflow.prompt.is_prompt = 'false'", 'B a c'],
    ["tags.mlflow.prompt.is_prompt != 'false'", 'p'],
    ["name = 'p'", ''],
    ["name LIKE 'p' AND prompt.is_prompt = 'true'", 'p'],
  ])('the filter %j finds %j', async (filter, names) => {
    expect(await models({ filter })).toBe(names)
  })

  test.each([
    ["name > 'a'", 'Invalid comparator for attribute: >'],
    ["foo = 'x'", 'Valid keys: name, description'],
    ["name = 'a' OR name = 'B'", 'expected AND'],
    ['name = a', 'Parameter value is either not quoted'],
    ["tags.x IN ('a')", 'Expected a quoted string value for tag'],
    ["tags.x > 'a'", 'Invalid comparator for tag: >'],
    ["metrics.acc > '1'", "Invalid entity type 'metrics'. Valid"],
  ])('the filter %j is refused', async (filter, message) => {
    expect(await models({ filter })).toMatch(/^400 /)
    expect(await models({ filter })).toContain(message)
  })

  test.each([
    [['name DESC'], 'c a B'],
    [['name asc'], 'B a c'],
    [['last_updated_timestamp'], 'c B a'],
    [['timestamp DESC', 'name'], 'a B c'],
    [['creation_timestamp'], 'a B c'],
    [['name', 'name'], 'B a c'],
  ])('ordered by %j they are %j', async (order_by, names) => {
    expect(await models({ order_by })).toBe(names)
  })

  test.each([
    { order_by: 'foo' },
    { order_by: 'name FOO' },
    { order_by: 'alias' },
    { max_results: 0 },
    { max_results: -1 },
    { max_results: 1001 },
    { max_results: 'abc' },
    { page_token: 'x' },
  ])('%j is refused', async (query: Query) => {
    expect(await models(query)).toMatch(/^400 /)
  })

  test('MLflow 1.x lists them', async () => {
    const { json } = await server.call('GET', '/api/2.0/preview/mlflow/registered-models/list')
    expect(json.registered_models.map((model: { name: string }) => model.name)).toEqual([
      'B',
      'a',
      'c',
    ])
  })
})

describe('model versions', () => {
  test.each([
    ['', 'a1 a3 B1 a2'],
    ["name = 'a'", 'a1 a3 a2'],
    ["name ILIKE 'b'", 'B1'],
    ["name IN ('a')", 'a1 a3 a2'],
    ["name NOT IN ('a')", 'B1'],
    [`run_id = '${runId}'`, 'a1 B1'],
    [`run_id IN ('${runId}')`, 'a1 B1'],
    ["run_id LIKE '17f87'", ''],
    ["run_id = ''", 'a3 a2'],
    ["run_id != ''", 'a1 B1'],
    ["run_id IN ('', 'x')", 'a3 a2'],
    ["source_path = 's3://b/1'", 'a1 B1'],
    ["source LIKE 's3://b/%'", 'a1 B1 a2'],
    ["version_number > 1 AND name = 'a'", 'a3 a2'],
    ['version_number = 2', 'a2'],
    ["version_number = '2'", 'a2'],
    ['version_number = 2.0', 'a2'],
    ['version <= 1e0', 'a1 B1'],
    ["tags.q = '1'", 'a1 a3'],
    ["tag.q != '1'", 'a2'],
    ['tags.q IS NULL', 'B1'],
    ["stage = 'Production'", 'a1'],
    ["current_stage != 'Production'", 'a3 B1 a2'],
    ["alias = 'champ'", 'a1'],
    ["alias IN ('champ', 'x')", 'a1'],
    ['alias IS NULL', 'a3 B1 a2'],
    ["status = 'READY'", 'a1 a3 B1 a2'],
    ["description = 'second'", 'a2'],
    ['user_id IS NOT NULL', ''],
    ['creation_timestamp > 0 AND last_updated_timestamp >= 1', 'a1 a3 B1 a2'],
    ['metrics.acc > 0.8', 'a1 B1'],
    ['metric.acc > 0.95', ''],
    ["params.lr = '0.1'", 'a1 B1'],
    ['params.lr IS NULL', 'a3 a2'],
    ["dataset.digest = 'd1'", 'a1 B1'],
    ["datasets.name LIKE 'ir%' AND name = 'B'", 'B1'],
    [`file.sha256 = '${sha256}'`, 'a2'],
    ["file.path LIKE '%.pkl'", 'a2'],
    ["tags.`mlflow.prompt.is_prompt` = 'true'", 'p1'],
    ["name = 'p'", ''],
    ["name = 'p' AND tag.`mlflow.prompt.is_prompt` = 'true'", 'p1'],
    ["tag.`mlflow.prompt.is_prompt` != 'true' AND name LIKE '%'", 'a1 a3 B1 a2'],
  ])('the filter %j finds %j', async (filter, names) => {
    expect(await versions({ filter })).toBe(names)
  })

  test.each([
    ["version_number LIKE '2'", 'Invalid comparator for attribute: LIKE'],
    ['version_number <= 2.5', "Invalid value for numeric attribute 'version_number'"],
    ["version_number = 'x'", "Invalid value for numeric attribute 'version_number'"],
    ["source_path IN ('s3://b/1')", 'Invalid comparator for attribute: IN'],
    ["creation_timestamp = 'x'", 'Expected numeric value type for numeric attribute'],
    ["attr.name = 'a'", "Invalid entity type 'attr'. Valid"],
    ['metrics.acc IS NULL', 'IS NULL / IS NOT NULL is not supported for model version search'],
    ["file.size = '1'", 'Valid keys: path, sha256'],
  ])('the filter %j is refused', async (filter, message) => {
    expect(await versions({ filter })).toMatch(/^400 /)
    expect(await versions({ filter })).toContain(message)
  })

  test.each([
    [['name'], 'B1 a3 a2 a1'],
    [['name DESC'], 'a3 a2 a1 B1'],
    [['version_number'], 'B1 a1 a2 a3'],
    [['version_number DESC'], 'a3 a2 B1 a1'],
    [['creation_timestamp'], 'a1 a2 B1 a3'],
    [['creation_timestamp DESC'], 'a3 B1 a2 a1'],
    [['last_updated_timestamp'], 'a2 B1 a3 a1'],
    [['name', 'name'], 'B1 a3 a2 a1'],
  ])('ordered by %j they are %j', async (order_by, names) => {
    expect(await versions({ order_by })).toBe(names)
  })

  test.each([
    { order_by: 'foo' },
    { order_by: 'run_id' },
    { max_results: 0 },
    { max_results: 200_001 },
    { page_token: 'zz' },
  ])('%j is refused', async (query: Query) => {
    expect(await versions(query)).toMatch(/^400 /)
  })

  test('come with their tags, and with their aliases where these are asked for', async () => {
    const find = (more: Query = {}) =>
      server.get(`model-versions/search?${queryString({ filter: "alias = 'champ'", ...more })}`)
    expect((await find()).json.model_versions[0]).not.toHaveProperty('aliases')
    const { json } = await find({ include_aliases: 'true' })
    expect(json.model_versions).toEqual([
      expect.objectContaining({
        name: 'a',
        version: '1',
        aliases: ['champ'],
        tags: [{ key: 'q', value: '1' }],
        current_stage: 'Production',
      }),
    ])
  })

  test('a page token leads on, and is refused by another question', async () => {
    const pages: string[] = []
    let token = ''
    do {
      const query = queryString({ max_results: 3, page_token: token })
      const { json } = await server.get(`model-versions/search?${query}`)
      pages.push(json.model_versions.map((v: { version: string }) => v.version).join(''))
      token = json.next_page_token ?? ''
      if (token) {
        expect(await versions({ page_token: token, filter: "name = 'a'" })).toMatch(/^400 /)
        expect(await versions({ page_token: token, order_by: 'name' })).toMatch(/^400 /)
        expect(await models({ page_token: token })).toMatch(/^400 /)
      }
    } while (token && pages.length < 9)
    expect(pages).toEqual(['131', '2'])
  })
})

test('no filter makes a server error, even of a hundred long patterns', async () => {
  for (const key of ['params.x', 'file.path', 'alias', 'tags.y']) {
    const filter = Array.from({ length: 100 }, () => `${key} ILIKE '%${'x'.repeat(60)}_%_y%'`)
    const body = { filter: filter.join(' AND ') }
    expect(await versions(body)).toMatch(/^$|^400 The filter is too large/)
  }
})
