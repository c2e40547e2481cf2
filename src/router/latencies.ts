/**
 * How many answers took how long, in buckets that grow by 5% each: a bucket's number and its count. Those of
 * several processes are added bucket by bucket.
 */
export type Latencies = Readonly<Record<string, number>>

const growth = Math.log(1.05)
const [msMin, msMax] = [0.1, 3_600_000]

/** The highest number of a bucket. */
export const latencyBucketMax = bucketOf(msMax)

/** The bucket of a duration, from 0. */
export function bucketOf(ms: number): number {
  const bounded = Math.min(Math.max(ms, msMin), msMax)
  return Math.ceil(Math.log(bounded / msMin) / growth)
}

/**
 * A quantile in milliseconds, at most 5% above what it was; undefined: nothing was counted.
 *
 * @param q from 0 to 1
 */
export function quantileOf(latencies: Latencies, q: number): number | undefined {
  const buckets = Object.entries(latencies)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .sort((one, other) => one.bucket - other.bucket)
  const rank = q * buckets.reduce((sum, { count }) => sum + count, 0)
  let seen = 0
  for (const { bucket, count } of buckets) {
    seen += count
    if (seen >= rank) return Number((msMin * Math.exp(bucket * growth)).toPrecision(3))
  }
  return undefined
}
