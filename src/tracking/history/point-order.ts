import type { Int64 } from '../../core/int64.ts'
import { storedValue } from '../latest-metrics.ts'
import type { Point } from './chunk-codec.ts'

/** The order of metric history: by time, then step, then value; NaN is behind 0. */
export function comparePoints(a: Point, b: Point): number {
  return comparePlaces(a, b) || compareValues(a, b)
}

/** As `comparePoints`, whatever the values are. */
export function comparePlaces(a: Omit<Point, 'value'>, b: Omit<Point, 'value'>): number {
  return compareInt64(a.timestampMs, b.timestampMs) || compareInt64(a.step, b.step)
}

/** By step, then time, then value. */
export function compareSteps(a: Point, b: Point): number {
  return (
    compareInt64(a.step, b.step) ||
    compareInt64(a.timestampMs, b.timestampMs) ||
    compareValues(a, b)
  )
}

/** `<` and `>` compare a number with a bigint exactly. */
function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareValues(a: Point, b: Point): number {
  const [one, other] = [storedValue(a.value), storedValue(b.value)]
  if (one !== other) return one < other ? -1 : 1
  return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
}

/** In the order of history, each point once. */
export function sortPoints<P extends Point>(points: P[]): P[] {
  if (isInOrder(points)) return points
  const sorted = points.toSorted(comparePoints)
  return sorted.filter((point, i) => {
    const before = sorted[i - 1]
    return before === undefined || comparePoints(before, point) !== 0
  })
}

/** Whether each comes behind the one before it, which is what points mostly do. */
function isInOrder(points: readonly Point[]): boolean {
  for (let i = 1; i < points.length; i += 1) {
    const [before, point] = [points[i - 1], points[i]]
    if (before && point && comparePoints(before, point) >= 0) return false
  }
  return true
}
