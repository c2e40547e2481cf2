import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterError, RegistryError } from '../../src/core/error.ts'
import { clausesMax, type Filter, parseFilter } from '../../src/search/filter.ts'
import { filterSql } from '../../src/search/filter-sql.ts'
import { Literals } from '../../src/search/literals.ts'
import { parseOrderBy } from '../../src/search/order-by.ts'
import { runFilterKeys } from '../../src/tracking/runs/search-run-keys.ts'
import { workMs } from '../support/work.ts'
import { printFilter } from './print.ts'

const str = (text: string) => ({ type: 'string', text })
const num = (text: string) => ({ type: 'number', text })
const key = (prefix: string | undefined, name: string) => ({ prefix, name })

describe('a filter parses', () => {
  test.each<[string, unknown]>([
    ['', []],
    ["name = 'x'", [{ key: key(undefined, 'name'), operator: '=', value: str('x') }]],
    ['metrics.acc>=0.5', [{ key: key('metrics', 'acc'), operator: '>=', value: num('0.5') }]],
    ['metrics.a=-1e+3', [{ key: key('metrics', 'a'), operator: '=', value: num('-1e+3') }]],
    ['metrics.a<.5', [{ key: key('metrics', 'a'), operator: '<', value: num('.5') }]],
    ['metrics.a!=5.', [{ key: key('metrics', 'a'), operator: '!=', value: num('5.') }]],
    ['metrics.`m 2` = 1', [{ key: key('metrics', 'm 2'), operator: '=', value: num('1') }]],
    ['metrics."m 2" = 1', [{ key: key('metrics', 'm 2'), operator: '=', value: num('1') }]],
    ['`metrics`.acc = 1', [{ key: key('metrics', 'acc'), operator: '=', value: num('1') }]],
    ["tags.a.b.c = ''", [{ key: key('tags', 'a.b.c'), operator: '=', value: str('') }]],
    ["tags.`a=b, (c)` = 'x'", [{ key: key('tags', 'a=b, (c)'), operator: '=', value: str('x') }]],
    ["tags.é-1:2/3 = 'ü'", [{ key: key('tags', 'é-1:2/3'), operator: '=', value: str('ü') }]],
    ["`run name` = 'a'", [{ key: key(undefined, 'run name'), operator: '=', value: str('a') }]],
    [
      '"run name" = "it\'s"',
      [{ key: key(undefined, 'run name'), operator: '=', value: str("it's") }],
    ],
    ["tags.k = 'it''s'", [{ key: key('tags', 'k'), operator: '=', value: str("it''s") }]],
    ["tags.k = ''", [{ key: key('tags', 'k'), operator: '=', value: str('') }]],
    ["tags.`a``b` = 'x'", [{ key: key('tags', 'a``b'), operator: '=', value: str('x') }]],
    ["tags.and = 'x'", [{ key: key('tags', 'and'), operator: '=', value: str('x') }]],
    ["tags.in = 'AND'", [{ key: key('tags', 'in'), operator: '=', value: str('AND') }]],
    ["tags.k like 'a%'", [{ key: key('tags', 'k'), operator: 'LIKE', value: str('a%') }]],
    ["tags.k iLike 'a%'", [{ key: key('tags', 'k'), operator: 'ILIKE', value: str('a%') }]],
    ['tags.k is null', [{ key: key('tags', 'k'), operator: 'IS NULL' }]],
    ['tags.k IS  NOT\nNULL', [{ key: key('tags', 'k'), operator: 'IS NOT NULL' }]],
    [
      'run_id IN (\'a\' , "b",)',
      [{ key: key(undefined, 'run_id'), operator: 'IN', values: ['a', 'b'] }],
    ],
    ["run_id not in('a')", [{ key: key(undefined, 'run_id'), operator: 'NOT IN', values: ['a'] }]],
    ["tags.__proto__ = 'x'", [{ key: key('tags', '__proto__'), operator: '=', value: str('x') }]],
  ])('%j', (text, expected) => {
    expect(parseFilter(text)).toEqual(expected)
  })

  test.each([
    ["params.a == '1'", '==', str('1')],
    ["params.a <> '1'", '<>', str('1')],
    ["params.a RLIKE 'R'", 'RLIKE', str('R')],
    ["params.a NOT LIKE 'x'", 'NOT LIKE', str('x')],
    ['params.a ~ `x`', '~', { type: 'bare', text: '`x`' }],
    ["params.a == ('x' , 'y')", '==', { type: 'list', text: "('x' , 'y')" }],
  ])(
    '%j, whose operator no key takes, is left to be refused with its key and value',
    (text, written, value) => {
      expect(parseFilter(text)).toEqual([
        { key: key('params', 'a'), operator: 'OTHER', written, value },
      ])
    },
  )

  test.each([
    "tags.a='1'AND tags.b='2'",
    "tags.a='1' and tags.b = '2' AND",
    "AND tags.a='1' AND AND tags.b='2'",
  ])('%j: clauses are joined by AND, and an AND too many is passed over', (text) => {
    expect(parseFilter(text).map((clause) => clause.key.name)).toEqual(['a', 'b'])
  })
})

