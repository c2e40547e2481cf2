import type { Examples, Server } from './example.ts'

const version = { name: 'm', version: '1' }
const toProduction = { ...version, stage: 'Production' }
const url = 'https://receiver.example/'

/** Databricks' dialect: requests, comments on versions, registry webhooks. */
export const databricksChanges: Examples = {
  createTransitionRequest: async (server) => {
    await guarded(server)
    return () => server.post('transition-requests/create', toProduction)
  },
  approveTransitionRequest: async (server) => {
    await requested(server)
    return () => server.post('transition-requests/approve', toProduction)
  },
  rejectTransitionRequest: async (server) => {
    await requested(server)
    return () => server.post('transition-requests/reject', toProduction)
  },
  deleteTransitionRequest: async (server) => {
    await requested(server)
    return () => server.del('transition-requests/delete', { ...toProduction, creator: 'anonymous' })
  },
  transitionDatabricksStage: async (server) => {
    await registered(server)
    return () => server.post('databricks/model-versions/transition-stage', toProduction)
  },
  createComment: async (server) => {
    await registered(server)
    return () => server.post('comments/create', { ...version, comment: 'looks odd' })
  },
  updateComment: async (server) => {
    const id = await commented(server)
    return () => server.patch('comments/update', { id, comment: 'looks fine' })
  },
  deleteComment: async (server) => {
    const id = await commented(server)
    return () => server.del('comments/delete', { id })
  },
  createRegistryWebhook: async (server) => () => createWebhook(server),
  updateRegistryWebhook: async (server) => {
    const { id } = (await createWebhook(server)).json.webhook
    return () => server.patch('registry-webhooks/update', { id, status: 'DISABLED' })
  },
  deleteRegistryWebhook: async (server) => {
    const { id } = (await createWebhook(server)).json.webhook
    return () => server.del('registry-webhooks/delete', { id })
  },
}

async function registered({ createModel, createVersion }: Server): Promise<void> {
  await createModel('m')
  await createVersion('m')
}

/** Two approvals are needed, so that one moves nothing; with access control off anybody gives them. */
async function guarded(server: Server): Promise<void> {
  await registered(server)
  const made = await server.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'm', stage: 'Production' },
    approvals: {
      required: 2,
      from: ['user:anonymous', 'user:ada'],
      allow_unverified: true,
      self_approval: true,
      author_may_approve: true,
    },
  })
  if (made.status >= 300) throw new Error(made.text)
}

async function requested(server: Server): Promise<void> {
  await guarded(server)
  await server.post('transition-requests/create', toProduction)
}

async function commented(server: Server): Promise<string> {
  await registered(server)
  const made = await server.post('comments/create', { ...version, comment: 'looks odd' })
  return made.json.comment.id
}

function createWebhook({ post }: Server) {
  const events = ['MODEL_VERSION_CREATED']
  return post('registry-webhooks/create', { events, http_url_spec: { url } })
}
