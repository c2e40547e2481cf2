import { expect } from 'vitest'
import type { Platform } from '../../src/platform/context.ts'
import { admin, authServer } from './auth-server.ts'

const production = { stage: 'Production' }
const applies_to = { models: '*', stage: 'Production' }
export const fromReviewers = { required: 1, from: ['group:reviewers'] }

/** ann has version 1 of `fraud`; carol is in `reviewers`; everybody reads, ann and mallory edit. */
export async function court(overrides: Partial<Platform> = {}) {
  const server = await authServer(overrides)
  const { call, mlflow, user, clock } = server
  const [ann, carol, mallory, root] = [
    await user('ann'),
    await user('carol'),
    await user('mallory'),
    admin,
  ]
  const ours = async (who: string, method: string, path: string, body?: unknown) => {
    clock.pass(1)
    return call(who, method, `/api/v1/${path}`, body)
  }
  const register = async (who: string, name: string, source = 's3://b/m') => {
    await mlflow(who, 'POST', 'registered-models/create', { name })
    const made = await mlflow(who, 'POST', 'model-versions/create', { name, source })
    expect(made.status, made.text).toBe(200)
    return String(made.json.model_version.version)
  }
  await ours(root, 'PUT', 'groups/reviewers', { members: ['carol'] })
  await register(ann, 'fraud')
  await mlflow(root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'mallory',
    permission: 'EDIT',
  })
  const policy = async (terms: object, name = 'p') => {
    const put = await ours(root, 'PUT', `policies/${name}`, { applies_to, ...terms })
    expect(put.status, put.text).toBe(200)
    return put.json
  }
  const open = async (who: string, version = '1', model = 'fraud') => {
    const made = await ours(who, 'POST', 'promotions', { model, version, to: production })
    expect(made.status, made.text).toBe(201)
    return made.json.id as string
  }
  const review = (who: string, id: string, decision = 'approve') =>
    ours(who, 'POST', `promotions/${id}/reviews`, { decision })
  const merge = (who: string, id: string) => ours(who, 'POST', `promotions/${id}/merge`)
  const request = async (id: string) => (await ours(root, 'GET', `promotions/${id}`)).json
  const check = (who: string, id: string, status = 'passed', name = 'tests') =>
    ours(who, 'POST', `promotions/${id}/checks`, { name, status })
  const service = async (name: string, by = root) => {
    const made = await ours(by, 'POST', 'service-accounts', { name })
    expect(made.status, made.text).toBe(201)
    const token = await ours(by, 'POST', 'tokens', { name: 't', for: `service:${name}` })
    expect(token.status, token.text).toBe(201)
    return `Bearer ${token.json.token}`
  }
  const adminUser = async (name: string) => {
    const who = await user(name)
    await mlflow(root, 'PATCH', 'users/update-admin', { username: name, is_admin: true })
    return who
  }
  const remove = (username: string) => mlflow(root, 'DELETE', 'users/delete', { username })
  /** Approved by carol under `fromReviewers`, and not yet merged. */
  const approved = async (terms: object = { approvals: fromReviewers }) => {
    await policy(terms)
    const id = await open(ann)
    const given = await review(carol, id)
    expect([given.status, given.json.can_merge], given.text).toEqual([200, true])
    return id
  }
  return {
    ...server,
    ...{ ann, carol, mallory, root, ours, register, policy, open, review, merge, request, check },
    ...{ service, adminUser, remove, approved },
  }
}

export type Court = Awaited<ReturnType<typeof court>>
