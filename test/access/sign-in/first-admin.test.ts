import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { createFirstAdmin } from '../../../src/access/sign-in/first-admin.ts'
import { contextOf, makeAccount } from '../../support/accounts.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { testServer } from '../../support/server.ts'

async function context() {
  const { platform } = await testServer()
  return contextOf(platform)
}

test('sixteen processes that start at once make one administrator, and one entry of it', async () => {
  const ctx = await context()
  const made = await Promise.all(
    Array.from({ length: 16 }, (_, i) => createFirstAdmin(ctx, 'admin', `password number ${i}`)),
  )
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await ctx.db.all(sql`select name, is_admin from accounts`)).toEqual([
    { name: 'admin', is_admin: 1 },
  ])
  expect(await ctx.db.all(sql`select action, after from audit_entries`)).toEqual([
    { action: 'user.created', after: '{"name":"admin","is_admin":true}' },
  ])
})

test.each(['short', '', 'has a\ncontrol character'])(
  'the password %j makes no administrator',
  async (password) => {
    await expect(createFirstAdmin(await context(), 'admin', password)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    })
  },
)

test('without a password for it nobody can sign in, and is told what the operator must set', async () => {
  const { platform } = await testServer()
  const server = await authServer({
    db: platform.db,
    settings: {
      ...platform.settings,
      auth: true,
      firstAdmin: { name: 'admin', password: undefined },
    },
  })
  for (const authorization of [undefined, admin]) {
    const { status, json } = await server.whoami(authorization)
    expect(status).toBe(401)
    expect(json.message).toContain('set the secret GATEHOUSE_ADMIN_PASSWORD')
  }
})

test('an existing account of that name is not made an administrator', async () => {
  const ctx = await context()
  await makeAccount(ctx, 'admin')
  await expect(createFirstAdmin(ctx, 'admin', 'a long password')).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
  })
})
