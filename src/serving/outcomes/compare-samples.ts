import jstat from 'jstat'

/** What is kept of many values. */
export type Sample = {
  readonly count: number
  readonly mean: number
  /** The sum of the squares of the differences from the mean. */
  readonly m2: number
  /** Every value is 0 or 1. */
  readonly isBinary: boolean
}

/** Bounds that hold the true value in 95 of 100 cases. */
export type Interval = { readonly low: number; readonly high: number }

/** How much one mean is above another. */
export type MeanDifference = {
  readonly difference: number
  /** Absent where there are too few values to say. */
  readonly interval: Interval | undefined
  readonly test: 'two-proportion z-test' | "Welch's t-test"
  /** How often chance alone would make such a difference; absent where there are too few values. */
  readonly pValue: number | undefined
}

const confidence = 0.95
const tail = 1 - (1 - confidence) / 2
const z = jstat.normal.inv(tail, 0, 1)

/** The interval of a mean: Wilson's for values of 0 and 1, Student's for others. */
export function intervalOf(sample: Sample): Interval | undefined {
  const { count, mean, isBinary } = sample
  if (isBinary) return wilson(sample)
  if (count < 2) return undefined
  const half = jstat.studentt.inv(tail, count - 1) * Math.sqrt(squaredErrorOf(sample))
  return { low: mean - half, high: mean + half }
}

/**
 * Compare two means: proportions by the z-test of two with their pooled variance, and Newcombe's interval;
 * others by Welch's test.
 */
export function compareSamples(one: Sample, other: Sample): MeanDifference {
  return one.isBinary && other.isBinary ? compareProportions(one, other) : compareMeans(one, other)
}

function compareProportions(one: Sample, other: Sample): MeanDifference {
  const difference = one.mean - other.mean
  const total = one.count + other.count
  const pooled = (one.count * one.mean + other.count * other.mean) / total
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / one.count + 1 / other.count))
  const [a, b] = [wilson(one), wilson(other)]
  return {
    difference,
    interval: {
      low: difference - Math.hypot(one.mean - a.low, b.high - other.mean),
      high: difference + Math.hypot(a.high - one.mean, other.mean - b.low),
    },
    test: 'two-proportion z-test',
    pValue: error > 0 ? 2 * jstat.normal.cdf(-Math.abs(difference / error), 0, 1) : undefined,
  }
}

function compareMeans(one: Sample, other: Sample): MeanDifference {
  const difference = one.mean - other.mean
  const test = "Welch's t-test"
  const [a, b] = [squaredErrorOf(one), squaredErrorOf(other)]
  const error = Math.sqrt(a + b)
  if (one.count < 2 || other.count < 2 || error === 0) {
    return { difference, interval: undefined, test, pValue: undefined }
  }
  const degrees = (a + b) ** 2 / (a ** 2 / (one.count - 1) + b ** 2 / (other.count - 1))
  const half = jstat.studentt.inv(tail, degrees) * error
  return {
    difference,
    interval: { low: difference - half, high: difference + half },
    test,
    pValue: 2 * jstat.studentt.cdf(-Math.abs(difference / error), degrees),
  }
}

function wilson({ count, mean }: Sample): Interval {
  const scale = 1 + z ** 2 / count
  const middle = (mean + z ** 2 / (2 * count)) / scale
  const half = (z / scale) * Math.sqrt((mean * (1 - mean)) / count + z ** 2 / (4 * count ** 2))
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** The square of the standard error of a mean. */
function squaredErrorOf({ count, m2 }: Sample): number {
  return m2 / (count - 1) / count
}
