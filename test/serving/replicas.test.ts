import { describe, expect, test } from 'vitest'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { registryServer } from '../support/registry-server.ts'

const digest = `sha256:${'0'.repeat(64)}`

/** Model `fraud` with two versions, 1 in Production. */
async function world() {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  await server.createModel('fraud')
  for (let i = 0; i < 2; i++) await server.createVersion('fraud')
  await server.transition('fraud', '1', 'Production')
  const { call } = server
  return {
    ...server,
    clock,
    /** What `replica` says, as somebody. */
    report: (replica: string, more: object = {}, as = call) =>
      as('POST', '/api/v1/serving/replicas', {
        replica,
        uri: 'models:/fraud/Production',
        host: 'h1',
        ...more,
      }),
    as: (name: string, accountId?: number) =>
      client(
        appOf(
          () => server.platform,
          person(name, { isAdmin: true, ...(accountId && { accountId }) }),
        ),
      ).call,
    serving: async (query = '') => (await call('GET', `/api/v1/models/fraud/serving${query}`)).json,
    servedBy: async (version: string) =>
      (await call('GET', `/api/v1/models/fraud/versions/${version}/lineage`)).json.served_by,
    failures: async () =>
      (await call('GET', '/api/v1/audit?action=serving.failed&max_results=500')).json.items as {
        after: { message: string }
      }[],
  }
}

