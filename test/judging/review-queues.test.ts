import { beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const clock = new Clock()

beforeEach(async () => {
  s = await traceServer({ now: clock.now })
})

const labels = '/api/3.0/mlflow/label-schemas'
const queues = '/api/3.0/mlflow/review-queues'
const post = (path: string, body: object) =>
  s.call('POST', path, { experiment_id: s.experiment, ...body })
const get = (path: string, query: object) =>
  s.call('GET', `${path}?${new URLSearchParams({ experiment_id: s.experiment, ...query })}`)
const label = (body: object) => post(`${labels}/create`, { name: 'ok?', type: 'FEEDBACK', ...body })
const newLabel = async (body: object): Promise<Json> => (await label(body)).json.label_schema
const queue = (body: object = {}) =>
  post(`${queues}/create`, { name: 'q1', queue_type: 'CUSTOM', ...body })
const newQueue = async (body: object = {}): Promise<Json> => (await queue(body)).json.review_queue

describe('a label schema', () => {
  test.each([
    [
      'yes or no',
      { pass_fail: { positive_label: 'Yes', negative_label: 'No' } },
      { pass_fail: { positive_label: 'Y', negative_label: 'N' } },
    ],
    [
      'one of several',
      { categorical: { options: ['a', 'b'], multi_select: true } },
      { categorical: { options: ['a', 'b', 'c'], multi_select: true } },
    ],
    [
      'a number',
      { numeric: { min_value: 1, max_value: 5 } },
      { numeric: { min_value: 1, max_value: 9 } },
    ],
    ['a text', { text: { max_length: 9 } }, { text: {} }],
  ])('of %s is kept, found by its id and by its name, and changed', async (_, input, later) => {
    const made = await newLabel({ input, instruction: 'i', enable_comment: true })
    expect(made).toEqual({
      schema_id: expect.stringMatching(/^ls-[0-9a-f]{32}$/),
      ...{ experiment_id: s.experiment, name: 'ok?', type: 'FEEDBACK', instruction: 'i' },
      ...{ enable_comment: true, input, is_default: false },
      ...{ created_at: clock.ms, last_updated_at: clock.ms },
    })
    const { schema_id } = made
    expect((await get(`${labels}/get`, { schema_id })).json.label_schema).toEqual(made)
    expect((await get(`${labels}/get-by-name`, { name: 'ok?' })).json.label_schema).toEqual(made)
    clock.pass(7)
    const change = { schema_id, name: 'okay', enable_comment: false, input: later }
    const changed = (await s.call('PATCH', `${labels}/update`, change)).json.label_schema
    expect(changed).toEqual({ ...made, ...change, last_updated_at: clock.ms })
    await s.call('DELETE', `${labels}/delete`, { schema_id })
    expect((await s.call('DELETE', `${labels}/delete`, { schema_id })).status).toBe(200)
    const gone = await get(`${labels}/get`, { schema_id })
    expect(gone.json.message).toBe(`Label schema with id '${schema_id}' not found.`)
  })

  const text = { input: { text: {} } }
  test.each([
    ['without input', {}, 'exactly one of `pass_fail`, `categorical`, `numeric`, or `text`'],
    ['of two kinds', { input: { text: {}, numeric: {} } }, 'exactly one of'],
    ['without type', { ...text, type: undefined }, 'type'],
    ['of another type', { ...text, type: 'OTHER' }, 'type'],
    ['without name', { ...text, name: '' }, "Missing value for required parameter 'name'"],
    ['of too long a name', { ...text, name: 'n'.repeat(251) }, 'name'],
    [
      'of the default name',
      { ...text, name: ' feedBACK ' },
      "reserved for the experiment's default question",
    ],
    [
      'of too long an instruction',
      { ...text, instruction: 'i'.repeat(1001) },
      'Label schema `instruction` must be at most 1000 characters; got 1001.',
    ],
    [
      'of two equal labels',
      { input: { pass_fail: { positive_label: 'A', negative_label: 'A' } } },
      "must be distinct; got 'A' for both",
    ],
    [
      'with too long a label',
      { input: { pass_fail: { positive_label: 'a'.repeat(65), negative_label: 'n' } } },
      '`InputPassFail.positive_label` must be at most 64 characters; got 65.',
    ],
    [
      'with too long an option',
      { input: { categorical: { options: ['a'.repeat(65)] } } },
      '`InputCategorical.options` entries must be at most 64 characters',
    ],
    [
      'of too many options',
      { input: { categorical: { options: [...'abcdefghijk'] } } },
      '`InputCategorical.options` must have at most 10 entries; got 11.',
    ],
    [
      'with an empty label',
      { input: { pass_fail: { positive_label: 'y' } } },
      '`InputPassFail.negative_label` must be a non-empty string',
    ],
    [
      'without options',
      { input: { categorical: { options: [] } } },
      '`InputCategorical.options` must be a non-empty list',
    ],
    [
      'of one option twice',
      { input: { categorical: { options: ['a', 'a'] } } },
      'must be deduplicated',
    ],
    [
      'of no number',
      { input: { numeric: { min_value: 5, max_value: 1 } } },
      'must be strictly less than `max_value`; got min=5, max=1',
    ],
    [
      'of no text',
      { input: { text: { max_length: 0 } } },
      '`InputText.max_length` must be at least 1; got 0',
    ],
  ])('%s is refused', async (_, body, message) => {
    const refused = await label(body)
    expect(refused.status).toBe(400)
    expect(refused.json.message).toContain(message)
  })

  test('of one of several stays so: answers to it are there', async () => {
    const { schema_id } = await newLabel({ input: { categorical: { options: ['a'] } } })
    const several = { categorical: { options: ['a'], multi_select: true } }
    const refused = await s.call('PATCH', `${labels}/update`, { schema_id, input: several })
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining('`InputCategorical.multi_select` cannot be changed after creation'),
    ])
  })

  test('has a name of its own in its experiment, which is there', async () => {
    await newLabel(text)
    const again = await label(text)
    expect([again.status, again.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    const other = await newLabel({ ...text, name: 'other' })
    const change = { schema_id: other.schema_id, name: 'ok?' }
    const taken = await s.call('PATCH', `${labels}/update`, change)
    expect(taken.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    expect((await label({ ...text, experiment_id: '999' })).status).toBe(404)
  })

  test('stands behind the default one of its experiment, which stays as it is', async () => {
    for (const name of ['a', 'b']) await newLabel({ ...text, name })
    const found: string[] = []
    let page_token: string | undefined
    do {
      const page = await get(`${labels}/list`, {
        max_results: 1,
        ...(page_token ? { page_token } : {}),
      })
      found.push(...page.json.label_schemas.map(({ name }: Json) => name))
      page_token = page.json.next_page_token
    } while (page_token)
    expect(found).toEqual(['Feedback', 'b', 'a'])
    const own = (await get(`${labels}/get-by-name`, { name: 'Feedback' })).json.label_schema
    expect(own).toMatchObject({ is_default: true, type: 'FEEDBACK', input: { text: {} } })
    const { schema_id } = own
    expect((await get(`${labels}/get`, { schema_id })).json.label_schema).toEqual(own)
    const changed = await s.call('PATCH', `${labels}/update`, { schema_id, name: 'x' })
    const deleted = await s.call('DELETE', `${labels}/delete`, { schema_id })
    expect([changed.status, deleted.status]).toEqual([400, 400])
    expect(deleted.json.message).toBe("The experiment's default question cannot be deleted.")
    expect((await queue({ schema_ids: [schema_id] })).status).toBe(200)
  })
})

describe('a review queue', () => {
  test('is kept, found and changed', async () => {
    const { schema_id } = await newLabel({ input: { text: {} } })
    const named = { users: ['Kim', ' al ', 'kim'], schema_ids: [schema_id, schema_id] }
    const made = await newQueue({ ...named, name: ' q1 ' })
    expect(made).toEqual({
      queue_id: expect.stringMatching(/^rq-[0-9a-f]{32}$/),
      ...{ experiment_id: s.experiment, name: 'q1', queue_type: 'CUSTOM' },
      ...{ creation_time_ms: clock.ms, last_update_time_ms: clock.ms },
      ...{ users: ['al', 'kim'], schema_ids: [schema_id] },
    })
    const { queue_id } = made
    expect((await get(`${queues}/get`, { queue_id })).json.review_queue).toEqual(made)
    expect((await get(`${queues}/get-by-name`, { name: 'Q1' })).json.review_queue).toEqual(made)
    const update = async (body: object) =>
      (await s.call('POST', `${queues}/update`, { queue_id, ...body })).json.review_queue
    expect((await update({ users: ['lee'] })).users).toEqual(['al', 'kim'])
    expect((await update({ users: ['lee'], update_users: true })).users).toEqual(['lee'])
    expect(
      await update({ update_schema_ids: true, name: ' Q2', new_owner: ' Max ' }),
    ).not.toHaveProperty('schema_ids')
    expect((await get(`${queues}/get`, { queue_id })).json.review_queue).toMatchObject({
      name: 'Q2',
      created_by: 'Max',
    })
    for (const _ of [1, 2]) {
      expect((await s.call('POST', `${queues}/delete`, { queue_id })).status).toBe(200)
    }
    expect((await get(`${queues}/get`, { queue_id })).status).toBe(404)
  })

  test('of a user is made once, and does not change', async () => {
    const open = (user: string) => post(`${queues}/get-or-create-user`, { user })
    const [first, second] = await Promise.all([open('Kim'), open('kim')])
    expect(first?.json).toEqual(second?.json)
    const { review_queue } = (await open('KIM')).json
    expect(review_queue).toMatchObject({
      name: 'kim',
      queue_type: 'USER',
      users: ['kim'],
      created_by: 'kim',
    })
    const change = { queue_id: review_queue.queue_id, name: 'x' }
    expect((await s.call('POST', `${queues}/update`, change)).json.message).toContain('are fixed')
    await queue({ name: 'Max' })
    const taken = await open('max')
    expect(taken.json.message).toContain("A non-user queue named 'max' already exists")
    expect((await queue({ name: 'Lee', queue_type: 'USER', users: ['x'] })).status).toBe(400)
    expect((await newQueue({ name: 'Lee', queue_type: 'USER' })).users).toEqual(['lee'])
  })

  test.each([
    ['without name', { name: ' ' }, 400, '`name` must be a non-empty string'],
    ['without type', { queue_type: undefined }, 400, 'queue_type'],
    ['of the reserved name', { name: 'Default' }, 400, '`Default` is a reserved queue name'],
    ['with a user without name', { users: ['a', ' '] }, 400, '`user` must be a non-empty string'],
    [
      'of a label schema that is not there',
      { schema_ids: ['ls-x'] },
      400,
      "Label schema id(s) ['ls-x'] not found",
    ],
    ['of an experiment that is not there', { experiment_id: '999' }, 404, '999'],
    [
      'of too many users',
      { users: [...'abcdefghijk'] },
      400,
      'A review queue can have at most 10 assigned users; got 11.',
    ],
  ])('%s is refused', async (_, body, status, message) => {
    const refused = await queue(body)
    expect(refused.status).toBe(status)
    expect(refused.json.message).toContain(message)
  })

  test('of a user asks all questions, and not some', async () => {
    const { schema_id } = await newLabel({ input: { text: {} } })
    const refused = await queue({ name: 'kim', queue_type: 'USER', schema_ids: [schema_id] })
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining('A user queue cannot have explicitly-attached schemas'),
    ])
  })

  test('asks what it asked as long as it has items, and takes other people meanwhile', async () => {
    const [one, other] = [
      await newLabel({ name: 'one', input: { text: {} } }),
      await newLabel({ name: 'other', input: { text: {} } }),
    ]
    await s.info()
    const { queue_id } = await newQueue({ schema_ids: [one.schema_id] })
    const item = { queue_id, item_ids: [traceId()] }
    await s.call('POST', `${queues}/items/add`, item)
    const update = (body: object) => s.call('POST', `${queues}/update`, { queue_id, ...body })
    const ask = { update_schema_ids: true, schema_ids: [other.schema_id] }
    const refused = await update({ ...ask, name: 'renamed' })
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining('questions are locked once items are assigned to it'),
    ])
    expect((await get(`${queues}/get`, { queue_id })).json.review_queue.name).toBe('q1')
    const users = await update({ update_users: true, users: ['kim'] })
    expect(users.json.review_queue.users).toEqual(['kim'])
    await s.call('POST', `${queues}/items/remove`, item)
    expect((await update(ask)).json.review_queue.schema_ids).toEqual([other.schema_id])
  })

  test('that gets its first item while its questions change has the one or the other', async () => {
    const { schema_id } = await newLabel({ input: { text: {} } })
    await s.info()
    for (let i = 0; i < 8; i++) {
      const { queue_id } = await newQueue({ name: `q${i}` })
      const ask = { queue_id, update_schema_ids: true, schema_ids: [schema_id] }
      const [changed, added] = await Promise.all([
        s.call('POST', `${queues}/update`, ask),
        s.call('POST', `${queues}/items/add`, { queue_id, item_ids: [traceId()] }),
      ])
      expect(added.status).toBe(200)
      const now = (await get(`${queues}/get`, { queue_id })).json.review_queue.schema_ids ?? []
      expect(now).toEqual(changed.status === 200 ? [schema_id] : [])
    }
  })

  test('has a name of its own in its experiment, in whatever case', async () => {
    await queue()
    const again = await queue({ name: 'Q1' })
    expect(again.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    const { queue_id } = await newQueue({ name: 'other' })
    const renamed = await s.call('POST', `${queues}/update`, { queue_id, name: 'q1' })
    expect(renamed.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    const reserved = await s.call('POST', `${queues}/update`, { queue_id, name: 'Default' })
    expect(reserved.json.message).toContain('`Default` is a reserved queue name')
  })

  test('is listed by its user and its traces, the newest first', async () => {
    await s.info()
    for (const [name, user] of [
      ['a', 'kim'],
      ['b', 'lee'],
      ['c', 'kim'],
    ]) {
      const { queue_id } = await newQueue({ name, users: [user] })
      if (name !== 'c')
        await s.call('POST', `${queues}/items/add`, { queue_id, item_ids: [traceId()] })
    }
    const names = async (query: object) =>
      ((await get(`${queues}/list`, query)).json.review_queues ?? []).map(({ name }: Json) => name)
    expect(await names({})).toEqual(['c', 'b', 'a'])
    expect(await names({ user: 'KIM' })).toEqual(['c', 'a'])
    expect(await names({ item_id: traceId() })).toEqual(['b', 'a'])
    const first = (await get(`${queues}/list`, { max_results: 2 })).json
    expect(await names({ max_results: 2, page_token: first.next_page_token })).toEqual(['a'])
  })
})

