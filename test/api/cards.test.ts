import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { cardPath, cardServer, fullCard } from '../support/card-server.ts'
import { client } from '../support/client.ts'
import { sixteen } from '../support/registry-server.ts'

async function oneVersion() {
  const server = await cardServer()
  await server.createModel('m')
  await server.createVersion('m')
  const entries = () =>
    server.platform.db.all<{ action: string; before: string; after: string; version: number }>(
      sql`select action, before, after, version from audit_entries
        where action like '%card%' order by seq`,
    )
  return { ...server, entries }
}

describe('a card', () => {
  test('has revision 0 until somebody writes it', async () => {
    const { getCard } = await oneVersion()
    expect((await getCard('m')).json).toEqual({
      revision: 0,
      card: {},
      derived: { params: {}, metrics: {}, datasets: [] },
      missing: [],
    })
    expect((await getCard('m', 1, '/revisions')).json).toEqual({ items: [] })
  })

  test('comes back as it was written, with its author, in the plain and in the read form', async () => {
    const { app, getCard, putCard } = await oneVersion()
    const ada = client(app, { 'x-gatehouse-actor': 'ada' })
    const { json } = await ada.call('PUT', cardPath('m'), fullCard)
    expect(json).toMatchObject({
      revision: 1,
      author: { name: 'ada', verified: false },
      updated_at: expect.any(Number),
      card: fullCard,
    })
    expect((await putCard('m', { card: { notes: 'n' }, revision: 1 })).json).toMatchObject({
      revision: 2,
      card: { notes: 'n' },
    })
    expect((await getCard('m')).json.card).toEqual({ notes: 'n' })
  })

  test('keeps every revision, the newest first, page by page', async () => {
    const { getCard, putCard } = await oneVersion()
    for (const notes of ['a', 'b', 'c']) await putCard('m', { notes })
    const first = (await getCard('m', 1, '/revisions?max_results=2')).json
    expect(first.items.map((item: { revision: number }) => item.revision)).toEqual([3, 2])
    const next = `/revisions?max_results=2&page_token=${first.next_page_token}`
    const second = (await getCard('m', 1, next)).json
    expect(second).toEqual({ items: [expect.objectContaining({ revision: 1 })] })
    expect((await getCard('m', 1, '/revisions/2')).json).toMatchObject({
      revision: 2,
      card: { notes: 'b' },
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
    expect((await getCard('m', 1, '/revisions/4')).status).toBe(404)
  })

  test('is not overwritten by whoever read an older revision', async () => {
    const { getCard, putCard } = await oneVersion()
    await putCard('m', { notes: 'mine', revision: 0 })
    const late = await putCard('m', { notes: 'late', revision: 0 })
    expect(late).toMatchObject({ status: 409, json: { error_code: 'RESOURCE_CONFLICT' } })
    expect(late.json.message).toContain('at revision 1, not 0')
    expect((await getCard('m')).json.card).toEqual({ notes: 'mine' })
  })

  test('is in the audit log, with the fields that changed, and no entry tells of what was refused', async () => {
    const { entries, putCard } = await oneVersion()
    await putCard('m', { notes: 'a', owners: ['ada'], limitations: 'few' })
    await putCard('m', { notes: 'a', owners: ['bob'], contacts: ['c'] })
    await putCard('m', { notes: 'x', revision: 7 })
    const [first, second, ...others] = await entries()
    expect(others).toEqual([])
    expect(first).toMatchObject({ action: 'model_version.card_changed', version: 1 })
    expect(JSON.parse(first?.before ?? '')).toEqual({ revision: null, digest: null })
    expect(JSON.parse(first?.after ?? '')).toMatchObject({
      revision: 1,
      fields: ['limitations', 'notes', 'owners'],
      imported_from: null,
    })
    expect(JSON.parse(second?.before ?? '').digest).toBe(JSON.parse(first?.after ?? '').digest)
    expect(JSON.parse(second?.after ?? '')).toMatchObject({
      revision: 2,
      fields: ['contacts', 'limitations', 'owners'],
    })
  })

  test('takes sixteen writers at once: each a revision of its own, and no number twice', async () => {
    const { getCard, putCard } = await oneVersion()
    const done = await sixteen((i) => putCard('m', { notes: `writer ${i}` }))
    expect(done.map(({ status }) => status)).toEqual(Array(16).fill(200))
    const { items } = (await getCard('m', 1, '/revisions')).json
    expect(items.map((item: { revision: number }) => item.revision)).toEqual(
      Array.from({ length: 16 }, (_, i) => 16 - i),
    )
    const guarded = await sixteen((i) => putCard('m', { notes: `guarded ${i}`, revision: 16 }))
    expect(guarded.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(409)])
  })

  test('goes with its version for readers, follows a rename, and stays in the database', async () => {
    const { call, createModel, createVersion, del, getCard, platform, post, putCard } =
      await oneVersion()
    await putCard('m', { notes: 'n' })
    await post('registered-models/rename', { name: 'm', new_name: 'renamed' })
    expect((await getCard('renamed')).json.card).toEqual({ notes: 'n' })
    await del('registered-models/delete', { name: 'renamed' })
    await createModel('renamed')
    await createVersion('renamed')
    expect((await call('GET', cardPath('renamed', 2))).json.revision).toBe(0)
    expect(await platform.db.all(sql`select revision from model_cards`)).toEqual([{ revision: 1 }])
  })

  test('is never changed or deleted in the database', async () => {
    const { platform, putCard } = await oneVersion()
    await putCard('m', { notes: 'n' })
    for (const change of [
      sql`update model_cards set card = '{}'`,
      sql`delete from model_cards`,
      sql`insert or replace into model_cards
        select model_version, revision, author, created_at_ms, '{}', digest, imported_from,
          problems
        from model_cards`,
    ]) {
      await expect(platform.db.all(change)).rejects.toThrow('never')
    }
  })
})

const tooDeep = `{"notes":${'['.repeat(5000)}${']'.repeat(5000)}}`

test.each([
  ['an unknown field', { licens: 'x' }],
  ['a field of another type', { notes: 7 }],
  ['null', { notes: null }],
  ['a list that is no list', { owners: 'ada' }],
  ['a blank name', { owners: [''] }],
  ['a name of two lines', { owners: ['a\nb'] }],
  ['too many names', { owners: Array(101).fill('a') }],
  ['too much text', { limitations: 'x'.repeat(50_001) }],
  ['more than a row holds', { notes: 'ü'.repeat(200_000), limitations: 'ü'.repeat(50_000) }],
  ['a NUL', { notes: 'a\0b' }],
  ['a lone surrogate', { notes: 'a\ud800' }],
  ['a number that is none', { fairness: [{ slice: 's', metric: 'm', value: 'x' }] }],
  ['a number beyond doubles', '{"fairness":[{"slice":"s","metric":"m","value":1e999}]}'],
  ['a slice without a value', { fairness: [{ slice: 's', metric: 'm' }] }],
  [
    'two values of one slice',
    { fairness: [1, 2].map((value) => ({ slice: 's', metric: 'm', value })) },
  ],
  ['a card and fields beside it', { card: {}, notes: 'x' }],
  ['a revision that is none', { revision: -1 }],
  ['a list', '[]'],
  ['no JSON', '{'],
  ['deep nesting', tooDeep],
  ['a field that objects have', '{"__proto__":{"notes":"x"},"constructor":"y"}'],
])('%s is refused with 400 and changes nothing', async (_what, body) => {
  const { getCard, putCard } = await oneVersion()
  expect(await putCard('m', body)).toMatchObject({
    status: 400,
    json: { error_code: 'INVALID_PARAMETER_VALUE' },
  })
  expect((await getCard('m')).json.revision).toBe(0)
})

test('questions about what is not there are answered 404, bad ones 400', async () => {
  const { call } = await oneVersion()
  const asked = [
    ['GET', cardPath('m', 2), 404],
    ['GET', cardPath('other'), 404],
    ['GET', `${cardPath('m', 2)}.md`, 404],
    ['GET', `${cardPath('m', 2)}.html`, 404],
    ['GET', `${cardPath('m')}.md?format=pdf`, 400],
    ['GET', cardPath('m').replace('/1/', '/x/'), 400],
    ['GET', `${cardPath('m').replace('/1/', '/x/')}.html`, 400],
    ['GET', `${cardPath('m')}/revisions/0`, 400],
    ['GET', `${cardPath('m')}/revisions?page_token=x`, 400],
    ['GET', '/api/v1/models/other/card-template', 404],
    ['GET', '/api/v1/models/m/card-template', 404],
    ['DELETE', '/api/v1/models/m/card-template', 404],
  ] as const
  for (const [method, path, status] of asked) {
    expect([path, (await call(method, path)).status]).toEqual([path, status])
  }
  expect((await call('PUT', cardPath('m', 2), {})).status).toBe(404)
  expect((await call('PUT', '/api/v1/models/other/card-template', {})).status).toBe(404)
})

describe('a template', () => {
  const path = '/api/v1/models/m/card-template'

  test('is what a card starts from, and says what is still to be written', async () => {
    const { call, getCard, putCard } = await oneVersion()
    const template = { limitations: 'Say where it fails.', required: ['limitations', 'fairness'] }
    expect((await call('PUT', path, template)).json).toMatchObject({
      card: { limitations: 'Say where it fails.' },
      required: ['limitations', 'fairness'],
    })
    expect((await getCard('m')).json).toMatchObject({
      revision: 0,
      card: { limitations: 'Say where it fails.' },
      missing: ['fairness', 'limitations'],
    })
    await putCard('m', { limitations: 'Gift cards.' })
    expect((await getCard('m')).json).toMatchObject({
      revision: 1,
      card: { limitations: 'Gift cards.' },
      missing: ['fairness'],
    })
    expect((await call('DELETE', path)).json).toEqual({})
    expect((await getCard('m')).json.missing).toEqual([])
  })

  test('is in the audit log whenever it changes', async () => {
    const { call, entries } = await oneVersion()
    await call('PUT', path, { notes: 'a' })
    await call('PUT', path, { card: { notes: 'b' }, required: ['notes'] })
    await call('DELETE', path)
    await call('DELETE', path)
    const told = (await entries()).map(({ action, before, after }) => [
      action,
      JSON.parse(before),
      JSON.parse(after),
    ])
    const [a, b] = [
      { card: { notes: 'a' }, required: [] },
      { card: { notes: 'b' }, required: ['notes'] },
    ]
    expect(told).toEqual([
      ['registered_model.card_template_set', { card: null, required: null }, a],
      ['registered_model.card_template_set', a, b],
      ['registered_model.card_template_deleted', b, null],
    ])
  })

  test('does not require fields that no card has', async () => {
    const { call } = await oneVersion()
    expect((await call('PUT', path, { required: ['mood'] })).status).toBe(400)
  })
})

test('with access control on, nobody reads or writes a card without credentials', async () => {
  const { settings } = (await cardServer()).platform
  const { call } = await cardServer({ settings: { ...settings, auth: true } })
  for (const path of [cardPath('m'), `${cardPath('m')}.md`, `${cardPath('m')}.html`]) {
    expect((await call('GET', path)).status).toBe(401)
  }
  expect((await call('PUT', cardPath('m'), {})).status).toBe(401)
  expect((await call('PUT', '/api/v1/models/m/card-template', {})).status).toBe(401)
})
