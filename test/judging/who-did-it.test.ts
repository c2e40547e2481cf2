import { expect, test } from 'vitest'
import { team } from '../support/team.ts'
import { traceId } from '../support/trace-server.ts'

async function judged() {
  const { admin, member, grant } = await team()
  const made = await admin.post('experiments/create', { name: 'judged' })
  const experiment_id: string = made.json.experiment_id
  const ann = await member('ann')
  await grant('ann', 'experiment', experiment_id, 'EDIT')
  const issue = { experiment_id, name: 'wrong', description: 'd', created_by: 'bob' }
  return { admin, ann, experiment_id, issue }
}

test('who signed in made an issue and completed a review, whatever the client says', async () => {
  const { ann, experiment_id, issue } = await judged()
  const made = await ann.post3('issues', issue)
  expect([made.status, made.json.issue.created_by]).toEqual([200, 'ann'])
  const trace_location = { mlflow_experiment: { experiment_id } }
  const info = { trace_id: traceId(), trace_location, request_time: '2026-01-01T00:00:00Z' }
  expect((await ann.post3('traces', { trace: { trace_info: info } })).status).toBe(200)
  const queue = await ann.post3('review-queues/create', {
    experiment_id,
    name: 'q',
    queue_type: 'CUSTOM',
    users: ['ann'],
  })
  const { queue_id } = queue.json.review_queue ?? queue.json.queue
  await ann.post3('review-queues/items/add', { queue_id, item_ids: [traceId()] })
  const said = { queue_id, item_id: traceId(), status: 'COMPLETE', completed_by: 'bob' }
  const set = await ann.post3('review-queues/items/set-status', said)
  expect([set.status, set.json.item?.completed_by]).toEqual([200, 'ann'])
})

test('an issue of a deleted experiment stays as it is', async () => {
  const { admin, ann, experiment_id, issue } = await judged()
  const made = await ann.post3('issues', issue)
  const { issue_id } = made.json.issue
  await admin.post('experiments/delete', { experiment_id })
  const path = `/api/3.0/mlflow/issues/${issue_id}`
  const changed = await ann.call('PATCH', path, { issue_id, name: 'other' })
  expect([changed.status, changed.json.message]).toEqual([400, expect.stringContaining('deleted')])
  expect((await ann.call('GET', path)).json.issue.name).toBe('wrong')
})
