import { beforeEach, describe, expect, test } from 'vitest'
import type { Json, Reply } from '../support/client.ts'
import { team } from '../support/team.ts'
import { traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const root = '/api/3.0/mlflow/datasets'

beforeEach(async () => {
  s = await traceServer()
})

async function create(body: object = {}): Promise<Json> {
  const made = await s.post3('datasets/create', {
    name: 'd',
    experiment_ids: [s.experiment],
    ...body,
  })
  return made.json.dataset
}

const upsert = (id: string, records: unknown): Promise<Reply> =>
  s.post3(`datasets/${id}/records`, { records: JSON.stringify(records) })

async function records(id: string, query = ''): Promise<Json> {
  const { json } = await s.call('GET', `${root}/${id}/records${query}`)
  return { ...json, records: JSON.parse(json.records) }
}

test('a dataset is made, found by its id and by its name, and deleted', async () => {
  const made = await create({ tags: '{"a": "1", "mlflow.user": "me"}' })
  expect(made).toMatchObject({
    dataset_id: expect.stringMatching(/^d-[0-9a-f]{32}$/),
    tags: '{"a": "1", "mlflow.user": "me"}',
    created_by: 'me',
    experiment_ids: [s.experiment],
  })
  const { experiment_ids: _, ...kept } = made
  expect((await s.call('GET', `${root}/${made.dataset_id}`)).json.dataset).toEqual(kept)
  await create()
  const found = await s.post3('datasets/search', { filter_string: 'name = "d"', max_results: 2 })
  expect(found.json.datasets).toHaveLength(2)
  expect((await s.call('DELETE', `${root}/${made.dataset_id}`)).status).toBe(200)
  expect((await s.call('DELETE', `${root}/${made.dataset_id}`)).status).toBe(200)
  expect((await s.call('GET', `${root}/${made.dataset_id}`)).status).toBe(404)
})

test.each([
  ['no name', { name: '' }, 400],
  ['an experiment that is not there', { experiment_ids: ['99'] }, 404],
  ['tags that are no JSON', { tags: 'nope' }, 400],
  ['tags that are a list', { tags: '[]' }, 400],
])('a dataset with %s is refused', async (_, body, status) => {
  const answer = await s.post3('datasets/create', { name: 'd', ...body })
  expect(answer.status).toBe(status)
})

describe('records', () => {
  test('of the same inputs are one: fields are added, outputs replaced', async () => {
    const { dataset_id: id, digest } = await create()
    const first = await upsert(id, [
      { inputs: { q: 'a', z: 1 }, expectations: { e: { x: 1 } }, tags: { t: '1' } },
      {
        inputs: { q: 'b' },
        outputs: { o: 1 },
        source: { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } },
      },
    ])
    expect(first.json).toEqual({ inserted_count: 2, updated_count: 0 })
    const second = await upsert(id, [
      { inputs: { z: 1, q: 'a' }, expectations: { e: { y: 2 }, f: null }, tags: { u: '2' } },
      { inputs: { q: 'b' }, outputs: 'text' },
      { inputs: { q: 'c' } },
      { inputs: { q: 'c' } },
    ])
    expect(second.json).toEqual({ inserted_count: 1, updated_count: 3 })
    const { records: kept } = await records(id)
    expect(kept).toMatchObject([
      {
        inputs: { q: 'a', z: 1 },
        expectations: { e: { y: 2 }, f: null },
        tags: { t: '1', u: '2' },
        outputs: {},
      },
      {
        outputs: 'text',
        source: { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } },
        source_id: 'tr-1',
      },
      { inputs: { q: 'c' } },
    ])
    const { dataset } = (await s.call('GET', `${root}/${id}`)).json
    expect(dataset.digest).not.toBe(digest)
    expect(dataset.profile).toBe('{"num_records": 3}')
    expect(JSON.parse(dataset.schema)).toEqual({
      inputs: { q: 'string', z: 'integer' },
      outputs: { o: 'integer' },
      expectations: { e: 'object', f: 'null' },
      version: '1.0',
    })
  })

  test.each([
    [['s', { a: 1 }], 'string'],
    [[{ a: 1 }, 's', { b: 'x' }], { a: 'integer', b: 'string' }],
    [[undefined, 5], 'integer'],
    [[undefined], {}],
  ])('of outputs %j have the type of the first that is told', async (outputs, type) => {
    for (const isOneRequest of [true, false]) {
      const { dataset_id } = await create()
      const records = outputs.map((one, i) => ({ inputs: { q: i }, outputs: one }))
      const requests = isOneRequest ? [records] : records.map((record) => [record])
      for (const sent of requests) {
        await s.post3(`datasets/${dataset_id}/records`, { records: JSON.stringify(sent) })
      }
      const { json } = await s.call('GET', `/api/3.0/mlflow/datasets/${dataset_id}`)
      expect(JSON.parse(json.dataset.schema).outputs).toEqual(type)
    }
  })

  test('keep integers and doubles apart', async () => {
    const { dataset_id: id } = await create()
    const sent = '[{"inputs": {"i": 9007199254740993, "d": 1.0}, "outputs": 2.0}]'
    await s.post3(`datasets/${id}/records`, { records: sent })
    const { json } = await s.call('GET', `${root}/${id}/records`)
    expect(json.records).toContain('"inputs": {"i": 9007199254740993, "d": 1.0}, "outputs": 2.0')
  })

  test('come in pages, and are deleted by their ids', async () => {
    const { dataset_id: id } = await create()
    await upsert(
      id,
      [1, 2, 3].map((q) => ({ inputs: { q } })),
    )
    const first = await records(id, '?max_results=2')
    const second = await records(id, `?max_results=2&page_token=${first.next_page_token}`)
    expect([...first.records, ...second.records].map(({ inputs }) => inputs.q)).toEqual([1, 2, 3])
    expect(second).not.toHaveProperty('next_page_token')
    const dataset_record_ids = [first.records[0].dataset_record_id, 'dr-none']
    const gone = await s.call('DELETE', `${root}/${id}/records`, { dataset_record_ids })
    expect(gone.json).toEqual({ deleted_count: 1 })
    expect((await records(id)).records).toHaveLength(2)
    expect((await records('d-none')).records).toEqual([])
    expect((await s.call('GET', `${root}/${id}/records?page_token=bad`)).status).toBe(400)
  })

  test.each([
    ['no JSON', 'nope'],
    ['no list', '{"a": 1}'],
    ['inputs that are a text', '[{"inputs": "text"}]'],
    ['a source of no kind', '[{"inputs": {}, "source": {"source_type": "ALIEN"}}]'],
    ['a record that is too long', JSON.stringify([{ inputs: { q: 'x'.repeat(500_001) } }])],
    ['levels without end', `[{"inputs": {"a": ${'['.repeat(200)}${']'.repeat(200)}}}]`],
  ])('with %s are refused', async (_, text) => {
    const { dataset_id: id } = await create()
    expect((await s.post3(`datasets/${id}/records`, { records: text })).status).toBe(400)
    expect((await records(id)).records).toEqual([])
  })

  test('of a dataset that is not there are refused', async () => {
    expect((await upsert('d-none', [])).status).toBe(404)
  })
})

