import { listSignIns, startSession } from '../../../src/access/sign-in/sessions.ts'
import { contextOf, makeAccount } from '../../support/accounts.ts'
import { type Call, type Example, type Examples, signedIn } from './example.ts'

const users = '/api/2.0/mlflow/users'
const password = 'a good password'

/** What an administrator does, on a server with the user `ada`. */
function byAdmin(
  prepare: (root: Call) => Promise<string>,
  call: (root: Call, id: string) => ReturnType<Call>,
): Example {
  return async (server) => {
    const root = signedIn(server, 'root', { isAdmin: true })
    await root('POST', `${users}/create`, { username: 'ada', password })
    const id = await prepare(root)
    return () => call(root, id)
  }
}

async function nothing(): Promise<string> {
  return ''
}

/** Makes something first, whose id the call then takes. */
function made(method: string, path: string, body: object) {
  return async (root: Call) => String((await root(method, path, body)).json.id)
}

const token = { name: 't', for: 'ada' }
const grant = { principal: 'user:ada', action: 'promote', models: '*', stage: '*' }
const identity = { account: 'ada', issuer: 'https://issuer.example', subject: 'ada-1' }

/** Accounts, groups, tokens, grants, identities. */
export const accessChanges: Examples = {
  createUser: byAdmin(nothing, (root) =>
    root('POST', `${users}/create`, { username: 'bob', password }),
  ),
  deleteUser: byAdmin(nothing, (root) => root('DELETE', `${users}/delete`, { username: 'ada' })),
  updateUserPassword: byAdmin(nothing, (root) =>
    root('PATCH', `${users}/update-password`, { username: 'ada', password: 'another password' }),
  ),
  updateUserAdmin: byAdmin(nothing, (root) =>
    root('PATCH', `${users}/update-admin`, { username: 'ada', is_admin: true }),
  ),
  'v1 putGroup': byAdmin(nothing, (root) =>
    root('PUT', '/api/v1/groups/risk', { members: ['ada'] }),
  ),
  'v1 deleteGroup': byAdmin(made('PUT', '/api/v1/groups/risk', { members: ['ada'] }), (root) =>
    root('DELETE', '/api/v1/groups/risk'),
  ),
  'v1 createServiceAccount': byAdmin(nothing, (root) =>
    root('POST', '/api/v1/service-accounts', { name: 'ci' }),
  ),
  'v1 deleteServiceAccount': byAdmin(
    made('POST', '/api/v1/service-accounts', { name: 'ci' }),
    (root) => root('DELETE', '/api/v1/service-accounts/ci'),
  ),
  'v1 createToken': byAdmin(nothing, (root) => root('POST', '/api/v1/tokens', token)),
  'v1 revokeToken': byAdmin(made('POST', '/api/v1/tokens', token), (root, id) =>
    root('DELETE', `/api/v1/tokens/${id}`),
  ),
  'v1 endSignIn': async (server) => {
    const rita = await makeAccount(server.platform, 'rita')
    const ctx = contextOf(server.platform, rita)
    await startSession(ctx, rita, {})
    const [signIn] = await listSignIns(ctx)
    const call = signedIn(server, 'rita', rita)
    return () => call('DELETE', `/api/v1/sign-ins/${signIn?.id}`)
  },
  'v1 createGrant': byAdmin(nothing, (root) => root('POST', '/api/v1/grants', grant)),
  'v1 deleteGrant': byAdmin(made('POST', '/api/v1/grants', grant), (root, id) =>
    root('DELETE', `/api/v1/grants/${id}`),
  ),
  'v1 linkIdentity': byAdmin(nothing, (root) => root('POST', '/api/v1/identities', identity)),
  'v1 unlinkIdentity': byAdmin(made('POST', '/api/v1/identities', identity), (root, id) =>
    root('DELETE', `/api/v1/identities/${id}`),
  ),
  'v1 admitIdentity': byAdmin(
    async (root) => {
      await made('POST', '/api/v1/identities', identity)(root)
      await root('DELETE', '/api/v1/identities/1')
      return '1'
    },
    (root) => root('DELETE', '/api/v1/barred-identities/1'),
  ),
}
