/**
 * How many answers took how long, in buckets that grow by 5% each: a bucket's number and its count. Those of
 * several processes are added bucket by bucket.
 */
export type Latencies = Readonly<Record<string, number>>

const growth = Math.log(1.05)
const [msMin, msMax] = [0.1, 3_600_000]

/** The bucket of a duration, from 0. */
export function bucketOf(ms: number): number {
  const bounded = Math.min(Math.max(ms, msMin), msMax)
  return Math.ceil(Math.log(bounded / msMin) / growth)
}