describe('a filter is refused, with the place and what was expected', () => {
  test.each([
    ['metrics.a > 1 OR metrics.b > 1', 'position 15 expected AND or the end'],
    ['(metrics.a > 1)', 'position 1 expected a key'],
    ['NOT metrics.a > 1', 'position 5 expected an operator (= '],
    ['metrics.a', 'position 10 expected an operator'],
    [' \n\t ', 'leave it out to find everything'],
    ['params.a ~~ 1', 'position 10 expected an operator'],
    ["params.a BETWEEN '0' AND '1'", 'position 10 expected an operator'],
    ["params.a NOT BETWEEN 'x'", 'position 14 expected IN after NOT'],
    ['params.a = true', 'position 12 expected a number or a string in quotes'],
    ['params.a = ()', 'position 13 expected a string in quotes'],
    ["params.a IS 'x'", "position 13 expected NULL or NOT NULL, found 'x'"],
    ["'0.1' = params.a", "position 1 expected a key such as metrics.accuracy, found '0.1'"],
    ['metrics.a = 1 2', 'position 15 expected AND or the end'],
    ['metrics.a =', 'position 12 expected a number'],
    ["name LIKE 'abc", "position 11 the quote in 'abc is never closed"],
    ['tags.`a = 1', 'position 6 the quote in `a = 1 is never closed'],
    ["params.a = 'x'; DROP TABLE runs", 'position 15 expected AND or the end'],
    ["params.a = 'x' -- c", 'position 16 expected AND or the end'],
    ['run_id IN ()', 'position 12 expected a string in quotes'],
    ['run_id IN (1)', 'position 12 expected a string in quotes'],
    ["run_id IN ('a' 'b')", 'position 16 expected , or )'],
    ["run_id IN ('a',,)", 'position 16 expected a string in quotes'],
    ["run_id IN ('a'", 'position 15 expected , or )'],
    ['run_id IN "a"', 'position 11 expected a list'],
    ["params. = 'x'", 'position 9 expected a name after the dot'],
    ["params. a = 'x'", 'position 9 expected a name after the dot'],
  ])('%j', (text, message) => {
    expect(() => parseFilter(text)).toThrow(message)
    expect(() => parseFilter(text)).toThrow(RegistryError)
  })

  test.each([
    ['a > 1 OR b > 1', /^Invalid clause\(s\) in filter string: a > 1 OR b > 1; at position 7 /],
    ["a = 'x", /^Invalid clause\(s\) in filter string: a = 'x; at position 5 /],
    [' ', /^Invalid filter ' '. Could not be parsed/],
    ["'a' = 1", /^Invalid comparison clause. Expected 'Identifier' found ''a''; at position 1 /],
    ["'a' IN ('b')", /^Invalid clause\(s\) in filter string: 'a' IN \('b'\); at position 1 /],
    ['1 > 2', /^Invalid comparison clause. Expected 'Identifier' found '1'; at position 1 /],
    ['run_id IN (1)', /^While parsing a list in the query; at position 12 /],
  ])('%j, with the phrase that clients know first', (text, message) => {
    expect(() => parseFilter(text)).toThrow(message)
  })

  test('more clauses than the limit', () => {
    const most = Array.from({ length: clausesMax }, (_, i) => `metrics.m${i} > ${i}`).join(' AND ')
    expect(parseFilter(most)).toHaveLength(clausesMax)
    expect(() => parseFilter(`${most} AND metrics.one_more = 1`)).toThrow(`at most ${clausesMax}`)
  })
})

test.each([
  ['params.a = x', '[x]', "'x'"],
  ['params.a = 1 AND params.b = true', '[true]', undefined],
  ['params.a = 0.10 and metrics.b > 1', '[0.10]', "'0.10'"],
  ["metrics.a > '0.5'", "['0.5']", '0.5'],
  ["metrics.a > 'high'", "['high']", undefined],
  ['start_time > 2026-11-01', '[2026-11-01]', '1793491200000'],
  ["params.a == 'x'", '[==]', '='],
  ["params.a <> 'x'", '[<>]', '!='],
  ["params.a NOT LIKE 'x'", '[NOT LIKE]', undefined],
  ["params.a > 'x'", '[>]', undefined],
  ["colour = 'x'", '[colour]', undefined],
  ["a.`b` = 'x'", '[a.`b`]', undefined],
  ["metrics.a > 1 AND params.a = 'x", "['x]", "'x'"],
  ["params.a = 'x AND metrics.b > 1", "['x AND metrics.b > 1]", undefined],
  ['metrics.a > 1 OR metrics.b > 1', '[OR]', undefined],
  ['metrics.a >', '[]', undefined],
  ["params.a IN ('x', y)", '[y]', undefined],
  ["status IN ('x', 'y')", "[('x', 'y')]", undefined],
])('the mistake in %j is at %s, mended by %s', (text, marked, fix) => {
  const find = () => filterSql(parseFilter(text), runFilterKeys, new Literals(200))
  const { place } = errorOf(find)
  expect(place).toBeDefined()
  expect(`[${text.slice(place?.at, place?.end)}]`).toBe(marked)
  expect(place?.fix).toBe(fix)
})

test.each([
  ['metrics.a LIKE 1', ['=', '!=', '<', '<=', '>', '>=']],
  ["params.a > 'x'", ['=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL']],
  ["a.`b` = 'x'", expect.arrayContaining(['metrics', 'params'])],
  ["colour = 'x'", expect.arrayContaining(['status', 'start_time'])],
  ['metrics.a > 1 OR metrics.b > 1', ['AND']],
  ["params.a IN 'x'", ['(']],
  ["params.a IN ('x' 'y')", [',', ')']],
  ['params.a IS 1', ['NULL', 'NOT NULL']],
  ['metrics.a "b"', expect.arrayContaining(['=', 'LIKE', 'IS NULL'])],
  ['params.a = x', undefined],
])('where %j is wrong, one of %j belongs', (text, expected) => {
  const find = () => filterSql(parseFilter(text), runFilterKeys, new Literals(200))
  expect(errorOf(find).place?.expected).toEqual(expected)
})

function errorOf(act: () => unknown): FilterError {
  try {
    act()
  } catch (err) {
    if (err instanceof FilterError) return err
  }
  throw new Error('it is taken')
}

test.each([
  ['one long string', `tags.a = '${'x'.repeat(100_000)}'`],
  ['one long list', `run_id IN (${"'a',".repeat(25_000)})`],
  ['ANDs', 'AND '.repeat(25_000)],
  ['open quotes', "'".repeat(99_999)],
  ['a string without end', `tags.a = '${'x'.repeat(100_000)}`],
  ['doubled quotes', `tags.a = '${"''".repeat(50_000)}`],
  ['brackets', '('.repeat(100_000)],
  ['operators', '='.repeat(100_000)],
  ['dots', '.'.repeat(100_000)],
  ['a key in pieces', '``.'.repeat(33_000)],
  ['blanks', ' '.repeat(100_000)],
])('100 KB of %s take no longer than they must', async (_, text) => {
  const took = await workMs(() => {
    try {
      parseFilter(text)
    } catch (err) {
      expect(err).toBeInstanceOf(RegistryError)
    }
  })
  expect(took).toBeLessThan(1000)
})

describe('order_by', () => {
  test.each([
    ['start_time', key(undefined, 'start_time'), false],
    ['metrics.acc DESC', key('metrics', 'acc'), true],
    ['metrics.`a b`\tdesc ', key('metrics', 'a b'), true],
    ['tags."a b" ASC', key('tags', 'a b'), false],
  ])('%j parses', (text, name, descending) => {
    expect(parseOrderBy([text])).toEqual([{ key: name, descending }])
  })

  test.each([
    'DESC',
    '31',
    '1.5',
    '-1',
    'true',
    '{}',
    'a/b',
    '',
    '  ',
    'metrics.a FOO',
    'run name DESC',
    'a DESC, b',
    'a b c',
    "'a'",
    '1 = 1',
  ])('%j is refused', (text) => {
    expect(() => parseOrderBy([text])).toThrow(RegistryError)
  })

  test('a key that stands there twice counts once', () => {
    expect(parseOrderBy(['a', 'a DESC', 'b'])).toHaveLength(2)
  })

  test('more than twenty keys are refused', () => {
    const keys = Array.from({ length: 21 }, (_, i) => `metrics.m${i}`)
    expect(() => parseOrderBy(keys)).toThrow('at most 20')
  })
})

const name = fc.string({ minLength: 1 }).filter((text) => !/["`]/.test(text))
const text = fc.string().filter((value) => !(value.includes("'") && value.includes('"')))
const anyKey = fc.record({ prefix: fc.option(name, { nil: undefined }), name })
const anyFilter: fc.Arbitrary<Filter> = fc.array(
  fc.oneof(
    fc.record({
      key: anyKey,
      operator: fc.constantFrom('=' as const, '!=' as const, '<=' as const, 'LIKE' as const),
      value: fc.oneof(
        fc.record({ type: fc.constant('string' as const), text }),
        fc.record({
          type: fc.constant('number' as const),
          text: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
        }),
      ),
    }),
    fc.record({
      key: anyKey,
      operator: fc.constantFrom('IN' as const, 'NOT IN' as const),
      values: fc.array(text, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      key: anyKey,
      operator: fc.constantFrom('IS NULL' as const, 'IS NOT NULL' as const),
    }),
  ),
  { maxLength: 6 },
)

test('what is printed parses to the same', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(parseFilter(printFilter(filter))).toEqual(filter)
    }),
  )
})

