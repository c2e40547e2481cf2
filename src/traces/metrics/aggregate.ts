import type { Aggregation } from './metric.ts'

/** Equal values of one group, and how many there are. */
export type ValueCount = {
  /** Of each dimension; null where what is counted has none. */
  readonly group: readonly (string | null)[]
  /** What a text tells apart is counted, and not added up. */
  readonly value: number | string
  readonly count: number
}

/** What was asked of one group, in the order in which it was asked. */
export type Aggregated = {
  readonly group: readonly (string | null)[]
  readonly values: Readonly<Record<string, number>>
}

/**
 * Sum up values by their groups, in the order of these.
 *
 * @param isDistinct whether COUNT counts different values, and not how often each is there
 */
export function aggregateOf(
  counted: readonly ValueCount[],
  aggregations: readonly Aggregation[],
  isDistinct: boolean,
): readonly Aggregated[] {
  const groups = Map.groupBy(counted, ({ group }) => JSON.stringify(group))
  const found = [...groups.values()].map((rows) => {
    const spread = spreadOf(rows)
    return {
      group: rows[0]?.group ?? [],
      values: Object.fromEntries(
        aggregations.map((one) => [
          labelOf(one),
          one.type === 'COUNT' && isDistinct ? rows.length : figureOf(spread, one),
        ]),
      ),
    }
  })
  return found.sort((a, b) => compareGroups(a.group, b.group))
}

/** By each dimension in turn; what has none comes first. */
function compareGroups(a: Aggregated['group'], b: Aggregated['group']): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? ''
    if ((left ?? '') !== right) return (left ?? '') < right ? -1 : 1
  }
  return 0
}

type Spread = {
  /** Ascending. */
  readonly rows: readonly { readonly value: number; readonly count: number }[]
  readonly count: number
  readonly sum: number
}

function spreadOf(counted: readonly ValueCount[]): Spread {
  const rows = counted
    .map(({ value, count }) => ({ value: Number(value), count }))
    .sort((a, b) => a.value - b.value)
  return {
    rows,
    count: rows.reduce((sum, { count }) => sum + count, 0),
    sum: rows.reduce((sum, { value, count }) => sum + value * count, 0),
  }
}

function figureOf({ rows, count, sum }: Spread, { type, percentile = 0 }: Aggregation): number {
  switch (type) {
    case 'COUNT':
      return count
    case 'SUM':
      return sum
    case 'AVG':
      return sum / count
    case 'MIN':
      return rows[0]?.value ?? 0
    case 'MAX':
      return rows.at(-1)?.value ?? 0
    case 'PERCENTILE':
      return percentileOf({ rows, count, sum }, percentile)
  }
}

/** Between two values by the straight line through them. */
function percentileOf({ rows, count }: Spread, percentile: number): number {
  const place = (percentile / 100) * (count - 1)
  const [low, high] = [Math.floor(place), Math.ceil(place)]
  let before = 0
  let [atLow, atHigh] = [0, 0]
  for (const row of rows) {
    if (before <= low) atLow = row.value
    if (before <= high) atHigh = row.value
    before += row.count
  }
  return atLow + (atHigh - atLow) * (place - low)
}

/** As MLflow calls it: `AVG`, `P95.0`. */
function labelOf({ type, percentile = 0 }: Aggregation): string {
  if (type !== 'PERCENTILE') return type
  return `P${Number.isInteger(percentile) ? percentile.toFixed(1) : percentile}`
}
