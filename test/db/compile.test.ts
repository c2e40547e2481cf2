import { type SQL, sql } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { compile, fixQueries, fixSql } from '../../src/db/compile.ts'
import { runs } from '../../src/tracking/tables.ts'

const nothing: unknown = undefined
const statements: Readonly<Record<string, SQL>> = {
  'values of each type': sql`select ${'a?b'}, ${1.5}, ${null}, ${-0}, ${''}`,
  'statements in statements': sql`select * from (${sql`select ${1} as n where ${sql`n = ${'x'}`}`}) where m = ${2}`,
  'nothing at all': sql`select 1 ${sql.empty()} ${nothing}`,
  'a text put in raw': sql`select ${sql.raw("'it''s ?'")} as t, ${3}`,
  'what was written out before': sql`select ${fixSql(sql`a, b`)} from t where c = ${1}`,
  'several joined': sql`values ${sql.join(
    [1, 2, 3].map((n) => sql`(${n})`),
    sql`, `,
  )}`,
  'a list': sql`select 1 where n in ${[1, 'two', null]}`,
  names: sql`select ${sql.identifier('odd "name"')}, ${1} from ${runs} where ${runs.run_id} = ${'r'}`,
}

test.each(Object.entries(statements))('%s: as drizzle writes it', (_name, statement) => {
  const { sql: text, params } = new SQLiteAsyncDialect().sqlToQuery(statement)
  expect(compile(statement)).toEqual({ text, params })
})

test('a boolean is bound as a number', () => {
  expect(compile(sql`select ${true}, ${false}`).params).toEqual([1, 0])
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0)])(
  '%s cannot be bound',
  (value) => {
    expect(() => compile(sql`select ${value}`)).toThrow(TypeError)
  },
)

test('queries that were written out once are what their values would be put into, alone and in others', () => {
  const build = ({ name, other }: { readonly name: string; readonly other: string }) => ({
    one: sql`select ${1} from t where a = ${name} and b = ${other} or a = ${name}`,
    none: sql`select '?'`,
  })
  const values = { name: "it's {other}", other: '{name}' }
  const [built, fixed] = [build(values), fixQueries(['name', 'other'], build)(values)]
  expect(compile(fixed.one)).toEqual(compile(built.one))
  expect(compile(fixed.none)).toEqual(compile(built.none))
  const nested = (query: SQL) => compile(sql`select * from (${query}) where c = ${2}`)
  expect(nested(fixed.one)).toEqual(nested(built.one))
})
