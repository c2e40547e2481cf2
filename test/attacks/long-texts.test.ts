import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createUser } from '../../src/access/accounts/users.ts'
import { sealEntries } from '../../src/audit/seal.ts'
import { toHex } from '../../src/core/bytes.ts'
import type { Platform } from '../../src/platform/context.ts'
import { deliverDue } from '../../src/webhooks/delivery/deliver.ts'
import { contextOf, person } from '../support/accounts.ts'
import type { Json } from '../support/client.ts'
import { governedServer } from '../support/governed-server.ts'
import { Receivers } from '../support/receiver.ts'
import { testServer } from '../support/server.ts'

const long = (of: string) => of.repeat(Math.ceil(100_000 / of.length)).slice(0, 100_000)

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return toHex(new Uint8Array(hash))
}

const briefOf = async (text: string) => ({
  begins: [...text].slice(0, 200).join(''),
  length: [...text].length,
  sha256: await sha256(text),
})

/** The size of all entries, in characters. */
async function logChars({ db }: Platform): Promise<number> {
  const row = await db.first(sql<{ chars: number }>`select sum(length(coalesce(before, ''))
    + length(coalesce(after, '')) + length(coalesce(reason, '')) + length(actor)
    + length(coalesce(model, '')) + length(coalesce(user_agent, ''))) as chars from audit_entries`)
  return row?.chars ?? 0
}

async function server() {
  const made = await testServer()
  await made.post('registered-models/create', { name: 'm' })
  await made.post('model-versions/create', { name: 'm', source: 's3://b/m' })
  const entries = async (action: string): Promise<Json[]> => {
    const res = await made.call('GET', `/api/v1/audit?action=${action}`)
    return res.json.items.toReversed()
  }
  return { ...made, entries }
}

test.each([
  [
    'tags',
    (i: number) => ({
      ...{ method: 'POST', path: 'model-versions/set-tag', version: '1' },
      ...{ key: 'k', value: long(`${i}é`) },
    }),
  ],
  [
    'descriptions',
    (i: number) => ({
      ...{ method: 'PATCH', path: 'registered-models/update', description: long(`${i}`) },
    }),
  ],
] as const)('thirty calls of 100 KB of %s add some 30 KB to the audit log', async (_what, of) => {
  const { call, platform } = await server()
  const before = await logChars(platform)
  for (let i = 0; i < 30; i++) {
    const { method, path, ...body } = of(i)
    const res = await call(method, `/api/2.0/mlflow/${path}`, { name: 'm', ...body })
    expect(res.status, res.text).toBe(200)
  }
  expect((await logChars(platform)) - before).toBeLessThan(35_000)
})

test('refused attempts with huge inputs add little too', async () => {
  const { app, platform } = await server()
  const before = await logChars(platform)
  for (let i = 0; i < 30; i++) {
    await app.request(
      `/api/2.0/mlflow-artifacts/artifacts/model-versions/1/${i}${'x'.repeat(200)}`,
      {
        method: 'PUT',
        body: long('x'),
        headers: { 'x-gatehouse-actor': `${i} ${long('a')}`, 'user-agent': long('u') },
      },
    )
  }
  expect((await logChars(platform)) - before).toBeLessThan(60_000)
})

test('an entry has the digest, length and beginning of old and new texts, and verifies', async () => {
  const { app, call, post, platform, entries } = await server()
  const [first, second] = [long('first 😀 '), long('second "\\\n')]
  for (const value of [first, second])
    await post('registered-models/set-tag', { name: 'm', key: 'k', value })
  for (const description of [first, second])
    await call('PATCH', '/api/2.0/mlflow/registered-models/update', { name: 'm', description })
  expect(
    (await entries('registered_model.tag_set')).map(({ before, after }) => [before, after]),
  ).toEqual([
    [
      { key: 'k', value: null },
      { key: 'k', value: await briefOf(first) },
    ],
    [
      { key: 'k', value: await briefOf(first) },
      { key: 'k', value: await briefOf(second) },
    ],
  ])
  const [, last] = await entries('registered_model.updated')
  expect(last.before.description).toEqual(await briefOf(first))
  expect(last.after.description).toEqual(await briefOf(second))
  await sealEntries(platform)
  const verified = (await call('GET', '/api/v1/audit/verify')).json
  expect(verified).toMatchObject({ ok: true, sealed: verified.entries })
  const exported = await app.request('/api/v1/audit/export')
  const lines = (await exported.text()).trim().split('\n')
  expect(lines).toHaveLength(verified.entries)
  // The texts themselves are where they were.
  const model = (await call('GET', '/api/2.0/mlflow/registered-models/get?name=m')).json
  expect(model.registered_model).toMatchObject({ description: second, tags: [{ value: second }] })
})

test('a model of many long tags is made and deleted in entries of bounded size', async () => {
  const { call, post, platform, entries } = await server()
  const tags = Array.from({ length: 40 }, (_, i) => ({
    key: `k${String(i).padStart(2, '0')}`,
    value: long(i === 3 ? '"é\n😀' : `${i}`),
  }))
  const made = await post('registered-models/create', { name: 'big', description: long('d'), tags })
  expect(made.status).toBe(200)
  await post('model-versions/create', {
    name: 'big',
    source: 's3://b/m',
    description: long('v'),
    tags,
  })
  const path = '/api/2.0/mlflow/registered-models'
  expect((await call('DELETE', `${path}/delete`, { name: 'big' })).status).toBe(200)
  const [deleted] = await entries('registered_model.deleted')
  const whole = JSON.stringify(Object.fromEntries(tags.map(({ key, value }) => [key, value])))
  // Characters, of which some are two code units. Counting them one by one would be a long turn.
  const pairs = whole.match(/[\ud800-\udbff]/g) ?? []
  expect(deleted.before).toMatchObject({
    description: await briefOf(long('d')),
    versions: [{ version: '1', stage: 'None' }],
    tags: { begins: whole.slice(0, 200), length: whole.length - pairs.length },
  })
  expect(await logChars(platform)).toBeLessThan(10_000)
})

