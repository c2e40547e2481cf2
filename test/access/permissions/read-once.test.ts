import { expect, test, vi } from 'vitest'
import { createGrant, deleteGrant } from '../../../src/access/permissions/grants.ts'
import { requireRight } from '../../../src/access/permissions/require.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { compile } from '../../../src/db/compile.ts'
import type { Context } from '../../../src/platform/context.ts'
import { admin, authServer } from '../../support/auth-server.ts'

/** A model `fraud` with a version, which omar may move to Staging. */
async function registry() {
  const server = await authServer()
  const { call, mlflow, platform } = server
  await mlflow(admin, 'POST', 'registered-models/create', { name: 'fraud' })
  const source = { name: 'fraud', source: 's3://bucket/model' }
  await mlflow(admin, 'POST', 'model-versions/create', source)
  const omar = await server.user('omar')
  const grant = { principal: 'user:omar', action: 'promote', models: 'fraud', stage: 'Staging' }
  const made = await call(admin, 'POST', '/api/v1/grants', grant)
  const principal: Principal = {
    name: 'omar',
    kind: 'user',
    verified: true,
    groups: [],
    isAdmin: false,
  }
  const ctx: Context = {
    ...platform,
    principal,
    workspace: 'default',
    requestId: 'r',
    permissionReads: new Map(),
  }
  return {
    ...server,
    ctx,
    grantId: made.json.id as string,
    move: (stage: string) =>
      mlflow(omar, 'POST', 'model-versions/transition-stage', {
        name: 'fraud',
        version: '1',
        stage,
      }),
  }
}

test('a request reads the grants of a right once', async () => {
  const { move, platform } = await registry()
  const all = vi.spyOn(platform.db, 'all')
  expect((await move('Staging')).status).toBe(200)
  const reads = all.mock.calls
    .map(([query]) => compile(query))
    .filter(({ text }) => text.includes('from grants'))
    .map(({ text, params }) => JSON.stringify([text, params]))
  all.mockRestore()
  expect(reads.length).toBeGreaterThan(0)
  expect(new Set(reads).size).toBe(reads.length)
})

test('the next request reads them again, in the same millisecond too', async () => {
  const { call, grantId, move } = await registry()
  const other = { principal: 'user:rita', action: 'promote', models: 'fraud', stage: '*' }
  await call(admin, 'POST', '/api/v1/grants', other)
  expect((await move('Staging')).status).toBe(200)
  expect((await call(admin, 'DELETE', `/api/v1/grants/${grantId}`)).status).toBe(200)
  expect((await move('Staging')).status).toBe(403)
})

test('a change in a request counts for the rest of it', async () => {
  const { ctx } = await registry()
  const mayManage = () =>
    requireRight(ctx, 'manage_webhooks').then(
      () => true,
      () => false,
    )
  expect(await mayManage()).toBe(false)
  const grant = await createGrant(ctx, {
    principal: 'omar',
    action: 'manage_webhooks',
    models: '*',
  })
  expect(await mayManage()).toBe(true)
  await deleteGrant(ctx, grant.id)
  expect(await mayManage()).toBe(false)
})

test('who asks for another caller in one request gets what that one may', async () => {
  const { ctx } = await registry()
  await createGrant(ctx, { principal: 'omar', action: 'manage_webhooks', models: '*' })
  await requireRight(ctx, 'manage_webhooks')
  const rita = { ...ctx, principal: { ...ctx.principal, name: 'rita' } }
  await expect(requireRight(rita, 'manage_webhooks')).rejects.toThrow("'rita' may not do this")
})

test('a request that lasts sees within a second what others change', async () => {
  const { ctx, call, clock } = await registry()
  await expect(requireRight(ctx, 'manage_webhooks')).rejects.toThrow('may not do this')
  const grant = { principal: 'user:omar', action: 'manage_webhooks', models: '*' }
  await call(admin, 'POST', '/api/v1/grants', grant)
  await expect(requireRight(ctx, 'manage_webhooks')).rejects.toThrow('may not do this')
  clock.ms += 1000
  await requireRight(ctx, 'manage_webhooks')
})
