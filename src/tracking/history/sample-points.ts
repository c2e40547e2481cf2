import type { Point } from './chunk-codec.ts'
import { compareSteps } from './point-order.ts'

/**
 * Up to `count` of the points, by step, then time, then value: they are cut into `count` equal groups and
 * the first of each is taken, the last point for the last group.
 */
export function samplePointsOf(points: readonly Point[], count: number): Point[] {
  const sorted = points.toSorted(compareSteps)
  if (sorted.length <= count) return sorted
  const small = Math.floor(sorted.length / count)
  const larger = sorted.length % count
  return Array.from({ length: count }, (_, group) =>
    group === count - 1 ? sorted.length - 1 : group * small + Math.min(group, larger),
  ).flatMap((place) => sorted[place] ?? [])
}
