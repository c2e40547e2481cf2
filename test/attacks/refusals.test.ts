import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { served as api } from '../../src/api/routes.ts'
import { privilegedOperations } from '../../src/audit/privileged-operations.ts'
import { runBackgroundWork } from '../../src/background.ts'
import type { Principal } from '../../src/core/principal.ts'
import { served as mlflow } from '../../src/mlflow/routes.ts'
import { makeAccount } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { type Call, client } from '../support/client.ts'
import { governedServer } from '../support/governed-server.ts'
import { testServer } from '../support/server.ts'

const eve = 'eve'
const mallory = 'mallory'
const minuteMs = 60_000

type Refused = {
  actor: { name: string }
  model?: string
  version?: string
  after: {
    operation: string
    message: string
    more?: number
    first_at?: number
    last_at?: number
  }
}

/** A registry of others, of which mallory and eve may read a model. */
async function server() {
  const made = await governedServer()
  const platform = {
    ...made.platform,
    settings: {
      ...made.platform.settings,
      auth: true,
      defaultPermission: 'NO_PERMISSIONS' as const,
    },
  }
  await made.version(made.admin, 'm')
  await made.version(made.admin, 'n')
  const principals = new Map<string, Principal>()
  for (const username of ['mallory', 'eve']) {
    principals.set(username, await makeAccount(made.platform, username))
    for (const name of ['m', 'n']) {
      const permission = { username, name, permission: 'READ' }
      await made.mlflow(made.admin).post('registered-models/permissions/create', permission)
    }
  }
  const as = (name: string): Call => {
    const principal = principals.get(name)
    if (!principal) throw new Error(`nobody is called ${name}`)
    return client(appOf(() => platform, principal)).call
  }
  /** Oldest first. */
  const refused = async (): Promise<Refused[]> => {
    const res = await made.admin('GET', '/api/v1/audit?action=request.refused&max_results=1000')
    return res.json.items.toReversed()
  }
  const ops = async () => (await refused()).map((r) => `${r.actor.name} ${r.after.operation}`)
  return { ...made, platform, as, refused, ops, sweep: () => runBackgroundWork(platform) }
}

/** Refused attempts that cost nothing, each at something else. */
async function makeNoise(call: Call, count = 35) {
  for (let version = 1; version <= count; version++) {
    const tag = { name: 'm', version: String(version), key: 'k', value: 'v' }
    const res = await call('POST', '/api/2.0/mlflow/model-versions/set-tag', tag)
    if (res.status !== 403) throw new Error(res.text)
  }
}

const move = (version: string, name = 'm', stage = 'Production') =>
  [
    'POST',
    '/api/2.0/mlflow/model-versions/transition-stage',
    { name, version, stage, archive_existing_versions: false },
  ] as const

test("one caller's noise hides no attempt of another", async () => {
  const { as, ops } = await server()
  await makeNoise(as(mallory))
  await as(eve)('POST', '/api/2.0/mlflow/registered-models/set-tag', {
    name: 'm',
    key: 'k',
    value: 'v',
  })
  expect(await ops()).toContain('eve setRegisteredModelTag')
})

test("a caller's noise hides none of that caller's privileged attempts", async () => {
  const { as, ops, refused } = await server()
  await makeNoise(as(mallory))
  const call = as(mallory)
  const policy = { applies_to: { models: '*', stage: 'Production' } }
  await call(...move('1'))
  await call('PUT', '/api/v1/policies/p', policy)
  await call('POST', '/api/v1/grants', { principal: 'user:eve', action: 'approve', models: '*' })
  await call('POST', '/api/2.0/mlflow/users/create', { username: 'x', password: 'x'.repeat(20) })
  await call('PATCH', '/api/2.0/mlflow/users/update-admin', { username: 'eve', is_admin: true })
  await call('PUT', '/api/v1/groups/g', { members: [] })
  await call('POST', '/api/v1/identities', { account: 'eve', issuer: 'https://i', subject: 's' })
  const alias = { name: 'm', alias: 'champion', version: '1' }
  await call('POST', '/api/2.0/mlflow/registered-models/alias', alias)
  expect((await ops()).slice(-8)).toEqual(
    [
      'transitionModelVersionStage',
      'putPolicy',
      'createGrant',
      'createUser',
      'updateUserAdmin',
      'putGroup',
      'linkIdentity',
      'setRegisteredModelAlias',
    ].map((operation) => `mallory ${operation}`),
  )
  expect(await refused()).toHaveLength(38)
})

