import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { FileReader } from '../../../src/platform/node/reader/file-reader.ts'

async function opened() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-reader-'))
  const path = join(folder, 'test.db')
  const file = new LibsqlFile(path)
  const reader = new FileReader(path)
  onTestFinished(async () => {
    await reader.close()
    await file.close()
    rmSync(folder, { recursive: true })
  })
  await file.all(sql`create table things (n integer unique)`)
  return { file, reader, folder }
}

const things = sql<{ n: number }>`select n from things order by n`

test('a read aside sees all that was committed before it was asked', async () => {
  const { file, reader } = await opened()
  for (let n = 0; n < 50; n++) {
    await file.all(sql`insert into things values (${n})`)
    expect(await reader.all(sql<{ most: number }>`select max(n) as most from things`)).toEqual([
      { most: n },
    ])
  }
})

test('statements of one batch aside see one moment, and come back under their names', async () => {
  const { file, reader } = await opened()
  await file.all(sql`insert into things values (1), (2)`)
  const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000)
    select count(*) as c from n`
  const read = reader.batch({ before: things, slow, after: [things], none: undefined })
  await file.all(sql`insert into things values (3)`)
  const { before, after, none } = await read
  expect(after).toEqual([before])
  expect(none).toBeUndefined()
})

test('nobody waits for a long read aside', async () => {
  const { file, reader } = await opened()
  const ends: string[] = []
  const long = reader
    .all(sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000)
      select count(*) as c from n`)
    .then(() => ends.push('long'))
  for (let n = 0; n < 20; n++) await file.all(sql`insert into things values (${n})`)
  ends.push('others')
  await long
  expect(ends).toEqual(['others', 'long'])
})

test('a read aside changes nothing, fails with the code of its driver, and goes on after that', async () => {
  const { file, reader } = await opened()
  await expect(reader.all(sql`insert into things values (1)`)).rejects.toMatchObject({
    code: 'SQLITE_READONLY',
  })
  await expect(reader.all(sql`select other from things`)).rejects.toThrow('no such column')
  await file.all(sql`insert into things values (7)`)
  expect(await reader.all(things)).toEqual([{ n: 7 }])
})

test('where the thread cannot begin, each read says so', async () => {
  const { folder } = await opened()
  const reader = new FileReader(join(folder, 'nowhere/test.db'))
  await expect(reader.all(things)).rejects.toThrow(/unable to open/i)
  await expect(reader.all(things)).rejects.toThrow(/unable to open/i)
})

test('closed while it works, it ends after the statement under way, and who waits is told', async () => {
  const { reader } = await opened()
  const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000)
    select count(*) as c from n`
  await reader.all(things)
  const interrupted = Promise.allSettled([reader.batch({ slow: [slow, slow] }), reader.all(things)])
  await new Promise((done) => setTimeout(done, 20))
  await reader.close()
  const closing = {
    status: 'rejected',
    reason: expect.objectContaining({ message: 'the database is being closed' }),
  }
  expect(await interrupted).toEqual([closing, closing])
})
