import type { Example, Examples, Server } from './example.ts'

const root = '/api/3.0/mlflow'
const experiment_id = '0'

/** Sends one call of an area, about what it made. */
function on(
  made: (server: Server) => Promise<string>,
  call: (id: string) => [string, string, object],
): Example {
  return async (server) => {
    const [method, path, body] = call(await made(server))
    return () => server.call(method, `${root}/${path}`, body)
  }
}

const nothing = async () => ''
const schema = { experiment_id, name: 's', type: 'FEEDBACK', input: { text: {} } }
const queue = { experiment_id, name: 'q', queue_type: 'CUSTOM', users: ['ann'] }
const issue = { experiment_id, name: 'slow', description: 'd' }

const schemaIn = async ({ call }: Server): Promise<string> =>
  (await call('POST', `${root}/label-schemas/create`, schema)).json.label_schema.schema_id
const queueIn = async ({ call }: Server): Promise<string> =>
  (await call('POST', `${root}/review-queues/create`, queue)).json.review_queue.queue_id
const issueIn = async ({ call }: Server): Promise<string> =>
  (await call('POST', `${root}/issues`, issue)).json.issue.issue_id

/** What people are asked about traces, who is to look at them, and what was found in them. */
export const judgingChanges: Examples = {
  createLabelSchema: on(nothing, () => ['POST', 'label-schemas/create', schema]),
  updateLabelSchema: on(schemaIn, (schema_id) => [
    ...(['PATCH', 'label-schemas/update'] as const),
    { schema_id, name: 't' },
  ]),
  deleteLabelSchema: on(schemaIn, (schema_id) => ['DELETE', 'label-schemas/delete', { schema_id }]),
  createReviewQueue: on(nothing, () => ['POST', 'review-queues/create', queue]),
  getOrCreateUserQueue: on(nothing, () => [
    ...(['POST', 'review-queues/get-or-create-user'] as const),
    { experiment_id, user: 'ann' },
  ]),
  updateReviewQueue: on(queueIn, (queue_id) => [
    ...(['POST', 'review-queues/update'] as const),
    { queue_id, name: 'r' },
  ]),
  deleteReviewQueue: on(queueIn, (queue_id) => ['POST', 'review-queues/delete', { queue_id }]),
  createIssue: on(nothing, () => ['POST', 'issues', issue]),
  updateIssue: on(issueIn, (id) => ['PATCH', `issues/${id}`, { status: 'resolved' }]),
}