describe('items of a queue', () => {
  let queue_id: string
  beforeEach(async () => {
    for (const trace of [1, 2, 3]) await s.info({}, trace)
    queue_id = (await newQueue()).queue_id
  })
  const add = (...item_ids: string[]) =>
    s.call('POST', `${queues}/items/add`, { queue_id, item_ids })
  const list = async (query: object = {}): Promise<Json> =>
    (await get(`${queues}/items/list`, { queue_id, ...query })).json
  const idsIn = ({ items = [] }: Json) => items.map(({ item_id }: Json) => item_id)
  const settle = (item_id: string, status: string, completed_by?: string) =>
    s.call('POST', `${queues}/items/set-status`, { queue_id, item_id, status, completed_by })

  test('are put in once, looked at, and taken out', async () => {
    const added = (await add(traceId(2), traceId(1), traceId(2))).json
    expect(idsIn(added)).toEqual([traceId(2), traceId(1)])
    expect(added.items[0]).toEqual({
      ...{ queue_id, item_type: 'TRACE', item_id: traceId(2), status: 'PENDING' },
      ...{ creation_time_ms: clock.ms, last_update_time_ms: clock.ms },
    })
    clock.pass(5)
    const done = (await settle(traceId(1), 'COMPLETE', 'kim')).json.item
    expect(done).toMatchObject({
      status: 'COMPLETE',
      completed_by: 'kim',
      completed_time_ms: clock.ms,
    })
    expect((await add(traceId(1))).json.items[0]).toEqual(done)
    expect(idsIn(await list({ status: 'PENDING' }))).toEqual([traceId(2)])
    expect((await settle(traceId(1), 'PENDING')).json.item).not.toHaveProperty('completed_by')
    const first = await list({ max_results: 1 })
    const second = await list({ max_results: 1, page_token: first.next_page_token })
    // Of one request by their ids, however they were named.
    expect([idsIn(first), idsIn(second)]).toEqual([[traceId(1)], [traceId(2)]])
    const remove = { queue_id, item_ids: [traceId(2), 'tr-none'] }
    expect((await s.call('POST', `${queues}/items/remove`, remove)).status).toBe(200)
    expect(idsIn(await list())).toEqual([traceId(1)])
    await s.post('traces/delete-traces', { experiment_id: s.experiment, request_ids: [traceId(1)] })
    expect(await list()).toEqual({ next_page_token: '' })
  })

  test('are all of the experiment of the queue, or none is put in', async () => {
    const refused = await add(traceId(1), 'tr-none')
    expect(refused.status).toBe(404)
    expect(refused.json.message).toBe(
      `Cannot attach trace(s) ['tr-none'] to review queue '${queue_id}': they do not exist in experiment '${s.experiment}'.`,
    )
    await s.info({ trace_location: { mlflow_experiment: { experiment_id: '0' } } }, 9)
    expect((await add(traceId(9))).status).toBe(404)
    expect(await list()).toEqual({ next_page_token: '' })
  })

  test('say who looked at them, and only then', async () => {
    await add(traceId(1))
    expect((await settle(traceId(1), 'COMPLETE')).json.message).toContain(
      '`completed_by` is required',
    )
    expect((await settle(traceId(1), 'PENDING', 'kim')).json.message).toContain('must not be set')
    expect((await settle('tr-x', 'DECLINED', 'kim')).json.message).toBe(
      `Item 'tr-x' is not attached to review queue '${queue_id}'.`,
    )
    expect((await settle(traceId(1), 'COMPLETE', ' ')).json.message).toContain('is required')
    expect((await add()).json.message).toContain('must be a non-empty list')
    expect((await add(traceId(1), ' ')).json.message).toContain('must be a non-empty string')
    expect(idsIn((await add(` ${traceId(1)} `)).json)).toEqual([traceId(1)])
    const none = { queue_id: 'rq-x', item_ids: ['a'] }
    for (const verb of ['add', 'remove']) {
      expect((await s.call('POST', `${queues}/items/${verb}`, none)).status).toBe(404)
    }
  })
})

