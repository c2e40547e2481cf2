import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { resolveIdentity } from '../../src/access/accounts/resolve-identity.ts'
import { startSession } from '../../src/access/sign-in/sessions.ts'
import type { Principal } from '../../src/core/principal.ts'
import { contextOf, makeAccount, person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const admin = person('root', { isAdmin: true })
const identity = { account: 'ada', issuer: 'https://issuer.example', subject: 's-1' }

async function server(principal: Principal) {
  const { platform } = await testServer()
  await makeAccount(platform, 'ada')
  const settings = { ...platform.settings, auth: true }
  const app = appOf(() => ({ ...platform, settings }), principal)
  const { call: send } = client(app)
  const call = (method: string, path = '', body?: object) =>
    send(method, `/api/v1/identities${path}`, body)
  const ctx = contextOf({ ...platform, settings }, principal)
  const vouch = () =>
    resolveIdentity(ctx, {
      ...identity,
      kind: 'user',
      name: 'ada',
      groups: [],
      adminGroup: undefined,
    })
  return { call, ctx, vouch }
}

test('a linked account is who the issuer vouches for, and no longer when unlinked', async () => {
  const { call, ctx, vouch } = await server(admin)
  await expect(vouch()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  const linked = await call('POST', '', identity)
  expect(linked).toMatchObject({ status: 201, json: { id: '1', ...identity } })
  expect((await call('GET')).json).toEqual({ items: [linked.json] })
  const ada = await vouch()
  expect(ada).toMatchObject({ name: 'ada', verified: true })
  await startSession(ctx, ada, { issuer: identity.issuer })
  await startSession(ctx, ada, { issuer: undefined })
  expect((await call('DELETE', '/1')).status).toBe(200)
  expect(await ctx.db.all(sql`select issuer from sessions`)).toEqual([{ issuer: null }])
  await expect(vouch()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  const entries = await ctx.db.all(sql`
    select action, json_extract(actor, '$.name') as actor, before, after from audit_entries
    where action like 'identity.%' order by seq`)
  const fields = JSON.stringify(identity)
  expect(entries).toEqual([
    { action: 'identity.linked', actor: 'root', before: null, after: fields },
    { action: 'identity.unlinked', actor: 'root', before: fields, after: null },
  ])
})

test('of sixteen links of one identity at once, one is made', async () => {
  const { call, ctx } = await server(admin)
  const answers = await Promise.all(Array.from({ length: 16 }, () => call('POST', '', identity)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(15)
  expect(
    await ctx.db.all(sql`select count(*) as n from audit_entries where action = 'identity.linked'`),
  ).toEqual([{ n: 1 }])
})

test('pages have every link once', async () => {
  const { call } = await server(admin)
  for (const subject of ['a', 'b', 'c']) await call('POST', '', { ...identity, subject })
  const first = (await call('GET', '?max_results=2')).json
  const second = (await call('GET', `?page_token=${first.next_page_token}`)).json
  const subjects = [...first.items, ...second.items].map((item) => item.subject)
  expect(subjects).toEqual(['a', 'b', 'c'])
  expect((await call('GET', '?page_token=xx')).status).toBe(400)
})

test.each<[string, string, object | undefined, number]>([
  ['POST', '', { ...identity, account: 'nobody' }, 404],
  ['POST', '', { ...identity, subject: '' }, 400],
  ['POST', '', { ...identity, subject: 'x'.repeat(501) }, 400],
  ['POST', '', { ...identity, is_admin: true }, 400],
  ['POST', '', {}, 400],
  ['DELETE', '/9', undefined, 404],
  ['DELETE', '/x', undefined, 400],
])('%s %s of %j is refused', async (method, path, body, status) => {
  const { call } = await server(admin)
  expect((await call(method, path, body)).status).toBe(status)
})

test('only administrators see or change links', async () => {
  const { call } = await server({ ...admin, isAdmin: false })
  for (const [method, path, body] of [
    ['GET', ''],
    ['POST', '', identity],
    ['DELETE', '/1'],
  ] as const) {
    expect((await call(method, path, body)).status).toBe(403)
  }
})
