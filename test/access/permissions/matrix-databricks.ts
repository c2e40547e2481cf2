import type { Ask, Row } from './matrix.ts'
import type { World } from './world.ts'

const root = '/api/2.0/mlflow'
const get = (path: string): Ask => ({ method: 'GET', path: `${root}/${path}` })
const send =
  (method: string) =>
  (path: string, body: object): Ask => ({ method, path: `${root}/${path}`, body })
const post = send('POST')
const patch = send('PATCH')
const del = send('DELETE')

const newHook = {
  events: ['MODEL_VERSION_CREATED'],
  http_url_spec: { url: 'https://hooks.example.com/c' },
}

/** A version that nobody asked anything for, and the stage to ask for. */
async function toStage(w: World) {
  return { name: w.model, version: await w.newVersion(), stage: 'Staging' }
}

async function requested(w: World) {
  const request = await toStage(w)
  await w.asAdmin(post('transition-requests/create', request))
  return request
}

async function newComment(w: World): Promise<string> {
  const said = { name: w.model, version: '1', comment: 'looks odd' }
  return (await w.asAdmin(post('comments/create', said))).comment.id
}

async function newRegistryWebhook(w: World): Promise<string> {
  return (await w.asAdmin(post('registry-webhooks/create', newHook))).webhook.id
}

/** Of Databricks' dialect, as docs/databricks.md has it; no policy guards the stage that is asked for. */
export const databricksRows: Readonly<Record<string, Row>> = {
  createTransitionRequest: [
    'EDIT',
    async (w) => post('transition-requests/create', await toStage(w)),
  ],
  listTransitionRequests: [
    'READ',
    (w) => get(`transition-requests/list?name=${w.model}&version=1`),
  ],
  approveTransitionRequest: [
    'EDIT',
    async (w) =>
      post('transition-requests/approve', {
        ...(await requested(w)),
        archive_existing_versions: false,
      }),
  ],
  rejectTransitionRequest: [
    'EDIT',
    async (w) => post('transition-requests/reject', await requested(w)),
  ],
  deleteTransitionRequest: [
    'admin',
    async (w) => del('transition-requests/delete', { ...(await requested(w)), creator: 'admin' }),
  ],
  createComment: [
    'READ',
    (w) => post('comments/create', { name: w.model, version: '1', comment: 'looks fine' }),
  ],
  updateComment: [
    'admin',
    async (w) => patch('comments/update', { id: await newComment(w), comment: 'looks fine' }),
  ],
  deleteComment: ['admin', async (w) => del('comments/delete', { id: await newComment(w) })],
  createRegistryWebhook: ['manage_webhooks', () => post('registry-webhooks/create', newHook)],
  listRegistryWebhooks: ['manage_webhooks', () => get('registry-webhooks/list')],
  updateRegistryWebhook: [
    'manage_webhooks',
    async (w) =>
      patch('registry-webhooks/update', { id: await newRegistryWebhook(w), status: 'DISABLED' }),
  ],
  deleteRegistryWebhook: [
    'manage_webhooks',
    async (w) => del('registry-webhooks/delete', { id: await newRegistryWebhook(w) }),
  ],
  testRegistryWebhook: [
    'manage_webhooks',
    async (w) => post('registry-webhooks/test', { id: await newRegistryWebhook(w) }),
  ],
  getDatabricksModel: ['READ', (w) => get(`databricks/registered-models/get?name=${w.model}`)],
  transitionDatabricksStage: [
    'EDIT',
    async (w) =>
      post('databricks/model-versions/transition-stage', {
        ...(await toStage(w)),
        archive_existing_versions: false,
      }),
  ],
}