test('who looked at a trace first is told, until somebody says that it is to be looked at again', async () => {
  await s.info()
  const { queue_id } = await newQueue()
  await s.call('POST', `${queues}/items/add`, { queue_id, item_ids: [traceId()] })
  const settle = async (status: string, completed_by?: string) => {
    const said = { queue_id, item_id: traceId(), status, completed_by }
    return (await s.call('POST', `${queues}/items/set-status`, said)).json.item
  }
  const first = await settle('COMPLETE', 'Kim')
  expect(first.completed_by).toBe('kim')
  clock.pass(5)
  expect(await settle('COMPLETE', 'lee')).toEqual(first)
  expect((await settle('DECLINED', 'lee')).completed_by).toBe('lee')
  expect(await settle('PENDING')).not.toHaveProperty('completed_by')
})

test('a label schema that is deleted is asked by no queue any more', async () => {
  const [one, other] = [
    await newLabel({ name: 'one', input: { text: {} } }),
    await newLabel({ name: 'other', input: { text: {} } }),
  ]
  const made = await newQueue({ schema_ids: [one.schema_id, other.schema_id] })
  await s.call('DELETE', `${labels}/delete`, { schema_id: one.schema_id })
  const read = await get(`${queues}/get`, { queue_id: made.queue_id })
  expect(read.json.review_queue.schema_ids).toEqual([other.schema_id])
})