test('documents and reasons are bounded too', async () => {
  const { admin, policy, as, version, platform } = await governedServer()
  const clause = `candidate.stage != '${'x'.repeat(1900)}'`
  const gates = Array.from({ length: 50 }, (_, i) => ({
    name: `${i}`,
    type: 'expression',
    expression: clause,
  }))
  const put = await policy('p', {
    gates,
    approvals: { required: 0 },
    break_glass: { from: ['user:ann'] },
  })
  expect(put.status, put.text).toBe(200)
  const ann = as(person('ann'))
  const { version: number } = await version(admin, 'm')
  const to = { stage: 'Production' }
  const opened = await ann('POST', '/api/v1/promotions', { model: 'm', version: number, to })
  const reason = `we have to, ${'really '.repeat(1400)}`.slice(0, 9900)
  const broken = await ann('POST', `/api/v1/promotions/${opened.json.id}/break-glass`, { reason })
  expect(broken.status, broken.text).toBe(200)
  const [moved] = (await admin('GET', '/api/v1/audit?action=model_version.transitioned')).json.items
  expect(moved.reason).toBe(
    `${reason.slice(0, 200)}... (${reason.length} characters, SHA-256 ${await sha256(reason)})`,
  )
  const [written] = (await admin('GET', '/api/v1/audit?action=policy.created')).json.items
  expect(written.after.document).toMatchObject({
    length: expect.any(Number),
    sha256: expect.any(String),
  })
  expect(written.after).toMatchObject({ policy: 'p', revision: 1 })
  const kept = (await admin('GET', '/api/v1/policies/p')).json
  expect(kept.gates).toHaveLength(50)
  const rows = await platform.db.all(sql<{ chars: number }>`select max(length(coalesce(before, ''))
    + length(coalesce(after, '')) + length(coalesce(reason, ''))) as chars from audit_entries`)
  expect(rows[0]?.chars).toBeLessThan(9000)
})

test('whoever comes with ten thousand groups makes no long entries', async () => {
  const { platform } = await server()
  const groups = Array.from({ length: 10_000 }, (_, i) => `group ${i}`)
  const ctx = contextOf(platform, person('root', { isAdmin: true, groups }))
  await createUser(ctx, 'ann', 'a password of ann')
  expect(await logChars(platform)).toBeLessThan(5000)
})

describe('what reads the audit log later works with long texts', () => {
  test('where a version was, at any moment and before a rollback', async () => {
    const { admin, mlflow, version, pass, platform } = await governedServer()
    const { post } = mlflow(admin)
    for (let i = 0; i < 2; i++) await version(admin, 'm')
    const move = (number: string) =>
      post('model-versions/transition-stage', {
        name: 'm',
        version: number,
        stage: 'Production',
        archive_existing_versions: true,
      })
    await move('1')
    const then = platform.now()
    pass(3_600_000)
    await post('model-versions/set-tag', { name: 'm', version: '1', key: 'k', value: long('v') })
    await post('registered-models/set-tag', { name: 'm', key: 'k', value: long('v') })
    await move('2')
    await admin('PATCH', '/api/2.0/mlflow/model-versions/update', {
      name: 'm',
      version: '1',
      description: long('d'),
    })
    const at = await admin('GET', `/api/v1/models/m/stages/Production?at=${then + 1}`)
    expect(JSON.stringify(at.json), at.text).toContain('"version":"1"')
    const back = await admin('POST', '/api/v1/models/m/rollback', {
      stage: 'Production',
      reason: 'worse',
    })
    expect(back.status, back.text).toBe(200)
    expect(JSON.stringify(back.json)).toContain('"version":"1"')
  })

  test('webhooks of MLflow have the whole text as long as it is there, others its beginning', async () => {
    const receivers = new Receivers()
    const { post, call, platform } = await testServer({ outbound: receivers })
    const events = [
      ['REGISTERED_MODEL', 'CREATED'],
      ['MODEL_VERSION', 'CREATED'],
      ['MODEL_VERSION_TAG', 'SET'],
    ].map(([entity, action]) => ({ entity, action }))
    await post('webhooks', { name: 'mlflow', url: 'https://receiver.example/mlflow', events })
    for (const format of ['slack', 'json'])
      await call('POST', '/api/v1/webhooks', {
        name: format,
        url: `https://receiver.example/${format}`,
        events: ['*'],
        format,
      })
    const tags = [{ key: 'k', value: long('tag ') }]
    await post('registered-models/create', { name: 'm', description: long('d'), tags })
    await post('model-versions/create', { name: 'm', source: 's3://b/m', tags })
    for (const value of [long('gone '), long('stays ')])
      await post('model-versions/set-tag', { name: 'm', version: '1', key: 'x', value })
    await deliverDue(platform)
    const sent = receivers.at('mlflow').map(({ json }) => json.data)
    expect(sent[0]).toMatchObject({ name: 'm', description: long('d'), tags: { k: long('tag ') } })
    expect(sent[1]).toMatchObject({ name: 'm', version: '1' })
    expect(sent[2].value).toBe(`${long('gone ').slice(0, 200)}...`)
    expect(sent[3].value).toBe(long('stays '))
    expect(receivers.at('json').at(-1)?.json.after.value).toEqual(await briefOf(long('stays ')))
    expect(JSON.stringify(receivers.at('slack'))).toContain('stays stays')
    expect(JSON.stringify(receivers.at('slack'))).not.toContain('object Object')
  })
})
