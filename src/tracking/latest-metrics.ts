import type { Metric } from './run.ts'

/**
 * The greatest point of each name by step, then time, then value; the first of equal ones.
 *
 * @param nameOf which points are of one name; absent: those of one key
 */
export function latestOf<M extends Metric>(
  points: readonly M[],
  nameOf: (point: M) => string = ({ key }) => key,
): M[] {
  const latest = new Map<string, M>()
  for (const point of points) {
    const name = nameOf(point)
    const other = latest.get(name)
    if (!other || isLater(point, other)) latest.set(name, point)
  }
  return [...latest.values()]
}

/** `<` and `>` compare a number with a bigint exactly; `===` would not. */
function isLater(a: Metric, b: Metric): boolean {
  if (a.step > b.step || a.step < b.step) return a.step > b.step
  if (a.timestampMs > b.timestampMs || a.timestampMs < b.timestampMs) {
    return a.timestampMs > b.timestampMs
  }
  return storedValue(a.value) > storedValue(b.value)
}

/** NaN as 0, also where values are compared: MLflow stores it so. */
export function storedValue(value: number): number {
  return Number.isNaN(value) ? 0 : value
}