test('tags are added, made texts, and deleted', async () => {
  const { dataset_id: id } = await create({ tags: '{"a": "1"}' })
  const set = (tags: object) =>
    s.call('PATCH', `${root}/${id}/tags`, { tags: JSON.stringify(tags) })
  expect((await set({ b: 2, a: null })).status).toBe(200)
  const tags = async () => JSON.parse((await s.call('GET', `${root}/${id}`)).json.dataset.tags)
  expect(await tags()).toEqual({ a: '1', b: '2' })
  for (const _ of [1, 2]) expect((await s.call('DELETE', `${root}/${id}/tags/b`)).status).toBe(200)
  expect(await tags()).toEqual({ a: '1' })
  expect((await s.call('PATCH', `${root}/d-none/tags`, { tags: '{}' })).status).toBe(404)
})

test('tags leave it as it is when and by whom a dataset was last changed', async () => {
  const { dataset_id: id, ...made } = await create({ tags: '{"mlflow.user": "me"}' })
  const last = async () => {
    const { json } = await s.call('GET', `${root}/${id}`)
    const { last_update_time: at, last_updated_by: by, digest } = json.dataset
    return { at, by, digest }
  }
  const before = await last()
  expect(before).toEqual({ at: made.last_update_time, by: 'me', digest: made.digest })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const tags = JSON.stringify({ b: '1', 'mlflow.user': 'you' })
  expect((await s.call('PATCH', `${root}/${id}/tags`, { tags })).status).toBe(200)
  expect((await s.call('DELETE', `${root}/${id}/tags/b`)).status).toBe(200)
  expect(await last()).toEqual(before)
  await upsert(id, [{ inputs: { q: 1 }, tags: { 'mlflow.user': 'you' } }])
  expect(await last()).toMatchObject({ by: 'you' })
  expect((await last()).at).toBeGreaterThan(before.at)
})

test('a dataset is put into experiments and taken out of them', async () => {
  const { dataset_id: id } = await create()
  const place = (verb: string, experiment_ids: string[], to = id) =>
    s.post3(`datasets/${to}/${verb}-experiments`, { experiment_ids })
  const added = await place('add', ['0', s.experiment])
  expect(added.json.dataset.experiment_ids).toEqual(['0', s.experiment])
  const removed = await place('remove', ['0', '99'])
  expect(removed.json.dataset.experiment_ids).toEqual([s.experiment])
  expect((await place('add', ['99'])).status).toBe(404)
  expect((await place('add', ['0'], 'd-none')).status).toBe(404)
  const ids = await s.call('GET', `${root}/${id}/experiment-ids`)
  expect(ids.json).toEqual({ experiment_ids: [s.experiment] })
})

