import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sealEntries } from '../../src/audit/seal.ts'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { registryServer } from '../support/registry-server.ts'

async function auditServer() {
  const server = await registryServer()
  await server.createModel('m')
  await server.createModel('n')
  await sealEntries(server.platform)
  const { db } = server.platform
  const contents = () =>
    db.batch({
      entries: sql`select * from audit_entries`,
      seals: sql`select * from audit_seals`,
    })
  return { ...server, db, contents }
}

test('the migrated database has a trigger against each way to change the audit log', async () => {
  const { db } = await auditServer()
  const triggers = await db.all(sql`select name, tbl_name from sqlite_schema
    where type = 'trigger' and tbl_name like 'audit%' order by name`)
  expect(triggers).toEqual([
    { name: 'audit_entries_brief', tbl_name: 'audit_entries' },
    { name: 'audit_entries_no_delete', tbl_name: 'audit_entries' },
    { name: 'audit_entries_no_replace', tbl_name: 'audit_entries' },
    { name: 'audit_entries_no_update', tbl_name: 'audit_entries' },
    { name: 'audit_seals_no_delete', tbl_name: 'audit_seals' },
    { name: 'audit_seals_no_replace', tbl_name: 'audit_seals' },
    { name: 'audit_seals_no_update', tbl_name: 'audit_seals' },
  ])
})

const entry = sql`seq, workspace, at_ms, actor, action, is_prompt, request_id`

test.each([
  ['an UPDATE', sql`update audit_entries set actor = '{}' where seq = 1`],
  ['an UPDATE of a number', sql`update audit_entries set seq = 9 where seq = 2`],
  ['an UPDATE OR REPLACE', sql`update or replace audit_entries set seq = 1 where seq = 2`],
  ['a DELETE', sql`delete from audit_entries where seq = 2`],
  ['a DELETE of all', sql`delete from audit_entries`],
  [
    'an INSERT over a row',
    sql`insert into audit_entries (${entry}) select ${entry} from audit_entries`,
  ],
  [
    'an INSERT OR REPLACE',
    sql`insert or replace into audit_entries (${entry}) values (1, 'default', 1, '{}', 'x', 0, 'r')`,
  ],
  ['a REPLACE', sql`replace into audit_entries (${entry}) values (2, 'w', 1, '{}', 'x', 0, 'r')`],
  [
    'an upsert',
    sql`insert into audit_entries (${entry}) values (1, 'default', 1, '{}', 'x', 0, 'r')
      on conflict (seq) do update set actor = excluded.actor`,
  ],
  ['an UPDATE of a seal', sql`update audit_seals set entry_hash = 'x'`],
  ['a DELETE of a seal', sql`delete from audit_seals where seq = 1`],
  ['an INSERT OR REPLACE of a seal', sql`insert or replace into audit_seals values (1, 'x', 'y')`],
])('%s is refused by the database and changes nothing', async (_what, statement) => {
  const { db, contents } = await auditServer()
  const before = await contents()
  for (const attempt of [() => db.all(statement), () => db.batch({ statement })]) {
    await expect(attempt()).rejects.toMatchObject({ kind: 'trigger' })
  }
  expect(await contents()).toEqual(before)
})

test('gc with a purge of everything leaves the audit log as it was', async () => {
  const { contents, platform, createVersion, post, call } = await auditServer()
  await createVersion('m')
  await call('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: 'm' })
  const { json } = await post('runs/create', { experiment_id: '0' })
  await post('runs/delete', { run_id: json.run.info.run_id })
  const before = await contents()
  await collectGarbage({ ...platform, dryRun: false, graceMs: 0 }, Number.MAX_SAFE_INTEGER)
  expect(await contents()).toEqual(before)
})
