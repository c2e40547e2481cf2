import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { narrow } from '../../../src/core/int64.ts'
import {
  decodePoints,
  encodePoints,
  type Point,
} from '../../../src/tracking/history/chunk-codec.ts'

const point = (timestampMs: Point['timestampMs'], step: Point['step'], value: number): Point => ({
  timestampMs,
  step,
  value,
})

const highest = 2n ** 63n - 1n
const lowest = -(2n ** 63n)

describe('points come back as they were, in their order', () => {
  test.each<[string, readonly Point[]]>([
    ['none', []],
    ['one', [point(1, 2, 0.1)]],
    ['not in order, and the same twice', [point(9, 1, 1), point(3, 7, 2), point(3, 7, 2)]],
    [
      'no number, no end, no sign',
      [Number.NaN, Infinity, -Infinity, 0, -0].map((value, i) => point(i, i, value)),
    ],
    [
      'the largest and least doubles',
      [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2].map((value) =>
        point(0, 0, value),
      ),
    ],
    ['floats of 32 bits', [1.5, Math.fround(0.1), Number.NaN, -0].map((v) => point(0, 0, v))],
    ['the ends of 64 bits', [point(highest, lowest, 1), point(0, highest, 2), point(0, lowest, 3)]],
    ['around 2^53', [point(2 ** 53 - 1, 2n ** 53n, 1), point(2n ** 53n + 1n, 1 - 2 ** 53, 2)]],
    [
      'around 2^51',
      [point(2 ** 51, -(2 ** 51), 1), point(0, 2 ** 51, 2), point(1, 2 ** 51 + 1, 3)],
    ],
    ['far apart but near', [point(2 ** 51, 2 ** 51, 1), point(0, -(2 ** 51), 2)]],
  ])('%s', (_, points) => {
    expect(decodePoints(encodePoints(points))).toEqual(points)
  })

  test('any', () => {
    const int64 = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: lowest, max: highest }).map(narrow),
    )
    const any = fc.record({
      timestampMs: int64,
      step: int64,
      value: fc.oneof(fc.double(), fc.float()),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 300 }), (points) => {
        expect(decodePoints(encodePoints(points))).toEqual(points)
      }),
      { numRuns: 300 },
    )
  })
})

test('a point of a usual training run takes less than 10 characters, and one of doubles 15', () => {
  const run = (value: (i: number) => number) =>
    Array.from({ length: 1000 }, (_, i) =>
      point(1_700_000_000_000 + i * 731 + (i % 17), i, value(i)),
    )
  expect(encodePoints(run((i) => Math.fround(1 / (i + 1)))).length).toBeLessThan(10_000)
  expect(encodePoints(run((i) => 1 / (i + 1))).length).toBeLessThan(15_000)
})

test('what is damaged is refused, and never read as fewer points', () => {
  const text = encodePoints([point(1, 2, 3), point(4, 5, 0.1)])
  for (let length = 0; length < text.length; length += 4) {
    expect(() => decodePoints(text.slice(0, length))).toThrow()
  }
  const whole = encodePoints([point(1, 2, 0.1)])
  expect(whole).not.toContain('=')
  expect(() => decodePoints(`${whole}AAAA`)).toThrow('left over')
  expect(() => decodePoints('*')).toThrow('no base64')
  expect(() => decodePoints('BAAA')).toThrow('unknown form')
})
