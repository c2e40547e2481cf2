import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import type { Database } from '../../src/db/database.ts'
import type { Clause, Filter } from '../../src/search/filter.ts'
import { findPage, type Search, type Searchable } from '../../src/search/find-page.ts'
import { likeSql } from '../../src/search/like.ts'
import { Literals } from '../../src/search/literals.ts'
import type { OrderItem } from '../../src/search/order-by.ts'
import { runFilterKeys, runSortKeys } from '../../src/tracking/runs/search-run-keys.ts'
import { type SeededRun, seedRuns } from './seed.ts'

let db: Database

/** Few keys and values, so that clauses often agree and rows often tie. */
const texts = ['', 'a', 'A', 'ab', 'aXb', 'é', 'É', '%', 'a_b', '\u{1F600}', "it's"]
const numbers = [0, 1, -1, 0.1, 0.30000000000000004, 1e-300, Number.MAX_VALUE]

const someText = fc.constantFrom(...texts)
const someNumber = fc.constantFrom(...numbers)
const someRun: fc.Arbitrary<SeededRun> = fc.record(
  {
    name: someText,
    startTimeMs: fc.constantFrom(0, 1, 2, 2 ** 53 - 1),
    endTimeMs: fc.constantFrom(1, 2),
    status: fc.constantFrom('RUNNING', 'FAILED'),
    metrics: fc.dictionary(
      fc.constantFrom('m', 'n'),
      fc.oneof(someNumber, fc.constant(Number.NaN)),
    ),
    params: fc.dictionary(fc.constantFrom('p', 'q'), someText),
    tags: fc.dictionary(fc.constantFrom('t', 'u'), someText),
  },
  { requiredKeys: ['name'] },
)
const runs: readonly SeededRun[] = fc.sample(someRun, { numRuns: 150, seed: 7 })

beforeAll(async () => {
  const platform = await freshPlatform()
  db = platform.db
  await seedRuns(db, 0, runs)
})

const newest = [
  { expression: sql`r.start_time_ms`, descending: true, type: 'int64' },
  { expression: sql`r.run_id`, type: 'text' },
] as const
const searchable: Searchable = {
  from: sql`runs r`,
  id: sql`r.id`,
  filterKeys: runFilterKeys,
  sortKeys: runSortKeys,
  defaultOrder: newest,
  tieBreak: newest,
}

async function search(wanted: Partial<Search>): Promise<number[]> {
  const all = { scope: [], filter: [], orderBy: [], count: 1000, token: undefined }
  const page = await findPage(db, searchable, { ...all, fingerprint: [], ...wanted })
  return [...page.items]
}

