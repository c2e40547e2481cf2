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

/** Let waiting requests run: long work and databases in this process would block them. */
export function letOthersRun(): Promise<void> {
  return new Promise((done) => setTimeout(done))
}
