/** Lists of rows by the id of what they belong to; each list keeps the order of the rows. */
export function grouped<R, K extends number | string>(
  rows: readonly R[],
  idOf: (row: R) => K,
): Map<K, R[]> {
  const groups = new Map<K, R[]>()
  for (const row of rows) {
    const group = groups.get(idOf(row))
    if (group) group.push(row)
    else groups.set(idOf(row), [row])
  }
  return groups
}

/** `items` as they come, in lists of `count`; the last one may be shorter, and none is empty. */
export async function* splitIntoRounds<T>(
  items: AsyncIterable<T>,
  count: number,
): AsyncIterable<T[]> {
  let round: T[] = []
  for await (const item of items) {
    round.push(item)
    if (round.length < count) continue
    yield round
    round = []
  }
  if (round.length > 0) yield round
}
