import { expect, test } from 'vitest'
import {
  compareSamples,
  intervalOf,
  type Sample,
} from '../../../src/serving/outcomes/compare-samples.ts'

function sampleOf(values: readonly number[]): Sample {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const isBinary = values.every((value) => value === 0 || value === 1)
  return { count: values.length, mean, m2, isBinary }
}

const share = (ones: number, count: number) =>
  sampleOf(Array.from({ length: count }, (_, i) => (i < ones ? 1 : 0)))

const few = sampleOf([1, 2, 4, 7, 11])
const more = sampleOf([3, 5, 5.5, 9, 13, 15])

// As scipy 1.17 has them.
test('the interval of a mean is that of Student, of a share that of Wilson', () => {
  expect(intervalOf(few)?.low).toBeCloseTo(-0.043663, 6)
  expect(intervalOf(few)?.high).toBeCloseTo(10.043663, 6)
  expect(intervalOf(share(25, 100))?.low).toBeCloseTo(0.17545211, 7)
  expect(intervalOf(share(25, 100))?.high).toBeCloseTo(0.34304464, 7)
  expect(intervalOf(sampleOf([3]))).toBeUndefined()
})

test('two means are compared by the test of Welch', () => {
  const { difference, interval, test: by, pValue } = compareSamples(more, few)
  expect(by).toBe("Welch's t-test")
  expect(difference).toBeCloseTo(3.4166667, 6)
  expect(interval?.low).toBeCloseTo(-2.6154581, 6)
  expect(interval?.high).toBeCloseTo(9.4487914, 6)
  expect(pValue).toBeCloseTo(0.23205547, 6)
})

test('two shares are compared as proportions', () => {
  const { difference, interval, test: by, pValue } = compareSamples(share(25, 100), share(15, 100))
  expect(by).toBe('two-proportion z-test')
  expect(difference).toBeCloseTo(0.1, 12)
  expect(pValue).toBeCloseTo(0.07709987, 7)
  expect(interval?.low).toBeCloseTo(-0.0114411, 6)
  expect(interval?.high).toBeCloseTo(0.2090848, 6)
})

test.each([
  ['one value', sampleOf([3]), few],
  ['values that are all the same', sampleOf([2, 2]), sampleOf([3, 3])],
  ['no ones at all', share(0, 10), share(0, 10)],
])('%s: chance is not spoken of', (_, one, other) => {
  expect(compareSamples(one, other).pValue).toBeUndefined()
})

test('a share against another measure is compared as a mean', () => {
  expect(compareSamples(share(5, 10), few).test).toBe("Welch's t-test")
})
