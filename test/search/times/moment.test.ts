import { describe, expect, test } from 'vitest'
import { momentOf, timeOf } from '../../../src/search/times/moment.ts'

const now = Date.parse('2026-08-05T10:42:30.500Z')
const at = (iso: string) => ({ atMs: Date.parse(iso), isRelative: false })
const ago = (iso: string) => ({ atMs: Date.parse(iso), isRelative: true })

describe('a time as a person gives it', () => {
  test.each([
    ['-7d', ago('2026-07-29T10:42:30.500Z')],
    ['-90m', ago('2026-08-05T09:12:30.500Z')],
    [' -2W ', ago('2026-07-22T10:42:30.500Z')],
    ['\u22121 h', ago('2026-08-05T09:42:30.500Z')],
    ['now', ago('2026-08-05T10:42:30.500Z')],
    ['today', ago('2026-08-05T00:00Z')],
    ['Yesterday', ago('2026-08-04T00:00Z')],
    ['yesterday 9:00', ago('2026-08-04T09:00Z')],
    ['today 23:59', ago('2026-08-05T23:59Z')],
    ['-999999w', ago('1970-01-01T00:00Z')],
    ['2026-08-01', at('2026-08-01T00:00Z')],
    ['2026-08-01T12:00', at('2026-08-01T12:00Z')],
    ['2026-08-01 12:00', at('2026-08-01T12:00Z')],
    ['2026-08-01 12:00 UTC', at('2026-08-01T12:00Z')],
    ['2026-08-01 12:00:07.25z', at('2026-08-01T12:00:07.250Z')],
    ['2026-08-01T12:00+02:00', at('2026-08-01T10:00Z')],
    // An unescaped + in a query becomes a space.
    ['2026-08-01T12:00 02:00', at('2026-08-01T10:00Z')],
    ['2026-08-01 12:00 -05:30', at('2026-08-01T17:30Z')],
    ['1785578400000', at('2026-08-01T10:00Z')],
    ['9999-12-31T23:59:59.999Z', at('9999-12-31T23:59:59.999Z')],
  ])('%s', (text, meant) => {
    expect(timeOf(text, now)).toEqual(meant)
  })

  test.each([
    ...['', '7d', '+7d', '-7', '-d', '-7y', '-7.5d', '-1234567d', '-7d 9:00', '--7d'],
    ...['tomorrow', 'yesterday 24:00', 'yesterday 9:60', 'yesterday 9', 'yesterday9:00'],
    ...['2026-02-31', '2026-02-31 12:00', '2026-13-01', '2026-08-01 25:00', '2026-8-1', '12:00'],
    ...['2026-08-01 12:00 CET', '2026-08-01T12:00+2', 'NaN', 'constructor', '-1constructor'],
    // Beyond the last year that four digits name.
    ...['9999-12-31 23:00 -01:00', '253402300800000', '999999999999999'],
  ])('%s is none', (text) => {
    expect(timeOf(text, now)).toBeUndefined()
  })
})

test('a moment names a day that there is', () => {
  expect(momentOf('2028-02-29')).toBe(Date.parse('2028-02-29'))
  expect(momentOf('2026-02-29T10:00:00Z')).toBeUndefined()
})
