import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import Libsql from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { ConstraintError } from '../../../src/db/database.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'

async function opened(): Promise<{ file: LibsqlFile; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-writes-'))
  const path = join(folder, 'test.db')
  const file = new LibsqlFile(path)
  onTestFinished(async () => {
    // One test has closed it.
    await file.close().catch(() => undefined)
    rmSync(folder, { recursive: true })
  })
  await file.batch({
    table: sql`create table things (n integer primary key)`,
    other: sql`create table words (word text)`,
  })
  return { file, path }
}

const add = (n: number) => ({
  word: sql`insert into words values (${`word ${n}`})`,
  thing: sql<{ n: number }>`insert into things values (${n}) returning n`,
})
const things = sql<{ n: number }>`select n from things order by n`
const words = sql<{ word: string }>`select word from words order by word`
const pageBytes = 4096

test('writes that come at once are committed together, and each gets its own rows', async () => {
  const { file, path } = await opened()
  const before = statSync(`${path}-wal`).size
  const written = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => file.batch(add(n))))
  expect(written.map(({ thing }) => thing)).toEqual([1, 2, 3, 4, 5, 6].map((n) => [{ n }]))
  // Two pages of tables; each commit by itself writes both.
  expect(statSync(`${path}-wal`).size - before).toBeLessThan(3 * (pageBytes + 24) + 1)
})

test('a write that is refused leaves nothing, and those around it stay', async () => {
  const { file } = await opened()
  const all = await Promise.allSettled([1, 2, 1, 3].map((n) => file.batch(add(n))))
  expect(all.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(all[2]).toMatchObject({ reason: new ConstraintError('unique', 'things.n') })
  expect(await file.all(things)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  expect(await file.all(words)).toEqual(['word 1', 'word 2', 'word 3'].map((word) => ({ word })))
})

test('a write sees what the ones before it wrote', async () => {
  const { file } = await opened()
  const next = {
    next: sql<{ n: number }>`insert into things
    select coalesce(max(n), 0) + 1 from things returning n`,
  }
  const made = await Promise.all([1, 2, 3].map(() => file.batch(next)))
  expect(made.map((rows) => rows.next)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]])
})

test('a write that ends the whole transaction takes no other with it', async () => {
  const { file } = await opened()
  await file.batch({
    trigger: sql`create trigger full before insert on things when new.n = 2
      begin select raise(rollback, 'the disk is full'); end`,
  })
  const all = await Promise.allSettled([1, 2, 3].map((n) => file.batch(add(n))))
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await file.all(things)).toEqual([{ n: 1 }, { n: 3 }])
  expect(await file.all(words)).toEqual([{ word: 'word 1' }, { word: 'word 3' }])
})

test('what cannot be committed in company is committed alone', async () => {
  const { file } = await opened()
  await file.batch({
    table: sql`create table parts (thing integer references things deferrable initially deferred)`,
  })
  const part = (n: number) => file.batch({ part: sql`insert into parts values (${n})` })
  const all = await Promise.allSettled([file.batch(add(1)), part(7), part(1)])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await file.all(sql`select thing from parts`)).toEqual([{ thing: 1 }])
})

test('no answer comes before others can see the write', async () => {
  const { file, path } = await opened()
  const other = new Libsql(path)
  onTestFinished(() => void other.close())
  const count = other.prepare('select count(*) as c from things')
  const seen = await Promise.all(
    [1, 2, 3].map(async (n) => {
      await file.batch(add(n))
      return count.get([])
    }),
  )
  expect(seen).toMatchObject([{ c: 3 }, { c: 3 }, { c: 3 }])
})

test('long writes are answered as they come', async () => {
  const { file } = await opened()
  const long = () =>
    file.batch({
      rows: sql`insert into words
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
    select max(i) from n`,
    })
  const settled: number[] = []
  const counts = await Promise.all(
    [0, 1].map(async (n) => {
      await long()
      settled.push(n)
      return (await file.all(words)).length
    }),
  )
  expect(settled).toEqual([0, 1])
  expect(counts).toEqual([1, 2])
})

/** Another process that writes, for longer than anybody waits. */
function locked(path: string): { unlock(): void } {
  const other = new Libsql(path)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  return { unlock: () => void other.exec('ROLLBACK') }
}

test('a single write that found the file locked leaves nothing begun', async () => {
  const { file, path } = await opened()
  const { unlock } = locked(path)
  const one = sql`insert into things values (${1})`
  await expect(file.all(one)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  const within = sql`with n (i) as (select ${2}) insert into things select i from n`
  await expect(file.all(within)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  unlock()
  expect(await file.all(sql`insert into things values (7) returning n`)).toEqual([{ n: 7 }])
  const other = new Libsql(path)
  onTestFinished(() => void other.close())
  expect(other.prepare('select n from things').all([])).toEqual([{ n: 7 }])
  await file.batch(add(8))
  expect(await file.all(things)).toEqual([{ n: 7 }, { n: 8 }])
}, 60_000)

test('writes that find the file locked wait while reads are answered, and come in their order', async () => {
  const { file, path } = await opened()
  const { unlock } = locked(path)
  const settled: number[] = []
  const write = async (n: number) => {
    await file.batch(add(n))
    settled.push(n)
  }
  const writes = [write(1), write(2)]
  for (let i = 0; i < 5; i++) expect(await file.all(things)).toEqual([])
  writes.push(write(3))
  await new Promise((done) => setTimeout(done, 200))
  expect(await file.batch({ things })).toEqual({ things: [] })
  expect(settled).toEqual([])
  unlock()
  await Promise.all(writes)
  expect(settled).toEqual([1, 2, 3])
  expect(await file.all(things)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('writes that find the file locked for too long are refused, each after its own wait', async () => {
  const { file, path } = await opened()
  const { unlock } = locked(path)
  const early = Promise.allSettled([1, 2, 3].map((n) => file.batch(add(n))))
  await new Promise((done) => setTimeout(done, 1000))
  const late = file.batch(add(4))
  expect(await early).toMatchObject([1, 2, 3].map(() => ({ reason: { code: 'SQLITE_BUSY' } })))
  unlock()
  await late
  expect(await file.all(things)).toEqual([{ n: 4 }])
}, 60_000)

test('a refused write among others that waited for a locked file takes none of them with it', async () => {
  const { file, path } = await opened()
  const other = locked(path)
  const all = Promise.allSettled([1, 1, 2].map((n) => file.batch(add(n))))
  await new Promise((done) => setTimeout(done, 100))
  other.unlock()
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await file.all(words)).toEqual([{ word: 'word 1' }, { word: 'word 2' }])
})

test('what waits for a locked file when the database is closed is refused', async () => {
  const { file, path } = await opened()
  locked(path)
  const writes = Promise.allSettled([1, 2].map((n) => file.batch(add(n))))
  await new Promise((done) => setTimeout(done, 100))
  await file.close()
  expect(await writes).toMatchObject([1, 2].map(() => ({ reason: { code: 'SQLITE_BUSY' } })))
}, 60_000)

test('what waits when the database is closed is written', async () => {
  const { file, path } = await opened()
  const writes = [1, 2, 3].map((n) => file.batch(add(n)))
  await Promise.resolve()
  await file.close()
  await Promise.all(writes)
  const other = new Libsql(path)
  onTestFinished(() => void other.close())
  expect(other.prepare('select n from things').all([])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
})
