import { expect, test } from 'vitest'
import { compareAnswers } from '../../src/router/compare-answers.ts'
import { bucketOf, latencyBucketMax, quantileOf } from '../../src/router/latencies.ts'

const predicted = (value: unknown) => JSON.stringify({ predictions: value })

test.each([
  ['the same', predicted([1, 2]), predicted([1, 2]), { agrees: true, difference: 0 }],
  ['the last digits', predicted([0.1 + 0.2]), predicted([0.3]), { agrees: true }],
  ['numbers', predicted([1, 2]), predicted([1, 4]), { agrees: false, difference: 2 }],
  ['labels', predicted(['a']), predicted(['b']), { agrees: false, difference: 0 }],
  ['length', predicted([1, 5]), predicted([3]), { agrees: false, difference: 2 }],
  ['keys', predicted([{ a: 1 }]), predicted([{ b: 1 }]), { agrees: false, difference: 0 }],
  ['a list and an object', predicted([1]), predicted({ 0: 1 }), { agrees: false }],
  ['null and a number', predicted([null]), predicted([0]), { agrees: false, difference: 0 }],
  ['what stands beside', '{"predictions": 1, "at": 1}', '{"predictions": 1}', { agrees: true }],
  ['another protocol', '{"outputs": [1]}', '{"outputs": [2]}', { agrees: false, difference: 1 }],
  ['depth', `${'['.repeat(50_000)}1${']'.repeat(50_000)}`, '[[1]]', { agrees: false }],
  ['inherited names', predicted({ constructor: 1 }), predicted({}), { agrees: false }],
])('answers that differ by %s are compared', (_, given, shadowed, expected) => {
  expect(compareAnswers(given, shadowed)).toMatchObject(expected)
})

test('an answer that is no JSON is compared with nothing, and agrees with none', () => {
  expect(compareAnswers('<html>', predicted(1))).toBeUndefined()
  expect(compareAnswers(predicted(1), '<html>')).toEqual({ agrees: false, difference: 0 })
})

test('quantiles are those of all durations that were counted, at most 5% above', () => {
  const latencies: Record<string, number> = {}
  for (let ms = 1; ms <= 1000; ms++) latencies[bucketOf(ms)] = (latencies[bucketOf(ms)] ?? 0) + 1
  for (const [q, ms] of [
    [0.5, 500],
    [0.95, 950],
    [0.99, 990],
  ] as const) {
    const found = quantileOf(latencies, q) ?? 0
    expect(found).toBeGreaterThanOrEqual(ms * 0.995)
    expect(found).toBeLessThanOrEqual(ms * 1.055)
  }
  expect(quantileOf({}, 0.5)).toBeUndefined()
  expect([bucketOf(-1), bucketOf(1e12)]).toEqual([0, latencyBucketMax])
})
