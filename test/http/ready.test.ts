import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withBatches } from '../../src/db/batch.ts'
import { testServer } from '../support/server.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('a server whose database takes no writes is not ready, and says so', async () => {
  const { platform } = await testServer()
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  const db = withBatches(platform.db, () => Promise.reject(full))
  const { call } = await testServer({ db })
  const { status, json, text } = await call('GET', '/ready')
  expect([status, json.message]).toEqual([503, 'Not ready: the database takes no writes'])
  expect(text).not.toContain('full')
  expect((await call('GET', '/health')).status).toBe(200)
})

test.each([
  [
    'older',
    sql`delete from d1_migrations where id = (select max(id) from d1_migrations)`,
    /lacks the migration \d{4}_\w+\.sql$/,
  ],
  [
    'newer',
    sql`insert into d1_migrations (name) values ('9999_later.sql')`,
    /is of a newer release: it has 9999_later\.sql$/,
  ],
  ['another', sql`drop table d1_migrations`, /has no schema of this release$/],
])('a server whose schema is %s than its release is not ready', async (_what, change, message) => {
  const { call, platform } = await testServer()
  expect((await call('GET', '/ready')).json).toEqual({ status: 'ready' })
  await platform.db.all(change)
  const { status, json } = await call('GET', '/ready')
  expect(status).toBe(503)
  expect(json.message).toMatch(message)
})

test('a server whose artifacts take no writes is not ready, and changes nothing by asking', async () => {
  const { platform } = await testServer()
  const away = {
    ...platform.blobs,
    sizeOf: async () => undefined,
    probeWrite: () => Promise.reject(new Error('ENOSPC')),
  }
  const { call } = await testServer({ blobs: away })
  expect((await call('GET', '/ready')).json.message).toBe(
    'Not ready: the store of artifacts takes no writes',
  )
  const { call: sound, platform: whole } = await testServer()
  const rows = async () =>
    await whole.db.batch({
      epoch: sql`select * from access_epoch`,
      entries: sql`select count(*) from audit_entries`,
    })
  const before = await rows()
  for (let i = 0; i < 3; i++) await sound('GET', '/ready')
  expect(await rows()).toEqual(before)
  const left: string[] = []
  for await (const { id } of whole.blobs.leftovers()) left.push(id)
  expect(left).toEqual([])
})