/** LIKE as SQL has it, on code points. */
function like(text: string, pattern: string): boolean {
  const source = [...pattern].map((char) =>
    char === '%' ? '.*' : char === '_' ? '.' : char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`, 'su').test(text)
}

const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

function holds(run: SeededRun, clause: Clause): boolean {
  const { prefix, name } = clause.key
  if (prefix === 'metrics') return numberHolds(run.metrics?.[name], clause)
  if (prefix === undefined) return textHolds(run.name, clause)
  return textHolds((prefix === 'params' ? run.params : run.tags)?.[name], clause)
}

function textHolds(value: string | undefined, clause: Clause): boolean {
  if (clause.operator === 'IS NULL') return value === undefined
  if (value === undefined) return false
  if (!('value' in clause)) return clause.operator === 'IS NOT NULL'
  const text = clause.value.text
  if (clause.operator === 'LIKE') return like(value, text)
  if (clause.operator === 'ILIKE') return like(lower(value), lower(text))
  return (value === text) === (clause.operator === '=')
}

function numberHolds(value: number | undefined, clause: Clause): boolean {
  if (value === undefined || !('value' in clause)) return false
  const other = Number(clause.value.text)
  switch (clause.operator) {
    case '=':
      return value === other
    case '!=':
      return value !== other
    case '<':
      return value < other
    case '<=':
      return value <= other
    case '>':
      return value > other
    default:
      return value >= other
  }
}

const somePattern = fc
  .array(fc.constantFrom('a', 'A', 'b', 'X', '%', '_', 'é', '\u{1F600}', '[', '*', '?'), {
    maxLength: 6,
  })
  .map((chars) => chars.join(''))
const textKey = fc.constantFrom(
  { prefix: undefined, name: 'run_name' },
  ...['p', 'q'].map((name) => ({ prefix: 'params', name })),
  ...['t', 'u'].map((name) => ({ prefix: 'tags', name })),
)
const string = (text: string) => ({ type: 'string', text }) as const
const someClause: fc.Arbitrary<Clause> = fc.oneof(
  fc.record({
    key: textKey,
    operator: fc.constantFrom('=' as const, '!=' as const),
    value: someText.map(string),
  }),
  fc.record({
    key: textKey,
    operator: fc.constantFrom('LIKE' as const, 'ILIKE' as const),
    value: somePattern.map(string),
  }),
  fc.record({
    key: textKey.filter((key) => key.prefix !== undefined),
    operator: fc.constantFrom('IS NULL' as const, 'IS NOT NULL' as const),
  }),
  fc.record({
    key: fc.constantFrom('m', 'n', 'o').map((name) => ({ prefix: 'metrics', name })),
    operator: fc.constantFrom(...(['=', '!=', '<', '<=', '>', '>='] as const)),
    value: someNumber.map((value) => ({ type: 'number', text: String(value) }) as const),
  }),
)

test('what a filter finds is what its clauses say, few or many of them', async () => {
  const filters = fc.oneof(
    fc.array(someClause, { minLength: 1, maxLength: 3 }),
    // So many that their values travel in one parameter.
    fc.tuple(someClause, fc.integer({ min: 20, max: 40 })).map(([one, n]) => Array(n).fill(one)),
  )
  await fc.assert(
    fc.asyncProperty(filters, async (filter: Filter) => {
      const expected = runs.flatMap((run, i) => (filter.every((c) => holds(run, c)) ? [i + 1] : []))
      const found = await search({ filter })
      expect(found.sort((a, b) => a - b)).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('LIKE and ILIKE match as patterns do, short, long and with characters of any script', async () => {
  const char = fc.constantFrom('a', 'A', 'b', 'É', '\u{1F600}', '*', '[', '%', '_')
  const text = fc.array(char, { maxLength: 12 }).map((chars) => chars.join(''))
  // A run of one letter makes a pattern too long for D1 without making it hard to match.
  const padded = fc.constantFrom('', 'a'.repeat(60))
  const cases = fc.tuple(text, text, padded, fc.boolean())
  await fc.assert(
    fc.asyncProperty(cases, async ([value, pattern, padding, caseSensitive]) => {
      const literals = new Literals(1)
      const [full, whole] = [value + padding + value, pattern + padding + pattern]
      const rows = await db.all<{ found: number }>(
        sql`select ${likeSql(sql`x.v`, { pattern: whole, caseSensitive }, literals)} as found
          from (select ${full} as v) x`,
      )
      const fold = caseSensitive ? (one: string) => one : lower
      expect([full, whole, rows[0]?.found]).toEqual([
        full,
        whole,
        like(fold(full), fold(whole)) ? 1 : 0,
      ])
    }),
    { numRuns: 500 },
  )
})

const someOrder: fc.Arbitrary<OrderItem[]> = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom(
      ...['run_name', 'status', 'start_time', 'end_time'].map((name) => ({
        prefix: undefined,
        name,
      })),
      ...['m', 'n'].map((name) => ({ prefix: 'metrics', name })),
      { prefix: 'params', name: 'p' },
      { prefix: 'tags', name: 't' },
    ),
    descending: fc.boolean(),
  }),
  { maxLength: 10, selector: (item) => item.key.name },
)

/** A value's place: numbers and texts, then NaN, then what is missing, in either direction. */
function sortKey(run: SeededRun, { key }: OrderItem): [number, string | number] {
  const attributes = {
    run_name: run.name,
    status: run.status ?? 'RUNNING',
    start_time: run.startTimeMs ?? 0,
    end_time: run.endTimeMs,
  }
  const value =
    key.prefix === undefined
      ? attributes[key.name as keyof typeof attributes]
      : { ...run.metrics, ...run.params, ...run.tags }[key.name]
  if (value === undefined) return [2, 0]
  return Number.isNaN(value) ? [1, 0] : [0, value]
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [new TextEncoder().encode(String(a)), new TextEncoder().encode(String(b))]
  const differs = left.findIndex((byte, i) => byte !== right[i])
  return differs < 0 ? left.length - right.length : (left[differs] ?? 0) - (right[differs] ?? -1)
}

function inOrder(order: readonly OrderItem[]): number[] {
  const ids = runs.map((_, i) => i)
  const run = (i: number) => runs[i] ?? { name: '' }
  ids.sort((a, b) => {
    for (const item of order) {
      const [rankA, valueA] = sortKey(run(a), item)
      const [rankB, valueB] = sortKey(run(b), item)
      if (rankA !== rankB) return rankA - rankB
      const by = compare(valueA, valueB)
      if (by !== 0) return item.descending ? -by : by
    }
    return (run(b).startTimeMs ?? 0) - (run(a).startTimeMs ?? 0) || a - b
  })
  return ids.map((i) => i + 1)
}

test('any order is kept, in one page and over many', async () => {
  await fc.assert(
    fc.asyncProperty(someOrder, fc.integer({ min: 7, max: 60 }), async (orderBy, count) => {
      expect(await search({ orderBy })).toEqual(inOrder(orderBy))
      const paged: number[] = []
      let token: string | undefined
      do {
        const wanted = { scope: [], filter: [], orderBy, count, token, fingerprint: [] }
        const page = await findPage(db, searchable, wanted)
        paged.push(...page.items)
        token = page.nextPageToken
      } while (token !== undefined && paged.length <= runs.length)
      expect(paged).toEqual(inOrder(orderBy))
    }),
    { numRuns: 40 },
  )
})
