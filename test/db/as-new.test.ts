import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform, makeAsNew } from '#platform'
import { schemaOf } from '../../drizzle/schema-of.ts'
import type { Database } from '../../src/db/database.ts'
import type { Platform } from '../../src/platform/context.ts'
import { askedWorld } from '../ui/world.ts'

/** All that a database says of itself, in no order. */
async function contentOf(db: Database) {
  const sequences = await db.all(sql`select name, seq from sqlite_sequence order by name`)
  return [...(await schemaOf(db)).sort(), sequences]
}

const filesOf = ({ blobs }: Platform) => Array.fromAsync(blobs.list(''))

test('a database that a test wrote to is made as new', async () => {
  const { db } = await freshPlatform()
  const before = await contentOf(db)
  await askedWorld({ db })
  expect((await contentOf(db)).length).toBeGreaterThan(before.length + 50)
  expect(await makeAsNew(db)).toBe(true)
  expect(await contentOf(db)).toEqual(before)
})

const others: [string, SQL][] = [
  ['lacks a table', sql`drop table d1_migrations`],
  ['lacks a trigger', sql`drop trigger audit_entries_no_delete`],
  ['has one more table', sql`create table one_more (n integer)`],
]

test.each(others)('a database that %s is not', async (_, statement) => {
  const { db } = await freshPlatform()
  await db.all(statement)
  expect(await makeAsNew(db)).toBe(false)
})

test('a test finds no rows and no files of another, and the rules in place', async () => {
  const before = await contentOf((await freshPlatform()).db)
  const { platform } = await askedWorld()
  await platform.db.all(sql`drop trigger audit_entries_no_delete`)
  expect(await filesOf(platform)).not.toEqual([])
  const after = await freshPlatform()
  expect(await contentOf(after.db)).toEqual(before)
  expect(await filesOf(after)).toEqual([])
})