describe('a process that serves', () => {
  test('is listed with what it runs and what it should run', async () => {
    const { report, serving, servedBy, transition, clock } = await world()
    const live = { version: 1, digest, at: clock.now() }
    expect((await report('r1', { live })).status).toBe(200)
    const item = {
      replica: 'r1',
      host: 'h1',
      uri: 'models:/fraud/Production',
      version: '1',
      digest,
      live_at: clock.now(),
      wanted_version: '1',
      drifted: false,
      silent: false,
      seen_at: clock.now(),
    }
    expect((await serving()).items).toMatchObject([item])
    expect(await servedBy('1')).toMatchObject([{ replica: 'r1', host: 'h1' }])
    expect(await servedBy('2')).toEqual([])
    await transition('fraud', '2', 'Production', { archive_existing_versions: true })
    const drifted = { ...item, wanted_version: '2', drifted: true }
    expect((await serving()).items).toMatchObject([drifted])
    await report('r1', { live: { ...live, version: 2 } })
    expect((await serving()).items).toMatchObject([{ version: '2', drifted: false }])
    await transition('fraud', '2', 'Archived')
    const [orphan] = (await serving()).items
    expect(orphan).toMatchObject({ version: '2', drifted: true })
    expect(orphan).not.toHaveProperty('wanted_version')
  })

  test('that runs other files than were sealed has drifted', async () => {
    const { report, serving, createRun, upload, post, clock } = await world()
    const { runId, root } = await createRun()
    await upload(`${root}/model/MLmodel`, 'flavors: {}')
    const source = `runs:/${runId}/model`
    await post('model-versions/create', { name: 'fraud', source, run_id: runId })
    const uri = 'models:/fraud/3'
    await report('r1', { uri, live: { version: 3, digest, at: clock.now() } })
    expect((await serving()).items).toMatchObject([
      { version: '3', wanted_version: '3', drifted: true },
    ])
  })

  test('is silent after 45 seconds, serves nothing by then, and is forgotten after a day', async () => {
    const { report, serving, servedBy, clock } = await world()
    await report('r1', { live: { version: 1, digest, at: clock.now() } })
    clock.pass(45_001)
    expect((await serving()).items).toMatchObject([{ replica: 'r1', silent: true }])
    expect(await servedBy('1')).toEqual([])
    clock.pass(86_400_000)
    await report('r2')
    expect((await serving()).items).toMatchObject([{ replica: 'r2', silent: false }])
  })

  test('is taken out when it says that it ends', async () => {
    const { report, serving } = await world()
    await report('r1')
    expect((await report('r1', { stopped: true })).status).toBe(200)
    expect((await serving()).items).toEqual([])
  })

  test('tells once for each reason that a version does not come up', async () => {
    const { report, serving, failures } = await world()
    const failed = { version: 1, message: 'it ended with 1' }
    await report('r1', { failed })
    await report('r1', { failed })
    expect(await failures()).toMatchObject([
      {
        model: 'fraud',
        version: '1',
        after: { replica: 'r1', host: 'h1', message: failed.message },
      },
    ])
    expect((await serving()).items).toMatchObject([
      { failed: { version: '1', message: failed.message } },
    ])
    await report('r1', { failed: { ...failed, message: 'it ended with 2' } })
    await report('r2', { failed })
    expect(await failures()).toHaveLength(3)
    await report('r1')
    expect((await serving()).items[0]).not.toHaveProperty('failed')
  })

  test('has 100 failures of an account in the audit log within an hour; the last one is told later', async () => {
    const { report, failures, serving, as, clock } = await world()
    const ann = as('ann', 7)
    const fail = (message: string, who = ann, replica = 'r1') =>
      report(replica, { failed: { version: 1, message } }, who)
    for (let i = 0; i < 100; i++) {
      await fail(`it ended with ${i}`)
      // One that is begun anew has nothing anew.
      if (i % 10 === 0) await report('r1', { stopped: true }, ann)
    }
    for (const message of ['one too many', 'the true one']) {
      expect((await fail(message)).status).toBe(200)
    }
    expect(await failures()).toHaveLength(100)
    expect((await serving()).items).toMatchObject([{ failed: { message: 'the true one' } }])
    await fail('of another account', as('bob', 8), 'r2')
    expect(await failures()).toHaveLength(101)
    clock.pass(3_600_001)
    await fail('the true one')
    await fail('the true one')
    expect((await failures()).map(({ after }) => after.message).slice(0, 2)).toEqual([
      'the true one',
      'of another account',
    ])
    expect(await failures()).toHaveLength(102)
  })

  test('of a renamed model tells nothing of another one that has its name now', async () => {
    const { report, serving, call, post, createModel, createVersion, transition } = await world()
    await report('r1')
    await post('registered-models/rename', { name: 'fraud', new_name: 'older' })
    await createModel('fraud')
    for (let i = 0; i < 3; i++) await createVersion('fraud')
    await transition('fraud', '3', 'Production')
    const [item] = (await call('GET', '/api/v1/models/older/serving')).json.items
    expect(item).toMatchObject({ replica: 'r1', uri: 'models:/fraud/Production' })
    expect(item).not.toHaveProperty('wanted_version')
    expect((await serving()).items).toEqual([])
  })

  test('is reported by whoever reported it first alone', async () => {
    const { report, serving, as, failures } = await world()
    await report('r1', { host: 'mine' }, as('ann'))
    const refused = await report('r1', { failed: { version: 1, message: 'x' } }, as('bob'))
    expect([refused.status, refused.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    await report('r1', { stopped: true }, as('bob'))
    expect((await serving()).items).toMatchObject([{ host: 'mine', reported_by: 'ann' }])
    expect(await failures()).toEqual([])
  })
})

test('processes are listed page by page', async () => {
  const { report, serving } = await world()
  for (let i = 0; i < 5; i++) await report(`r${i}`)
  const first = await serving('?max_results=3')
  const rest = await serving(`?max_results=3&page_token=${first.next_page_token}`)
  const names = [...first.items, ...rest.items].map((item: { replica: string }) => item.replica)
  expect(names).toEqual(['r0', 'r1', 'r2', 'r3', 'r4'])
  expect(rest).not.toHaveProperty('next_page_token')
})

test.each([
  [{ uri: 'models:/no-such/Production' }, 404],
  [{ uri: 'fraud' }, 400],
  [{ replica: 'a b' }, 400],
  [{ live: { version: 1, digest: 'sha256:x', at: 0 } }, 400],
  [{ misspelt: 1 }, 400],
])('a report with %j is answered %i', async (more, status) => {
  const { report } = await world()
  expect((await report('r1', more)).status).toBe(status)
})

test('there is no list of the replicas of no model', async () => {
  const { call } = await world()
  expect((await call('GET', '/api/v1/models/no-such/serving')).status).toBe(404)
})
