/**
 * What was logged within a part of the axis. A spike of a single step is never lost: it is the least or the
 * greatest value of its bucket.
 */
export type SeriesBucket = {
  /** Where its first point is, and its last. */
  readonly x: number
  readonly end: number
  /** Of finite values; undefined: there are none. */
  readonly values: { readonly min: number; readonly max: number; readonly mean: number } | undefined
  readonly nans: number
  readonly infinities: number
}

/** Points that were read as one. */
export type PartRow = {
  readonly run: number
  readonly key: string
  readonly first: number
  /** The milliseconds that were looked at; both 0 where the points were chosen otherwise. */
  readonly from_ms: number
  readonly to_ms: number
  readonly points: number
  readonly x: number
  readonly end_x: number
  readonly low: number | null
  readonly high: number | null
  readonly mean: number | null
  readonly nans: number
  readonly infinities: number
}

/** Whether no part begins before the one ahead of it ends. */
export function hasOrder(rows: readonly PartRow[]): boolean {
  return rows.every(({ x }, i) => x >= (rows[i - 1]?.end_x ?? x))
}

/** How many of `bucketsMax` equal parts of the axis the row reaches over. @param rows in the order of x */
export function sharesOf(
  { x, end_x }: PartRow,
  rows: readonly PartRow[],
  { bucketsMax }: { readonly bucketsMax: number },
): number {
  const length = (rows.at(-1)?.end_x ?? 0) - (rows[0]?.x ?? 0) + 1
  return ((end_x - x) / length) * bucketsMax
}

/** Parts as buckets, put together where there are more than `bucketsMax`. @param rows in the order of x */
export function bucketsOf(rows: readonly PartRow[], bucketsMax: number): SeriesBucket[] {
  if (rows.length <= bucketsMax) return rows.map((row) => bucketOf([row]))
  const low = rows[0]?.x ?? 0
  const width = ((rows.at(-1)?.end_x ?? low) - low + 1) / bucketsMax
  const together = Map.groupBy(rows, ({ x }) => Math.floor((x - low) / width))
  return [...together.values()].map(bucketOf)
}

function bucketOf(rows: readonly PartRow[]): SeriesBucket {
  const sum = (of: (row: PartRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const [nans, infinities] = [sum((row) => row.nans), sum((row) => row.infinities)]
  const lows = rows.flatMap(({ low }) => low ?? [])
  const highs = rows.flatMap(({ high }) => high ?? [])
  const finite = (row: PartRow) => row.points - row.nans - row.infinities
  const count = sum(finite)
  return {
    x: Math.min(...rows.map(({ x }) => x)),
    end: Math.max(...rows.map(({ end_x }) => end_x)),
    values:
      lows.length === 0
        ? undefined
        : {
            min: Math.min(...lows),
            max: Math.max(...highs),
            // Shares first: a sum may pass the doubles.
            mean: sum((row) => (row.mean ?? 0) * (finite(row) / count)),
          },
    nans,
    infinities,
  }
}