const piece = fc.constantFrom(
  ...["'", '"', '`', '.', '(', ')', ',', ';', '=', '!=', '>', 'AND', 'IN', 'NOT', 'IS', 'NULL'],
  ...['LIKE', 'ILIKE', 'metrics.a', 'tags', 'x', '1', '-1e9', '%', ' ', '\n', 'é', '\u{1F600}'],
)

test('any text parses or is refused as the mistake of the caller', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(anyText, (input) => {
      for (const parse of [parseFilter, (one: string) => parseOrderBy([one])]) {
        try {
          parse(input)
        } catch (err) {
          expect(err).toBeInstanceOf(RegistryError)
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('the name behind a prefix may stand in any quotes, a whole key not in single ones', () => {
  for (const quote of ["'", '"', '`']) {
    const [clause] = parseFilter(`metrics.${quote}a b${quote} > 1`)
    expect(clause?.key).toEqual({ prefix: 'metrics', name: 'a b' })
  }
  for (const text of ["'metrics.a' > 1", "'status' = 'x'"]) {
    expect(() => parseFilter(text)).toThrow('Invalid comparison clause')
  }
  for (const text of ["'metrics'.a > 1", "metrics.a'b' > 1"]) {
    expect(() => parseFilter(text)).toThrow('Invalid clause(s) in filter string')
  }
})
