import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { runList, withBatches } from '../../src/db/batch.ts'
import { compile } from '../../src/db/compile.ts'
import { joinedReads } from '../../src/db/joined-reads.ts'

/** A database whose reads are joined, and the trips to the one behind it. */
async function joined() {
  const { db } = await freshPlatform()
  const trips: string[][] = []
  const textOf = (query: SQL) => compile(query).text
  const batches = withBatches(db, (list) => {
    trips.push(list.map(textOf))
    return runList(db, list)
  })
  return { db: joinedReads(batches), trips }
}

const value = (n: number) => sql<{ n: number }>`select ${n} as n`

test('what is asked at once, and by what follows from it, is one trip each', async () => {
  const { db, trips } = await joined()
  const later = async (n: number) => {
    const first = await db.first(value(n))
    return db.all(value((first?.n ?? 0) + 10))
  }
  const found = await Promise.all([
    later(1),
    later(2),
    db.batch({ a: value(3), none: undefined, many: [value(4), value(5)] }),
  ])
  expect(found).toEqual([
    [{ n: 11 }],
    [{ n: 12 }],
    { a: [{ n: 3 }], none: undefined, many: [[{ n: 4 }], [{ n: 5 }]] },
  ])
  expect(trips.map(({ length }) => length)).toEqual([5, 2])
})

test('what writes goes by itself, whole', async () => {
  const { db, trips } = await joined()
  await db.batch({ made: sql`create table written (n integer)` })
  const write = sql`insert into written (n) values (${7})`
  const hidden = sql`with one as (select 8 as n) insert into written select n from one`
  await Promise.all([db.batch({ write, read: value(1) }), db.all(hidden), db.all(value(2))])
  expect(trips.map(({ length }) => length)).toEqual([1, 2, 1, 1])
  expect(await db.all(sql`select n from written order by n`)).toEqual([{ n: 7 }, { n: 8 }])
})

test('a read that fails fails alone', async () => {
  const { db } = await joined()
  const asked = [db.all(value(1)), db.all(sql`select nothing from nowhere`), db.first(value(2))]
  const [one, none, two] = await Promise.allSettled(asked)
  expect([one, two]).toMatchObject([{ value: [{ n: 1 }] }, { value: { n: 2 } }])
  expect(none?.status).toBe('rejected')
  await expect(db.all(sql`select nothing from nowhere`)).rejects.toThrow()
})

test('a database that is silent is waited for once', async () => {
  const { db: behind } = await freshPlatform()
  let trips = 0
  const silent = withBatches(behind, () => {
    trips++
    return Promise.reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
  })
  const db = joinedReads(silent)
  const all = await Promise.allSettled([1, 2, 3].map((n) => db.all(value(n))))
  expect(all).toMatchObject([1, 2, 3].map(() => ({ reason: { code: 'ETIMEDOUT' } })))
  expect(trips).toBe(1)
})
