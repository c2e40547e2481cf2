import type { Metric } from '../tracking/run.ts'

/** A point as both sides of an import write it when they compare histories. */
export function pointLine({ key, timestampMs, step, value }: Metric): string {
  return `${JSON.stringify([key, String(timestampMs), String(step), valueText(value)])}\n`
}

/** No sign of zero and no infinities, neither of which is kept. */
function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  const clamped = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
  return String(clamped === 0 ? 0 : clamped)
}

/** The points in the order in which they are compared, each once. */
export function sortPoints(points: readonly Metric[]): Metric[] {
  const byLine = new Map(points.map((point) => [pointLine(point), point]))
  return [...byLine.values()].sort(
    (a, b) =>
      compareText(a.key, b.key) ||
      compareNumbers(a.timestampMs, b.timestampMs) ||
      compareNumbers(a.step, b.step) ||
      compareNumbers(storedOf(a), storedOf(b)) ||
      Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)),
  )
}

function storedOf({ value }: Metric): number {
  return Number.isNaN(value) ? 0 : value
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : Number(a > b)
}

/** By code point, as the database sorts; `<` would compare halves of characters. */
export function compareText(a: string, b: string): number {
  const [one, other] = [[...a], [...b]]
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const difference = (one[i]?.codePointAt(0) ?? 0) - (other[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}
