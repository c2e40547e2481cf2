import { beforeEach, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const root = '/api/3.0/mlflow'

beforeEach(async () => {
  s = await traceServer()
})

const call = (method: string, path: string, body: object) =>
  s.call(method, `${root}/${path}`, { experiment_id: s.experiment, ...body })
const entries = async () => {
  const { json } = await s.call('GET', '/api/v1/audit')
  return json.items
    .toReversed()
    .map(({ action, before, after }: Json) => ({ action, before, after }))
}

test('the audit log tells what people are asked, from what to what it was changed, and its end', async () => {
  const made = await call('POST', 'label-schemas/create', {
    ...{ name: 'ok?', type: 'FEEDBACK', input: { text: {} } },
  })
  const { schema_id } = made.json.label_schema
  await call('PATCH', 'label-schemas/update', { schema_id, name: 'good?', instruction: 'read it' })
  await call('DELETE', 'label-schemas/delete', { schema_id })
  await call('DELETE', 'label-schemas/delete', { schema_id })
  const same = {
    experiment: s.experiment,
    schema: schema_id,
    type: 'FEEDBACK',
    input: { text: {} },
  }
  const first = { ...same, name: 'ok?', instruction: null }
  const last = { ...same, name: 'good?', instruction: 'read it' }
  expect(await entries()).toEqual([
    { action: 'label_schema.created', before: undefined, after: first },
    { action: 'label_schema.changed', before: first, after: last },
    { action: 'label_schema.deleted', before: last, after: undefined },
  ])
})

test('the audit log tells who is to look at traces', async () => {
  const made = await call('POST', 'review-queues/create', {
    ...{ name: 'Hard', queue_type: 'CUSTOM', users: ['ann'] },
  })
  const { queue_id } = made.json.review_queue
  await call('POST', 'review-queues/update', { queue_id, users: ['bob'], update_users: true })
  await call('POST', 'review-queues/delete', { queue_id })
  await call('POST', 'review-queues/delete', { queue_id })
  const same = {
    experiment: s.experiment,
    queue: queue_id,
    name: 'Hard',
    type: 'CUSTOM',
    schemas: [],
  }
  expect(await entries()).toEqual([
    { action: 'review_queue.created', before: undefined, after: { ...same, users: ['ann'] } },
    {
      action: 'review_queue.changed',
      before: { ...same, users: ['ann'] },
      after: { ...same, users: ['bob'] },
    },
    { action: 'review_queue.deleted', before: { ...same, users: ['bob'] }, after: undefined },
  ])
})

test("a user's queue is told of once, and what is refused not at all", async () => {
  await call('POST', 'review-queues/get-or-create-user', { user: 'ann' })
  await call('POST', 'review-queues/get-or-create-user', { user: 'ann' })
  const taken = await call('POST', 'review-queues/create', { name: 'ANN', queue_type: 'CUSTOM' })
  expect(taken.status).toBe(400)
  expect((await call('PATCH', 'issues/iss-none', { status: 'resolved' })).status).toBe(404)
  const told = await entries()
  expect(told.map(({ action }: Json) => action)).toEqual(['review_queue.created'])
})

test('the audit log tells what was found in traces, and what became of it', async () => {
  const made = await call('POST', 'issues', { name: 'slow', description: 'd', severity: 'low' })
  const { issue_id } = made.json.issue
  await call('PATCH', `issues/${issue_id}`, { status: 'resolved' })
  const found = {
    ...{ experiment: s.experiment, issue: issue_id, name: 'slow' },
    ...{ status: 'pending', severity: 'low' },
  }
  expect(await entries()).toEqual([
    { action: 'issue.created', before: undefined, after: found },
    { action: 'issue.changed', before: found, after: { ...found, status: 'resolved' } },
  ])
})
