import { type SQL, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { ConstraintError, type Database } from '../../src/db/database.ts'
import { int64Column, int64Param, jsonRowsOf, Real } from '../../src/db/sql.ts'

/** What every adapter of the database port must do alike. */
export function databaseSuite(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let db: Database
    beforeAll(async () => {
      db = await open()
      await db.batch({ schema })
    })

    test('a batch runs its statements in the order written, and returns the rows of each', async () => {
      const results = await db.batch({
        one: sql`insert into box (id, label) values (1, 'one')`,
        two: sql`insert into box (id, label) values (2, 'two') returning id, label`,
        all: sql`select label from box order by id`,
      })
      expect(results).toEqual({
        one: [],
        two: [{ id: 2, label: 'two' }],
        all: [{ label: 'one' }, { label: 'two' }],
      })
    })

    test('a batch gives the rows of each statement under its name, of several a list for each', async () => {
      const answers = await db.batch({
        first: sql`insert into box (id, label) values (50, 'fifty')`,
        nothing: undefined,
        both: ['left', 'right'].map(
          (label) => sql`insert into box (label) values (${label}) returning label`,
        ),
        none: [],
        after: sql<{ label: string }>`select label from box where id >= 50 order by id`,
      })
      expect(answers).toEqual({
        first: [],
        nothing: undefined,
        both: [[{ label: 'left' }], [{ label: 'right' }]],
        none: [],
        after: [{ label: 'fifty' }, { label: 'left' }, { label: 'right' }],
      })
      expect(Object.keys(answers)).toEqual(['first', 'nothing', 'both', 'none', 'after'])
    })

    test('a batch whose last statement fails leaves nothing of the others', async () => {
      const failing = db.batch({
        insert: sql`insert into box (id, label) values (10, 'ten')`,
        update: sql`update box set label = 'changed' where id = 1`,
        failing: sql`insert into box (id, label) values (10, 'again')`,
      })
      await expect(failing).rejects.toBeInstanceOf(ConstraintError)
      expect(await db.all(sql`select id from box where id = 10 or label = 'changed'`)).toEqual([])
      await db.batch({ box: sql`insert into box (id, label) values (11, 'after')` })
      expect(await db.first(sql`select label from box where id = 11`)).toEqual({ label: 'after' })
    })

    test('all and first find nothing where nothing is', async () => {
      expect(await db.all(sql`select * from box where id = -1`)).toEqual([])
      expect(await db.first(sql`select * from box where id = -1`)).toBeUndefined()
    })

    test.each<[ConstraintError['kind'], string, SQL]>([
      [
        'unique',
        'box.id',
        sql`insert into box (id, label) select 20, 'a' union all select 20, 'b'`,
      ],
      ['unique', 'box.label', sql`insert into box (id, label) values (21, 'x'), (22, 'x')`],
      ['unique', 'item.box, item.name', sql`insert into item values (1, 'n', 1), (1, 'n', 1)`],
      ['not null', 'box.label', sql`insert into box (id, label) values (23, null)`],
      ['check', 'small', sql`insert into item values (1, 'big', 1000)`],
      ['foreign key', '', sql`insert into item values (999, 'orphan', 1)`],
      ['trigger', 'fixed', sql`update fixed set value = 2`],
    ])('a broken %s constraint is told apart and names %s', async (kind, subject, statement) => {
      for (const attempt of [() => db.all(statement), () => db.batch({ statement })]) {
        const err = await attempt().then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(err).toBeInstanceOf(ConstraintError)
        expect(err).toMatchObject({ kind, subject: expect.stringContaining(subject) })
      }
    })

    test('a syntax error is no constraint error', async () => {
      await expect(db.all(sql`selec 1`)).rejects.not.toBeInstanceOf(ConstraintError)
    })

    test('int64 goes in and comes out exactly to both ends of its range', async () => {
      const values = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 2 ** 53 - 1, 0, -1]
      for (const value of values) {
        const row = await db.first<{ value: number | string }>(
          sql`select ${int64Column(sql`x`)} as value from (select ${int64Param(value)} as x)`,
        )
        expect(BigInt(row?.value ?? 0)).toBe(BigInt(value))
      }
    })

    test('a thousand rows travel in one parameter, integers and doubles exactly', async () => {
      const rows = Array.from({ length: 1000 }, (_, i) => [i, new Real(i / 7), `r${i}`] as const)
      await db.batch({
        reading: sql`insert into reading (id, value, label)
            select value ->> 0, value ->> 1, value ->> 2 from json_each(${jsonRowsOf(rows)}) where true
            on conflict do nothing`,
      })
      const stored = await db.all<{ id: number; value: number }>(
        sql`select id, value, label from reading order by id`,
      )
      expect(stored).toEqual(rows.map(([id, real, label]) => ({ id, value: real.value, label })))
    })

    test('doubles come back bit by bit', async () => {
      for (const value of [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1e-7, 1 / 3]) {
        expect(await db.first(sql`select ${value} as x`)).toEqual({ x: value })
      }
    })

    test.each([
      JSON.stringify(['a\ud800b']),
      JSON.stringify(['a\udc00b']),
      jsonRowsOf([['a\ud800b', new Real(1)]]).slice(1, -1),
      JSON.stringify({ 'k\ud800': 'a\ud800b' }),
      JSON.stringify(['a\ud800b', '\\ud800', '\\\\\ud800', 'é\ud83d\ude00']),
    ])('half of a character that SQL unpacks from %s is U+FFFD, as in plain text', async (json) => {
      const row = await db.first(sql<{ value: string; plain: string }>`
        select value, ${'a\ud800b'} as plain from json_each(${json})`)
      expect(row).toEqual({ value: 'a\ufffdb', plain: 'a\ufffdb' })
      const rest = await db.all(
        sql<{
          key: string
          value: string
        }>`select key, value from json_each(${json}) where key <> 0`,
      )
      const kept = ['\\ud800', '\\\\\ufffd', 'é\ud83d\ude00']
      expect(rest.map(({ value }) => value)).toEqual(
        json.includes('é') ? kept : json.startsWith('{') ? ['a\ufffdb'] : rest.map(() => 1),
      )
    })

    test.each([
      '\\ud800',
      '{"a": "\\ud800"}',
      '["\\ud800',
      '{"a":"\\\\ud800"}',
      '["\\ud83d\\ude00"]',
    ])('the text %s of a caller is bound as it is', async (text) => {
      expect(await db.first(sql`select ${text} as text`)).toEqual({ text })
    })

    test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, {}])(
      '%s is refused as a bound value before any statement runs',
      async (value) => {
        const batch = db.batch({
          insert: sql`insert into box (id, label) values (30, 'x30')`,
          refused: sql`select ${value as number}`,
        })
        await expect(batch).rejects.toBeInstanceOf(TypeError)
        expect(await db.first(sql`select id from box where id = 30`)).toBeUndefined()
      },
    )

    test('text comes back as it went in: NUL, quotes, emoji and the longest', async () => {
      for (const text of ["it's", '"', 'ü\u0301', '🦊', '__proto__', 'x'.repeat(1_000_000)]) {
        expect(await db.first(sql`select ${text} as x`)).toEqual({ x: text })
      }
    })

    test('of sixteen that take the next number at once each gets its own, without a gap', async () => {
      const take = () =>
        db.batch({
          taken: sql`insert into number (n) select coalesce(max(n), 0) + 1 from number returning n`,
        })
      const taken = await Promise.all(Array.from({ length: 16 }, take))
      const numbers = taken.map(({ taken: rows }) => rows)
      expect(numbers).toHaveLength(16)
      expect(await db.first(sql`select count(*) as n, max(n) as top from number`)).toEqual({
        n: 16,
        top: 16,
      })
    })
  })
}

const schema = [
  sql`create table box (id integer primary key, label text not null unique)`,
  sql`create table item (
    box integer not null references box (id), name text not null, size integer,
    primary key (box, name), constraint small check (size < 100)
  ) without rowid`,
  sql`create table fixed (value integer not null)`,
  sql`insert into fixed values (1)`,
  sql`create trigger fixed_no_update before update on fixed
      begin select raise(abort, 'fixed rows stay'); end`,
  sql`create table reading (id integer primary key, value real not null, label text not null) `,
  sql`create table number (n integer primary key)`,
]