describe('a search', () => {
  const names = async (body: object) => {
    const { json, status } = await s.post3('datasets/search', body)
    expect(status).toBe(200)
    return (json.datasets ?? []).map(({ name }: { name: string }) => name)
  }

  beforeEach(async () => {
    for (const i of [0, 1, 2]) await create({ name: `zz${i}`, tags: `{"i": "${i}"}` })
    await create({ name: 'free', experiment_ids: [] })
  })

  test.each([
    [{}, 'free zz2 zz1 zz0'],
    [{ experiment_ids: ['1'] }, 'zz2 zz1 zz0'],
    [{ filter_string: "name LIKE 'zz%' AND name != 'zz1'" }, 'zz2 zz0'],
    [{ filter_string: "name IN ('zz0')" }, 'zz0'],
    [{ filter_string: "name > 'zz0' AND name <= 'zz1'" }, 'zz1'],
    [{ filter_string: "name RLIKE '^(zz|fr)[e1]' AND name != 'zz1'" }, 'free'],
    [{ filter_string: "name rlike '[02]$'", max_results: 1 }, 'zz2'],
    [{ filter_string: "name RLIKE '('" }, ''],
    [{ filter_string: "last_updated_by RLIKE ''" }, ''],
    [{ filter_string: "tags.i = '1'" }, 'zz1'],
    [{ filter_string: 'created_time > 0', order_by: ['name'] }, 'free zz0 zz1 zz2'],
    [{ order_by: ['name DESC'], max_results: 2 }, 'zz2 zz1'],
  ])('for %j finds %s', async (body, found) => {
    expect((await names(body)).join(' ')).toBe(found)
  })

  test.each([
    [{ filter_string: "digest = 'x'" }],
    [{ filter_string: "tag.i = '1'" }],
    [{ filter_string: 'tags.i IS NULL' }],
    [{ filter_string: "tags.i RLIKE '1'" }],
    [{ filter_string: 'name RLIKE 1' }],
    [{ filter_string: "created_time RLIKE '1'" }],
    [{ filter_string: "name NOT IN ('zz0')" }],
    [{ filter_string: "created_by IN ('ann')" }],
    [{ filter_string: "tags.i IN ('1')" }],
    [{ filter_string: 'created_time = 1.5' }],
    [{ filter_string: 'last_update_time > 1e3' }],
    [{ filter_string: Array(21).fill("name RLIKE 'a'").join(' AND ') }],
    [{ order_by: ['created_by'] }],
    [{ max_results: 0 }],
    [{ max_results: 50_001 }],
  ])('for %j is refused', async (body) => {
    expect((await s.post3('datasets/search', body)).status).toBe(400)
  })

  test('goes on behind its token', async () => {
    const first = await s.post3('datasets/search', { max_results: 3 })
    expect(await names({ max_results: 3, page_token: first.json.next_page_token })).toEqual(['zz0'])
  })
})

test('one of several experiments is read by who may read all of them, and in none by its maker', async () => {
  const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const newExperiment = async (name: string) =>
    String((await admin.post('experiments/create', { name })).json.experiment_id)
  const [a, b] = [await newExperiment('a'), await newExperiment('b')]
  const people = { ann: [a, b], rex: [a, b], otto: [a] }
  for (const [name, ids] of Object.entries(people)) {
    await member(name)
    for (const id of ids) await grant(name, 'experiment', id, name === 'ann' ? 'EDIT' : 'READ')
  }
  const ann = await member('ann')
  const made = await ann.post3('datasets/create', { name: 'both', experiment_ids: [a, b] })
  const { dataset_id } = made.json.dataset
  const readBy = async (name: string) => {
    const one = await member(name)
    const got = await one.call('GET', `/api/3.0/mlflow/datasets/${dataset_id}`)
    const counts = []
    for (const experiment_ids of [[], [a], [b]]) {
      const found = await one.post3('datasets/search', { experiment_ids })
      counts.push(found.status === 200 ? (found.json.datasets ?? []).length : found.status)
    }
    return [got.status, ...counts]
  }
  expect(await readBy('ann')).toEqual([200, 1, 1, 1])
  expect(await readBy('rex')).toEqual([200, 1, 1, 1])
  expect((await readBy('otto')).slice(0, 3)).toEqual([403, 0, 0])
  const out = { experiment_ids: [a, b] }
  await ann.post3(`datasets/${dataset_id}/remove-experiments`, out)
  expect(await readBy('ann')).toEqual([200, 1, 0, 0])
  expect((await readBy('rex')).slice(0, 2)).toEqual([403, 0])
})
