import { comparePoints } from '../tracking/history/point-order.ts'
import type { Metric } from '../tracking/run.ts'
import { clampInfinity } from '../tracking/run-data/metrics.ts'

/** A point as both sides of an import write it when they compare histories. */
export function pointLine({ key, timestampMs, step, value }: Metric): string {
  return `${JSON.stringify([key, String(timestampMs), String(step), valueText(value)])}\n`
}

/** No sign of zero and no infinities, neither of which is kept. */
function valueText(value: number): string {
  const kept = clampInfinity(value)
  return String(kept === 0 ? 0 : kept)
}

/** The points in the order in which they are compared, each once. */
export function sortPoints(points: readonly Metric[]): Metric[] {
  const byLine = new Map(points.map((point) => [pointLine(point), point]))
  return [...byLine.values()].sort((a, b) => compareText(a.key, b.key) || comparePoints(a, b))
}

/** By code point, as the database sorts; `<` would put halves of characters before U+E000. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = rankOf(a.charCodeAt(i)) - rankOf(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
