import { type Example, type Examples, onModel, signedIn } from './example.ts'

const hold = '/api/v1/models/m/versions/1/hold'

const deployment = '/api/v1/deployments/d'
const rule = '/api/v1/retention/rules/r'
const keepOne = { models: 'm', keep: { last: 1 } }

const split = { model: 'm', variants: [{ name: 'a', uri: 'models:/m/1', weight: 1 }] }

const growing = {
  model: 'm',
  variants: [
    ...split.variants,
    { name: 'b', uri: 'models:/m/2', steps: [{ weight: 5, minutes: 10 }, { weight: 100 }] },
  ],
}

/** What people do with a canary under way. @param before is done to it first */
function onCanary(change: string, before: readonly string[] = []): Example {
  return async (server) => {
    await server.createModel('m')
    await server.call('PUT', deployment, growing)
    const make = (what: string) => server.call('POST', `${deployment}/${what}`, { reason: 'r' })
    for (const what of before) await make(what)
    return () => make(change)
  }
}

/** Stages, ways back, legal holds and deployments. */
export const stageChanges: Examples = {
  'v1 replaceStages': async ({ call }) => {
    const items = ['None', 'Staging', 'QA', 'Production', 'Archived'].map((name) => ({ name }))
    return () => call('PUT', '/api/v1/stages', { items })
  },
  'v1 rollBackStage': async (server) => {
    const { call, createModel, createVersion, transition } = server
    await createModel('m')
    for (const version of ['1', '2']) {
      await createVersion('m')
      await transition('m', version, 'Production', { archive_existing_versions: true })
    }
    const body = { stage: 'Production', reason: 'worse' }
    return () => call('POST', '/api/v1/models/m/rollback', body)
  },
  'v1 putDeployment': onModel(({ call }) => call('PUT', deployment, split)),
  'v1 deleteDeployment': async (server) => {
    await server.createModel('m')
    await server.call('PUT', deployment, split)
    return () => server.call('DELETE', deployment)
  },
  'v1 pauseDeployment': onCanary('pause'),
  'v1 resumeDeployment': onCanary('resume', ['pause']),
  'v1 promoteDeployment': onCanary('promote'),
  'v1 rollbackDeployment': onCanary('rollback'),
  'v1 putRetentionRule':
    async ({ call }) =>
    () =>
      call('PUT', rule, keepOne),
  'v1 deleteRetentionRule': async ({ call }) => {
    await call('PUT', rule, keepOne)
    return () => call('DELETE', rule)
  },
  'v1 runRetention': async (server) => {
    const { call, createModel, createVersion } = server
    await createModel('m')
    await createVersion('m')
    await createVersion('m')
    await call('PUT', rule, keepOne)
    const { preview } = (await call('POST', `${rule}/preview`)).json
    return () => call('POST', `${rule}/run`, { preview })
  },
  'v1 placeHold': onModel(({ call }) => call('PUT', hold, { reason: 'a lawsuit' })),
  'v1 liftHold': async (server) => {
    const call = await onModel(({ call }) => call('PUT', hold, { reason: 'a lawsuit' }))(server)
    await call()
    const root = signedIn(server, 'root', { isAdmin: true })
    return () => root('DELETE', hold)
  },
}
