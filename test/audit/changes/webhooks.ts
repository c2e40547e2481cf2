import type { Example, Examples, Server } from './example.ts'

const mlflow = '/api/2.0/mlflow/webhooks'
const ours = '/api/v1/webhooks'
const url = 'https://receiver.example/'
const mlflowHook = { name: 'h', url, events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }] }
const ourHook = { name: 'h', url, events: ['model_version.*'] }

/** Something that is done to a webhook that is there. */
function onWebhook(base: string, method: string, body?: object): Example {
  return async ({ call }: Server) => {
    const { json } = await call('POST', ours, { ...ourHook, events: ['model_version.created'] })
    return () => call(method, `${base}/${json.id}`, body)
  }
}

/** Webhooks, in MLflow's API and in ours. */
export const webhookChanges: Examples = {
  createWebhook: async ({ call }) => {
    return () => call('POST', mlflow, mlflowHook)
  },
  updateWebhook: onWebhook(mlflow, 'PATCH', { name: 'other' }),
  deleteWebhook: onWebhook(mlflow, 'DELETE'),
  'v1 createWebhook': async ({ call }) => {
    return () => call('POST', ours, ourHook)
  },
  'v1 updateWebhook': onWebhook(ours, 'PATCH', { name: 'other' }),
  'v1 deleteWebhook': onWebhook(ours, 'DELETE'),
}
