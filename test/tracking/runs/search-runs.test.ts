import { beforeAll, describe, expect, test } from 'vitest'
import { seedDataset, seedRuns } from '../../search/seed.ts'
import { testServer } from '../../support/server.ts'

let server: Awaited<ReturnType<typeof testServer>>

beforeAll(async () => {
  server = await testServer()
  const { db } = server.platform
  const [a = 0] = await seedRuns(db, 0, [
    {
      name: 'a',
      runId: 'a'.repeat(32),
      startTimeMs: 300,
      endTimeMs: 400,
      status: 'FINISHED',
      metrics: { acc: 0.9, 'm 2': 1, top: Number.MAX_VALUE },
      params: { lr: '0.1', model: 'RF' },
      tags: { k: 'v1', 'dotted.key': 'x', 'mlflow.runName': 'a', city: 'Zürich' },
    },
    {
      name: 'b',
      runId: 'c'.repeat(32),
      startTimeMs: 200,
      endTimeMs: 250,
      status: 'FAILED',
      metrics: { acc: 0.5 },
      params: { lr: '0.01', model: 'rf' },
      tags: { k: 'v2', city: 'ZÜRICH' },
    },
    { name: 'c', runId: 'b'.repeat(32), startTimeMs: 200, params: { lr: '0.2' } },
    {
      name: 'd',
      runId: 'd'.repeat(32),
      startTimeMs: 100,
      metrics: { acc: Number.NaN },
      tags: { k: 'V1', long: `start-${'x'.repeat(60)}-middle-${'y'.repeat(60)}-end` },
    },
    { name: 'z', runId: 'e'.repeat(32), startTimeMs: 1, deleted: true },
  ])
  await seedDataset(db, a, { name: 'iris', digest: 'd1', context: 'train' })
})

async function search(body: object): Promise<string> {
  const { status, json } = await server.post('runs/search', { experiment_ids: ['0'], ...body })
  if (status !== 200) return `${status} ${json?.message}`
  const runs: { info: { run_name: string } }[] = json.runs ?? []
  return runs.map((run) => run.info.run_name).join('')
}

