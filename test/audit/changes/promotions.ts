import { type Example, type Examples, type Server, signedIn } from './example.ts'

const path = '/api/v1/policies/p'
const applies_to = { models: '*', stage: 'Production' }
const request = { model: 'm', version: '1', to: { stage: 'Production' } }

/** A request for version 1 of `m`, under a policy. */
async function opened(server: Server, policy: object): Promise<void> {
  const { call, createModel, createVersion } = server
  await createModel('m')
  await createVersion('m')
  await call('PUT', path, { applies_to, ...policy })
  await call('POST', '/api/v1/promotions', request)
}

const byRita = {
  approvals: { required: 1, from: ['user:rita', 'user:sam'] },
  break_glass: { from: ['user:rita'] },
}

/** Something that rita does to that request. */
function onRequest(verb: string, body: object | undefined, policy: object = byRita): Example {
  return async (server) => {
    await opened(server, policy)
    return () => signedIn(server, 'rita')('POST', `/api/v1/promotions/1/${verb}`, body)
  }
}

/** Policies, and requests from their beginning to each of their ends. */
export const promotionChanges: Examples = {
  'v1 putPolicy':
    async ({ call }) =>
    () =>
      call('PUT', path, { applies_to }),
  'v1 deletePolicy': async ({ call }) => {
    await call('PUT', path, { applies_to })
    return () => call('DELETE', path)
  },
  'v1 openPromotion': async ({ call, createModel, createVersion }) => {
    await createModel('m')
    await createVersion('m')
    return () => call('POST', '/api/v1/promotions', request)
  },
  'v1 reviewPromotion': onRequest('reviews', { decision: 'approve' }),
  'v1 reviewPromotion, a comment': onRequest('reviews', { decision: 'comment', comment: 'hm' }),
  'v1 reviewPromotion, a rejection': onRequest('reviews', { decision: 'reject', comment: 'no' }),
  'v1 postCheck': onRequest('checks', { name: 'ci', status: 'passed' }),
  'v1 mergePromotion': onRequest('merge', undefined, {}),
  'v1 closePromotion': async (server) => {
    await opened(server, byRita)
    return () => server.call('POST', '/api/v1/promotions/1/close', {})
  },
  'v1 breakGlass': onRequest('break-glass', { reason: 'production is down' }),
  'v1 followUp': async (server) => {
    await (await onRequest('break-glass', { reason: 'production is down' })(server))()
    return () => signedIn(server, 'sam')('POST', '/api/v1/promotions/1/follow-up', {})
  },
}