test('nor do privileged attempts at one model hide those at another', async () => {
  const { as, refused } = await server()
  for (let i = 0; i < 35; i++) await as(mallory)(...move(String(i + 1)))
  await as(mallory)(...move('1', 'n'))
  const last = (await refused()).at(-1)
  expect(last).toMatchObject({ actor: { name: 'mallory' }, model: 'n', version: '1' })
  expect(await refused()).toHaveLength(31)
})

test('a move that a policy blocks is in the audit log after any noise', async () => {
  const { as, policy, admin, mlflow, refused } = await server()
  await policy('sign-off', { approvals: { required: 1, from: ['user:ann'] } })
  const permission = { username: 'mallory', name: 'm', permission: 'EDIT' }
  await mlflow(admin).post('registered-models/permissions/create', permission)
  await makeNoise(as(mallory))
  expect((await as(mallory)(...move('1'))).status).toBe(403)
  expect((await refused()).at(-1)).toMatchObject({
    actor: { name: 'mallory' },
    model: 'm',
    version: '1',
    after: { operation: 'transitionModelVersionStage' },
  })
})

test('what is not written one by one is counted: who, what, how many, from when to when', async () => {
  const { as, pass, platform, refused, sweep, admin } = await server()
  const from = platform.now()
  await makeNoise(as(mallory))
  await makeNoise(as(eve), 2)
  for (let i = 0; i < 4; i++) await as(mallory)(...move('1'))
  const written = (await refused()).length
  await sweep()
  expect(await refused()).toHaveLength(written)
  pass(minuteMs)
  await sweep()
  await sweep()
  const counts = (await refused()).slice(written)
  const more = counts.map(({ actor, after }) => [actor.name, after.operation, after.more])
  expect(more).toEqual(
    expect.arrayContaining([
      ['mallory', 'setModelVersionTag', 5],
      ['mallory', 'transitionModelVersionStage', 3],
    ]),
  )
  expect(counts).toHaveLength(2)
  for (const { after } of counts) {
    expect(after.message).toBe(`${after.more} more refused`)
    expect(after.first_at).toBeGreaterThan(from)
    expect(after.last_at).toBeGreaterThanOrEqual(after.first_at ?? 0)
  }
  expect(counts.at(-1)).toMatchObject({ model: 'm', version: '1' })
  expect((await admin('GET', '/api/v1/audit/verify')).json.ok).toBe(true)
})

test('every attempt is written or counted, of many at once too', async () => {
  const { as, pass, refused, sweep } = await server()
  const call = as(mallory)
  const attempts = Array.from({ length: 50 }, (_, i) => i)
  await Promise.all(attempts.map((i) => call(...move(String(i + 1)))))
  pass(minuteMs)
  await sweep()
  const all = await refused()
  const count = all.reduce((sum, { after }) => sum + (after.more ?? 1), 0)
  expect([all.length, count]).toEqual([31, 50])
})

test('counts wait in the database, so that a restart loses none', async () => {
  const { as, platform } = await server()
  await makeNoise(as(mallory))
  const rows = await platform.db.all(sql<{ n: number }>`select sum(count) as n from refusal_counts`)
  expect(rows[0]?.n).toBeGreaterThan(0)
})

test('with access control off a name in the noise hides no other, and thousands of names fill nothing', async () => {
  const clock = { ms: 1_790_000_000_000 }
  const { platform, app } = await testServer({ now: () => clock.ms })
  const put = (actor: string, path: string) =>
    app.request(`/api/2.0/mlflow-artifacts/artifacts/model-versions/1/${path}`, {
      method: 'PUT',
      body: 'x',
      headers: { 'x-gatehouse-actor': actor },
    })
  for (let i = 0; i < 40; i++) await put('mallory', `${i}`)
  expect((await put('ann', 'model.bin')).status).toBe(409)
  const names = async () =>
    (
      await platform.db.all(
        sql<{ name: string }>`select actor ->> 'name' as name from audit_entries order by seq`,
      )
    ).map(({ name }) => name)
  expect((await names()).at(-1)).toBe('ann')
  for (let i = 0; i < 500; i++) await put(`name ${i}`, 'x')
  expect(await names()).toHaveLength(300)
  clock.ms += minuteMs
  await runBackgroundWork(platform)
  const counts = await platform.db.all(
    sql<{ name: string; more: number }>`select actor ->> 'name' as name, after ->> 'more' as more
      from audit_entries where after ->> 'more' is not null`,
  )
  expect(counts.length).toBeLessThanOrEqual(101)
  expect(counts.reduce((sum, { more }) => sum + Number(more), 0)).toBe(541 - 300)
})

test('every operation that is called privileged is one of the server', () => {
  const served = [...mlflow.map(({ name }) => name), ...api.map(({ endpoint }) => endpoint.name)]
  expect(privilegedOperations.filter((name) => !served.includes(name))).toEqual([])
})
