import fc from 'fast-check'
import { expect, test } from 'vitest'
import { int64FromRow, narrow, parseInt64, parseRowId } from '../../src/core/int64.ts'

test.each([
  ['0', 0],
  ['-0', 0],
  ['+7', 7],
  ['007', 7],
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', 9007199254740993n],
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
])('%s is the integer %s', (text, value) => {
  expect(parseInt64(text)).toEqual(value)
})

test.each([
  '',
  ' 1',
  '1 ',
  '1.0',
  '1e3',
  '0x10',
  '--1',
  '9223372036854775808',
  '-9223372036854775809',
  '１',
])("'%s' is no 64-bit integer", (text) => {
  expect(parseInt64(text)).toBeUndefined()
})

test('every 64-bit integer comes back from its text, and from a row, as it was', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(BigInt(parseInt64(String(value)) ?? 0)).toBe(value)
      expect(BigInt(int64FromRow(String(value)))).toBe(value)
      expect(typeof narrow(value)).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
    }),
  )
})

test('an id may stand between blanks, and one that no row has is a number all the same', () => {
  expect(parseRowId(' 12 ')).toBe(12)
  expect(parseRowId('9'.repeat(400))).toBe(Number.MAX_VALUE)
  for (const text of ['', 'x', '1.5', '1 2']) expect(parseRowId(text)).toBeUndefined()
})
