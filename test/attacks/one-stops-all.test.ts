import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { sealEntries } from '../../src/audit/seal.ts'
import { sweepPromotions } from '../../src/governance/upkeep/sweep.ts'
import { person } from '../support/accounts.ts'
import { governedServer } from '../support/governed-server.ts'

const ann = person('ann')
const hour = 3_600_000

test('every entry that can be written can be sealed: half a character, an infinity, any key', async () => {
  const { admin, platform, as, mlflow, policy } = await governedServer()
  const half = '\ud83d'
  await policy('plain', {
    gates: [
      { name: `gate ${half}`, type: 'expression', expression: `'${half}' == candidate.stage` },
    ],
    approvals: { required: 0 },
  })
  const { post } = mlflow(as(ann))
  await post('registered-models/create', {
    name: 'm',
    description: half,
    tags: [{ key: half, value: `${half}x` }],
  })
  await post('model-versions/create', { name: 'm', source: 's3://b/m', description: half })
  await post('registered-models/set-tag', { name: 'm', key: `k${half}`, value: half })
  // A gate that fails is told in the entry of the refusal, cut in the middle of a character.
  const long = '😀'.repeat(400)
  for (const pad of ['', 'x']) {
    await policy('long', {
      gates: [{ name: 'g', type: 'expression', expression: `candidate.stage == '${pad}${long}'` }],
    })
    await post('model-versions/transition-stage', {
      name: 'm',
      version: '1',
      stage: 'Production',
      archive_existing_versions: 'false',
    })
  }
  await platform.db.all(sql`insert into audit_entries
    (workspace, at_ms, actor, action, is_prompt, after, request_id)
    values ('default', ${platform.now()}, '{"name":"x"}', 'request.refused', 0,
      '{"n":1e999,"\ud800":"\udfff","deep":${sql.raw('['.repeat(900) + ']'.repeat(900))}}', 'r')`)
  await sealEntries(platform)
  const { json } = await admin('GET', '/api/v1/audit/verify')
  expect(json).toMatchObject({ ok: true, sealed: json.entries })
})

test('verify fails, and says so, when entries stay without a seal for more than thirty seconds', async () => {
  const { admin, pass, mlflow, platform } = await governedServer()
  await mlflow(admin).post('registered-models/create', { name: 'm' })
  const verify = async () => (await admin('GET', '/api/v1/audit/verify')).json
  const { entries } = await verify()
  expect(await verify()).toMatchObject({ ok: true, sealed: 0 })
  pass(31_000)
  expect(await verify()).toMatchObject({ ok: false, seq: 1, problem: 'unsealed' })
  expect((await verify()).detail).toContain(`${entries} entries have no seal`)
  await sealEntries(platform)
  expect(await verify()).toMatchObject({ ok: true, entries, sealed: entries })
})

test('however many requests are open, each has its turn: to expire, and to merge by itself', async () => {
  const { as, platform, pass, policy, version, admin } = await governedServer()
  await policy('soak', {
    approvals: { required: 0 },
    auto_promote: true,
    gates: [{ name: 'tagged', type: 'tag', key: 'ready' }],
  })
  const call = as(ann)
  const open = async (model: string) => {
    const made = await version(call, model)
    const to = { stage: 'Production' }
    const body = { model, version: made.version, to }
    return String((await call('POST', '/api/v1/promotions', body)).json.id)
  }
  for (let i = 0; i < 60; i++) await open(`flood-${i}`)
  const last = await open('late')
  await admin('POST', '/api/2.0/mlflow/model-versions/set-tag', {
    name: 'late',
    version: '1',
    key: 'ready',
    value: 'yes',
  })
  const statusOf = async (id: string) =>
    (await admin('GET', `/api/v1/promotions/${id}`)).json.status
  for (let i = 0; i < 2; i++) await sweepPromotions(platform)
  expect(await statusOf(last)).toBe('merged')
  pass(24 * 30 * hour)
  for (let i = 0; i < 2; i++) await sweepPromotions(platform)
  const { json } = await admin('GET', '/api/v1/promotions?status=open')
  expect(json.items).toEqual([])
})

test('a request that cannot be judged says so, in its own answer and in the list, and shows no earlier judgement', async () => {
  const { as, platform, policy, version, admin } = await governedServer()
  await policy('p', {
    approvals: { required: 1, from: ['user:root'] },
    gates: [{ name: 't', type: 'tag', key: 'x' }],
  })
  const call = as(ann)
  for (const model of ['a', 'b']) {
    const made = await version(call, model)
    const body = { model, version: made.version, to: { stage: 'Production' } }
    await call('POST', '/api/v1/promotions', body)
  }
  await admin('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await platform.db.all(sql`update promotion_reviews set claimed_groups = 'no JSON'`)
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  const one = await admin('GET', '/api/v1/promotions/1')
  const list = await admin('GET', '/api/v1/promotions')
  expect(logged).toHaveBeenCalledOnce()
  vi.restoreAllMocks()
  const unjudged = {
    can_merge: false,
    gates: [],
    blocked_by: ['it could not be judged; the log of the server says why'],
  }
  expect([one.status, list.status]).toEqual([200, 200])
  expect(one.json).toMatchObject(unjudged)
  expect(list.json.items[1]).toMatchObject(unjudged)
  expect(list.json.items[0].gates).toHaveLength(1)
})

test('a request of a version that an earlier release deleted is closed by the sweep', async () => {
  const { as, platform, policy, version, admin } = await governedServer()
  await policy('p', { approvals: { required: 0 }, gates: [{ name: 't', type: 'tag', key: 'x' }] })
  const made = await version(as(ann), 'm')
  const body = { model: 'm', version: made.version, to: { stage: 'Production' } }
  await as(ann)('POST', '/api/v1/promotions', body)
  await platform.db.all(sql`delete from model_versions`)
  await sweepPromotions(platform)
  await sweepPromotions(platform)
  expect((await admin('GET', '/api/v1/promotions/1')).json).toMatchObject({
    status: 'superseded',
    closed_because: 'the version was deleted',
  })
  const log = await admin('GET', '/api/v1/audit?action=promotion.superseded')
  expect(log.json.items).toHaveLength(1)
})

test('a request that fails in the sweep is logged, and the others go on', async () => {
  const { as, platform, policy, version, admin, pass } = await governedServer()
  await policy('p', { approvals: { required: 0 }, gates: [{ name: 't', type: 'tag', key: 'x' }] })
  const call = as(ann)
  for (const model of ['a', 'b', 'c']) {
    const made = await version(call, model)
    await call('POST', '/api/v1/promotions', {
      model,
      version: made.version,
      to: { stage: 'Production' },
    })
  }
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  await platform.db.all(sql`create trigger b_fails before update on promotions
    when old.model = 'b' begin select raise(abort, 'no'); end`)
  pass(24 * 30 * hour)
  for (let i = 0; i < 2; i++) await sweepPromotions(platform)
  const { json } = await admin('GET', '/api/v1/promotions')
  const statuses = json.items.map((item: { model: string; status: string }) => item.status)
  expect(statuses.filter((status: string) => status === 'expired').length).toBe(2)
  expect(logged.mock.calls.filter(([line]) => String(line).includes('not swept'))).toHaveLength(1)
  logged.mockRestore()
})