describe('a filter finds', () => {
  test.each([
    ['', 'acbd'],
    ['metrics.acc > 0.5', 'a'],
    ['metrics.acc >= 0.5', 'ab'],
    ['metric.acc = 0.9', 'a'],
    ['metrics.acc < 1', 'ab'],
    ['metrics.acc <= 0.5', 'b'],
    ['metrics.`m 2` = 1', 'a'],
    ['metrics."m 2" = 1', 'a'],
    ['metrics.acc > -1 AND metrics.acc > 1e-3', 'ab'],
    ['metrics.top > 1e308', 'a'],
    ['metrics.top >= 1e400', 'a'],
    ['metrics.top > 1e400', ''],
    ["params.lr = '0.1'", 'a'],
    ["parameters.lr != '0.1'", 'cb'],
    ["param.model LIKE 'R%'", 'a'],
    ["params.model ILIKE 'r%'", 'ab'],
    ["params.model like 'R_'", 'a'],
    ['params.lr IS NULL', 'd'],
    ['params.lr IS NOT NULL', 'acb'],
    ["tags.k = 'v1'", 'a'],
    ["tag.k ILIKE 'V1'", 'ad'],
    ["tags.k != 'v1'", 'bd'],
    ["tags.`dotted.key` = 'x'", 'a'],
    ["tags.dotted.key = 'x'", 'a'],
    ["tags.mlflow.runName = 'a'", 'a'],
    ['tags.k IS NULL', 'c'],
    ["status = 'FINISHED'", 'a'],
    ["attribute.status = 'finished'", ''],
    ["attr.status = 'FAILED'", 'b'],
    ["run.status != 'RUNNING'", 'ab'],
    ["`run name` = 'a'", 'a'],
    ["attributes.`Run Name` LIKE '%'", 'acbd'],
    ['start_time > 150', 'acb'],
    ['created = 200', 'cb'],
    ['Created >= 150.5', 'acb'],
    ['start_time < 99999999999999999999', 'acbd'],
    ['start_time > 9007199254740993', ''],
    ['end_time > 0', 'ab'],
    ['end_time != 400', 'b'],
    ["user_id = 'u1'", 'acbd'],
    [`run_id = '${'a'.repeat(32)}'`, 'a'],
    [`run_id IN ('${'a'.repeat(32)}', '${'c'.repeat(32)}',)`, 'ab'],
    [`run_id NOT IN ('${'a'.repeat(32)}')`, 'cbd'],
    ["artifact_uri LIKE '%artifacts'", 'acbd'],
    ["dataset.name = 'iris'", 'a'],
    ["datasets.digest = 'd1'", 'a'],
    ["dataset.context = 'train'", 'a'],
    ["dataset.name IN ('iris')", 'a'],
    ["dataset.name NOT IN ('iris')", ''],
    ["dataset.name LIKE 'ir%'", 'a'],
    ["metrics.acc > 0.4 and params.lr = '0.1'", 'a'],
    ["tags.__proto__ = 'x'", ''],
  ])('%j the runs %j', async (filter, names) => {
    expect(await search({ filter })).toBe(names)
  })

  test('a stored NaN matches != alone', async () => {
    expect(await search({ filter: 'metrics.acc != 0.9' })).toBe('bd')
    expect(await search({ filter: 'metrics.acc != 0' })).toBe('abd')
    for (const operator of ['=', '<', '<=', '>', '>=']) {
      expect(await search({ filter: `metrics.acc ${operator} 0` })).not.toContain('d')
    }
  })

  test('beyond ASCII, ILIKE tells upper from lower case, as MLflow on SQLite does', async () => {
    expect(await search({ filter: "tags.city ILIKE 'zürich'" })).toBe('a')
    expect(await search({ filter: "tags.city ILIKE 'zÜrich'" })).toBe('b')
    expect(await search({ filter: "tags.city LIKE 'Z_rich'" })).toBe('a')
  })

  test('patterns longer than D1 takes still match', async () => {
    const x = 'x'.repeat(60)
    for (const [pattern, names] of [
      [`start-${x}%`, 'd'],
      [`%-${'y'.repeat(60)}-end`, 'd'],
      [`%${x}-middle-${'y'.repeat(20)}%`, 'd'],
      [`%${x}%middle%y${'_'.repeat(59)}-e%d`, 'd'],
      [`%${x}%middle%x${'_'.repeat(59)}-e%d`, ''],
      [`START-${x}%`, ''],
    ]) {
      expect(await search({ filter: `tags.long LIKE '${pattern}'` })).toBe(names)
    }
    expect(await search({ filter: `tags.long ILIKE 'START-${x}%MIDDLE%_____%END'` })).toBe('d')
  })

  test('a hundred clauses at once', async () => {
    const all = Array.from({ length: 100 }, (_, i) => `params.lr != 'x${i}'`)
    expect(await search({ filter: all.join(' AND ') })).toBe('acb')
  })

  test('sixty of the longest patterns at once; with more the filter is too large', async () => {
    const pattern = `tags.long LIKE 's%${'x'.repeat(50)}%m_d%e%nd'`
    const filter = (clauses: number) => Array.from({ length: clauses }, () => pattern).join(' AND ')
    expect(await search({ filter: filter(60) })).toBe('d')
    expect(await search({ filter: filter(100) })).toContain('400 The filter is too large')
  })
})

