import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { runBackgroundWork } from '../../src/background.ts'
import { deliverDue } from '../../src/webhooks/delivery/deliver.ts'
import { type Teams, teams, twoTeams } from '../support/two-teams.ts'

const signOff = { required: 1, from: ['group:reviewers'] }
const hourMs = 3_600_000
const [a, b] = teams

/** How often each workspace's audit log has an entry of this action by the server itself. */
async function byServer({ ann }: Teams, action: string): Promise<number[]> {
  const of = async (team: (typeof teams)[number]) => {
    const { json } = await ann(team).call('GET', `/api/v1/audit?action=${action}`)
    return json.items.filter(({ actor }: { actor: { name: string } }) => actor.name === 'gatehouse')
      .length as number
  }
  return [await of(a), await of(b)]
}

test('requests expire by the policies of their workspace', async () => {
  const server = await twoTeams()
  const { policy, open, request, clock, platform } = server
  await policy(a, { approvals: { ...signOff, expire_after_hours: 5 } })
  await policy(b, { approvals: { ...signOff, expire_after_hours: 50 } })
  const [inA, inB] = [await open(a), await open(b)]
  const statuses = async () => [(await request(a, inA)).status, (await request(b, inB)).status]
  clock.pass(6 * hourMs)
  await runBackgroundWork(platform)
  expect(await statuses()).toEqual(['expired', 'open'])
  expect(await byServer(server, 'promotion.expired')).toEqual([1, 0])
  clock.pass(50 * hourMs)
  await runBackgroundWork(platform)
  expect(await statuses()).toEqual(['expired', 'expired'])
  expect(await byServer(server, 'promotion.expired')).toEqual([1, 1])
})

test('requests merge by themselves by the policies, tags and approvals of their workspace', async () => {
  const server = await twoTeams()
  const { ann, policy, open, review, stageOf, platform } = server
  const gates = [{ name: 'ready', type: 'tag', key: 'ready' }]
  await policy(a, { auto_promote: true, gates })
  await policy(b, { auto_promote: true, gates, approvals: signOff })
  await open(a)
  const inB = await open(b)
  const tag = { name: 'fraud', version: '1', key: 'ready', value: 'yes' }
  await ann(b).post('model-versions/set-tag', tag)
  await runBackgroundWork(platform)
  expect([await stageOf(a), await stageOf(b)]).toEqual(['None', 'None'])
  await ann(a).post('model-versions/set-tag', tag)
  await runBackgroundWork(platform)
  expect([await stageOf(a), await stageOf(b)]).toEqual(['Production', 'None'])
  expect((await review(b, inB)).json.status).toBe('merged')
  expect([await stageOf(a), await stageOf(b)]).toEqual(['Production', 'Production'])
  expect(await byServer(server, 'model_version.transitioned')).toEqual([1, 1])
})

test('a request whose version an earlier release deleted is closed in its own workspace', async () => {
  const server = await twoTeams()
  const { ann, policy, open, request, platform } = server
  for (const team of teams) await policy(team, { approvals: signOff })
  const [inA, inB] = [await open(a), await open(b)]
  await platform.db.all(sql`delete from model_versions where registered_model =
    (select id from registered_models where workspace = ${b} and name = 'fraud')`)
  await runBackgroundWork(platform)
  expect([(await request(a, inA)).status, (await request(b, inB)).status]).toEqual([
    'open',
    'superseded',
  ])
  expect(await byServer(server, 'promotion.superseded')).toEqual([0, 1])
  const told = await ann(b).call('GET', '/api/v1/audit?action=promotion.superseded')
  expect(told.json.items).toMatchObject([{ model: 'fraud', version: '1', promotion_id: inB }])
})

