import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import Libsql from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { longestTurnMs, turnMsMax } from '../../support/turns.ts'

test('a batch that only reads goes on while another process writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-libsql-'))
  const path = join(folder, 'test.db')
  const file = new LibsqlFile(path)
  await file.batch({
    statements: [sql`create table things (n integer)`, sql`insert into things values (1)`],
  })
  const other = new Libsql(path)
  onTestFinished(() => {
    other.close()
    file.close()
    rmSync(folder, { recursive: true })
  })
  other.exec('BEGIN IMMEDIATE')
  other.exec('INSERT INTO things VALUES (2)')
  const read = await file.batch({
    things: sql`select n from things`,
    count: sql`select count(*) as c from things`,
  })
  other.exec('ROLLBACK')
  expect(read).toEqual({ things: [{ n: 1 }], count: [{ c: 1 }] })
})

test('work of many calls lets others run in between, whether they are reads or batches', async () => {
  const file = new LibsqlFile(':memory:')
  onTestFinished(() => file.close())
  const count = sql<{ c: number }>`with recursive n(i) as (
    select 1 union all select i + 1 from n where i < 10000) select count(*) as c from n`
  const reads = () => file.all(count)
  const batches = () => file.batch({ count })
  for (const call of [reads, batches]) {
    const work = async () => {
      for (const startMs = performance.now(); performance.now() - startMs < 500; ) await call()
    }
    expect(await longestTurnMs(work)).toBeLessThan(turnMsMax)
  }
})