test.each([
  ["metrics.acc > '0.5'", 'Expected numeric value type for metric. Found'],
  ["metrics.acc LIKE '1'", "Expected numeric value type for metric. Found '1'"],
  ['metrics.acc IS NULL', 'IS NULL / IS NOT NULL is only supported'],
  ["metrics.acc IN ('1')", "Expected numeric value type for metric. Found ('1')"],
  ['params.lr = 0.1', 'Expected a quoted string value for parameter'],
  ['params.lr LIKE 5', 'Expected a quoted string value for parameter'],
  ['tags.x = 5', 'Expected a quoted string value for tag'],
  ['dataset.name = 5', 'Expected a quoted string value for dataset attributes'],
  ['metrics.acc = x', 'Expected numeric value type for metric. Found'],
  ['metrics.acc = NaN', 'Expected numeric value type for metric. Found'],
  ['metrics.acc = 0x10', 'Expected numeric value type for metric. Found'],
  ['params.lr = x', 'Parameter value is either not quoted'],
  ["params.lr > '0.05'", "Invalid comparator '>' not one of ="],
  ["params.lr IN ('0.1')", 'Expected a quoted string value for parameter'],
  ["status IN ('FINISHED')", "Only ['run_id'] attributes support comparison with a list"],
  ['status IS NULL', 'IS NULL / IS NOT NULL is only supported'],
  ["Run_name = 'a'", "Invalid attribute key 'Run_name' specified"],
  ["start_time >= '150'", 'Expected numeric value type for numeric attribute: start_time'],
  ["lifecycle_stage = 'active'", 'Valid keys: run_id, run_name'],
  ["dataset.foo = 'a'", "Invalid dataset key 'foo' specified. Valid keys: name, digest, context"],
  ["attribute.foo = 'a'", "Invalid attribute key 'foo' specified. Valid keys: run_id"],
  ["foo.bar = 'x'", "Invalid entity type 'foo'. Valid"],
  ["Metrics.a > '1'", "Invalid entity type 'Metrics'. Valid"],
  ["__proto__.a = '1'", "Invalid entity type '__proto__'. Valid"],
  ["constructor = '1'", 'Invalid attribute key'],
])('the filter %j is refused', async (filter, message) => {
  expect(await search({ filter })).toContain(`400 `)
  expect(await search({ filter })).toContain(message)
})

describe('order_by', () => {
  test.each([
    [['metrics.acc'], 'badc'],
    [['metrics.acc DESC'], 'abdc'],
    [['start_time'], 'dcba'],
    [['start_time DESC', 'run_name ASC'], 'abcd'],
    [['attributes.start_time DESC'], 'acbd'],
    [['params.lr DESC'], 'cabd'],
    [['tags.k ASC'], 'dabc'],
    [['run_name desc'], 'dcba'],
    [['metrics.`m 2` DESC'], 'acbd'],
    [['Created DESC'], 'acbd'],
    [['end_time ASC'], 'bacd'],
    [['end_time DESC'], 'abcd'],
    [['status'], 'bacd'],
    [['run_id'], 'acbd'],
    [['start_time', 'start_time'], 'dcba'],
    [['start_time', 'start_time DESC', 'metrics.nothing'], 'dcba'],
  ])('%j gives %j', async (order, names) => {
    expect(await search({ order_by: order })).toBe(names)
  })

  test.each(['foo', 'metrics.acc FOO', 'dataset.name', '', 'metrics.a, metrics.b'])(
    '%j is refused',
    async (order) => {
      expect(await search({ order_by: [order] })).toMatch(/^400 /)
    },
  )
})

describe('what else may be asked', () => {
  test.each([
    [{ run_view_type: 'DELETED_ONLY' }, 'z'],
    [{ run_view_type: 'ALL' }, 'acbdz'],
    [{ run_view_type: 1 }, 'acbd'],
    [{ experiment_ids: [] }, ''],
    [{ experiment_ids: ['77', '9'.repeat(400), '-1'] }, ''],
    [{ experiment_ids: ['0', '0', '77'] }, 'acbd'],
    [{ max_results: '2' }, 'ac'],
    [{ max_results: 50_000 }, 'acbd'],
  ])('%j gives %j', async (body, names) => {
    expect(await search(body)).toBe(names)
  })

  test.each([
    { run_view_type: 'BOGUS' },
    { experiment_ids: ['abc'] },
    { max_results: 0 },
    { max_results: -1 },
    { max_results: 50_001 },
    { page_token: 'garbage' },
    { page_token: 'W10' },
    { filter: 1 },
    { order_by: 'start_time' },
  ])('%j is refused', async (body) => {
    expect(await search(body)).toMatch(/^400 /)
  })

  test('an empty answer has no runs', async () => {
    const { json } = await server.post('runs/search', { experiment_ids: ['77'] })
    expect(json).toEqual({})
  })

  test('a run comes with all that was logged to it', async () => {
    const { json } = await server.post('runs/search', {
      experiment_ids: ['0'],
      filter: "params.model = 'RF'",
    })
    expect(json.runs).toHaveLength(1)
    expect(json.runs[0].data.params).toContainEqual({ key: 'lr', value: '0.1' })
    expect(json.runs[0].inputs.dataset_inputs[0].dataset.name).toBe('iris')
  })
})
