import type { Platform } from '../../../src/platform/context.ts'
import { admin, authServer } from '../../support/auth-server.ts'

/**
 * A server with access control on, a model `fraud` of one version, and some people: ada and rita may
 * move the version, omar only reads it.
 */
export async function databricksServer(overrides: Partial<Platform> = {}) {
  const server = await authServer(overrides)
  const { call, mlflow, user } = server
  /** Below `/api/2.0/mlflow/`; a DELETE takes its fields in the query, as the SDK sends them. */
  const as = (who: string) => (method: string, path: string, fields: Record<string, unknown>) => {
    const inQuery = method === 'GET' || method === 'DELETE'
    const query = inQuery ? `?${new URLSearchParams(fields as Record<string, string>)}` : ''
    return mlflow(who, method, `${path}${query}`, inQuery ? undefined : fields)
  }
  const root = as(admin)
  await root('POST', 'registered-models/create', { name: 'fraud' })
  await root('POST', 'model-versions/create', { name: 'fraud', source: 's3://b/m' })
  const allow = async (username: string, permission: string) => {
    const given = { name: 'fraud', username, permission }
    const made = await root('POST', 'registered-models/permissions/create', given)
    if (made.status !== 200) throw new Error(made.text)
  }
  const made = { ada: await user('ada'), rita: await user('rita'), omar: await user('omar') }
  await allow('ada', 'EDIT')
  await allow('rita', 'EDIT')
  return {
    ...server,
    root,
    as,
    allow,
    /** How each of them signs in. */
    authorization: made,
    ada: as(made.ada),
    rita: as(made.rita),
    omar: as(made.omar),
    /** A policy on Production of every model. */
    policy: async (approvals: object, more: object = {}) => {
      const applies_to = { models: '*', stage: 'Production' }
      const put = await call(admin, 'PUT', '/api/v1/policies/p', { applies_to, approvals, ...more })
      if (put.status >= 300) throw new Error(put.text)
    },
    stage: async () => {
      const got = await root('GET', 'model-versions/get', { name: 'fraud', version: '1' })
      return got.json.model_version.current_stage
    },
  }
}

export const version = { name: 'fraud', version: '1' }
export const toProduction = { ...version, stage: 'Production' }
