import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../../src/search/filter.ts'
import { exactFilter, withTimes } from '../../../src/search/times/filter-times.ts'
import {
  equality,
  type FilterField,
  ordering,
  vocabularyOf,
} from '../../../src/search/vocabulary.ts'

const now = Date.parse('2026-08-05T10:42:30Z')
const text = { type: 'string', operators: equality, column: sql`t.name` } as const
const number = { type: 'number', operators: ordering, column: sql`t.at` } as const
const words = vocabularyOf('run', [
  [
    ['', 'attributes'],
    new Map<string, FilterField>([
      ['at', { ...number, isTime: true }],
      ['took', number],
      ['name', text],
    ]),
  ],
  [['tags'], text],
])

describe('times of a filter', () => {
  test.each([
    ['at > -7d', `at > ${now - 7 * 86_400_000}`],
    [
      "attributes.at>= 'today 9:00'  and at <2026-08-05",
      'attributes.at>= 1785920400000  and at <1785888000000',
    ],
    // Of what is no time, and of clauses that have milliseconds, nothing changes.
    ["at > 5 AND took > 5 AND name = '-7d' AND tags.at = 'today'", undefined],
    ["tags.`at` = '-7d'", undefined],
    // What is wrong is told by the search.
    ['at > -7d AND', `at > ${now - 7 * 86_400_000} AND`],
    ['at > -7d AND at > tomorrow', undefined],
    ['at > -7d AND (', undefined],
    ['', undefined],
  ])('%s', (given, exact) => {
    expect(exactFilter(given, words, now).text).toBe(exact ?? given)
  })

  test('are read for people alone', () => {
    const filter = parseFilter('at > -7d')
    expect(withTimes(filter, words, undefined)).toBe(filter)
    expect(withTimes(filter, words, now)).toMatchObject([
      { operator: '>', value: { type: 'number', text: String(now - 7 * 86_400_000) } },
    ])
  })

  test.each([
    ['took > -7d AND at > soon', 'soon'],
    ["at > 'next week'", "'next week'"],
    ['at > `-7d`', '`-7d`'],
  ])('that are none are refused at their place: %s', (given, part) => {
    const at = given.indexOf(part)
    expect(() => withTimes(parseFilter(given), words, now)).toThrow(
      expect.objectContaining({ place: { at, end: at + part.length } }),
    )
  })
})
