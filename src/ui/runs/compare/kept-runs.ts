import type { ValueAxis } from '../../charts/value-axis.ts'
import { numberText } from '../../parts/text.tsx'
import type { AxisBounds } from './compare-query.ts'
import type { DrawnRun } from './read-compared.ts'

/** A finite number of an axis of numbers. */
export function numberOn(axis: ValueAxis, { values }: DrawnRun): number | undefined {
  if (!axis.numbers || typeof axis.placeOf(values.get(axis.column)) !== 'number') return undefined
  const value = Number(values.get(axis.column))
  return Math.abs(value) < Number.MAX_VALUE ? value : undefined
}

/** Runs whose values are within what is kept of each axis that is drawn; one without a value is not. */
export function keptOf(
  runs: readonly DrawnRun[],
  axes: readonly ValueAxis[],
  bounds: ReadonlyMap<string, AxisBounds>,
): readonly DrawnRun[] {
  const bounded = boundedAxes(axes, bounds)
  return runs.filter((run) =>
    bounded.every(({ axis, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }) => {
      const value = numberOn(axis, run)
      return value !== undefined && value >= from && value <= to
    }),
  )
}

/** `accuracy ≥ 0.92, lr ≤ 0.1`; empty: all runs are kept. */
export function boundsText(
  axes: readonly ValueAxis[],
  bounds: ReadonlyMap<string, AxisBounds>,
): string {
  return boundedAxes(axes, bounds)
    .flatMap(({ axis: { title }, from, to }) => [
      ...(from === undefined ? [] : [`${title} ≥ ${numberText(from)}`]),
      ...(to === undefined ? [] : [`${title} ≤ ${numberText(to)}`]),
    ])
    .join(', ')
}

function boundedAxes(axes: readonly ValueAxis[], bounds: ReadonlyMap<string, AxisBounds>) {
  return axes.flatMap((axis) => {
    const found = axis.numbers ? bounds.get(axis.column) : undefined
    return found ? [{ axis, ...found }] : []
  })
}