test('a request that fails in one workspace keeps none of another from its turn', async () => {
  const { policy, open, request, clock, platform } = await twoTeams()
  for (const team of teams) await policy(team, { approvals: { ...signOff, expire_after_hours: 5 } })
  const [inA, inB] = [await open(a), await open(b)]
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  await platform.db.all(sql`create trigger no_end before update of status on promotions
    when old.id = ${sql.raw(inA)} begin select raise(abort, 'it cannot end'); end`)
  clock.pass(6 * hourMs)
  await runBackgroundWork(platform)
  expect(logged.mock.calls.some(([line]) => String(line).includes('not swept'))).toBe(true)
  logged.mockRestore()
  expect((await request(b, inB)).status).toBe('expired')
})

test('versions of an older release get the facts of their own workspace', async () => {
  const { ann, platform, register } = await twoTeams()
  await register(a, 0.7)
  await register(b, 0.2)
  const columns = sql.raw(
    'registered_model, version, stage, source, storage_location, run_id, status, created_at_ms, updated_at_ms',
  )
  await platform.db.batch({
    versions: sql`insert into model_versions (${columns})
      select registered_model, 3, stage, source, storage_location, run_id, status, 1, 1
      from model_versions where version = 2`,
    due: sql`insert into versions_without_facts select id from model_versions where version = 3`,
  })
  await runBackgroundWork(platform)
  expect(await platform.db.all(sql`select * from versions_without_facts`)).toEqual([])
  const accuracy = async (team: (typeof teams)[number]) =>
    (await ann(team).call('GET', '/api/v1/models/fraud/versions/3/facts')).json.metrics.accuracy
  expect([await accuracy(a), await accuracy(b)]).toEqual([0.7, 0.2])
})

test('the entries of all workspaces are sealed in one chain, also those of one that was deleted', async () => {
  const { root, platform, move, clock } = await twoTeams()
  await root('default').post3('workspaces', { name: 'team-c' })
  for (const team of teams) await move(team)
  await root('default').call('DELETE', '/api/3.0/mlflow/workspaces/team-c')
  await runBackgroundWork(platform)
  clock.pass(60_000)
  const { json } = await root('default').call('GET', '/api/v1/audit/verify')
  expect(json).toMatchObject({ ok: true })
  expect(json.sealed).toBe(json.entries)
  const counted = await platform.db.all(
    sql<{ count: number }>`select count(*) as count from audit_entries`,
  )
  expect(counted).toEqual([{ count: json.entries }])
})

test('refused attempts that were counted are written where they were made', async () => {
  const { rita, ann, platform, clock } = await twoTeams()
  for (let i = 0; i < 60; i++) {
    await rita(a).call('PUT', '/api/v1/policies/mine', {
      applies_to: { models: '*', stage: 'Staging' },
    })
  }
  clock.pass(120_000)
  await runBackgroundWork(platform)
  const counts = async (team: (typeof teams)[number]) => {
    const { json } = await ann(team).call(
      'GET',
      '/api/v1/audit?action=request.refused&max_results=100',
    )
    return json.items.flatMap(({ after }: { after: { more?: number } }) => after.more ?? [])
  }
  expect((await counts(a)).length).toBe(1)
  expect(await counts(b)).toEqual([])
})

test('a receiver that fails in one workspace delays none of another', async () => {
  const { ann, outbound, platform } = await twoTeams()
  for (const team of teams) {
    const url = `https://receiver.example/${team}`
    const made = await ann(team).call('POST', '/api/v1/webhooks', { name: 'w', url, events: ['*'] })
    expect(made.status, made.text).toBe(201)
  }
  outbound.answer(({ url }) => ({ status: url.pathname === `/${a}` ? 500 : 200 }))
  for (const team of teams) {
    for (const name of ['x', 'y']) await ann(team).post('registered-models/create', { name })
  }
  await deliverDue(platform)
  const models = (team: string) => outbound.at(team).map(({ json }) => json.model)
  expect(models(b)).toEqual(['x', 'y'])
  expect(new Set(models(a))).toEqual(new Set(['x']))
})
