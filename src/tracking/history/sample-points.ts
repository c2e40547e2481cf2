import type { Point } from './chunk-codec.ts'
import { compareSteps } from './point-order.ts'
import { type HistoryStore, readPointsOf, readRoundsOf } from './read-points.ts'
import type { PartWanted } from './reading.ts'

/** Points that are kept until it is known how many there are. */
const heldMax = 32_000

type Sample = {
  /** Points, at most. */
  readonly count: number
  /** Whether a point is among those of which some are taken. */
  readonly isWanted: (point: Point) => boolean
}

/**
 * Up to `count` points of a part of a history, by step, then time, then value: they are cut into `count`
 * equal groups and the first of each is taken, the last point for the last group. A long history whose
 * steps go along with its times, as nearly all do, is read twice and never lies in memory as a whole.
 */
export async function samplePoints(
  store: HistoryStore,
  part: Pick<PartWanted, 'run' | 'key'>,
  { count, isWanted }: Sample,
): Promise<Point[]> {
  const wanted = { ...part, count: Number.POSITIVE_INFINITY }
  let held: Point[] | undefined = []
  let [total, isInOrder] = [0, true]
  let before: Point | undefined
  for await (const [points = []] of readRoundsOf(store, [wanted])) {
    for (const point of points.filter(isWanted)) {
      total += 1
      isInOrder &&= before === undefined || compareSteps(before, point) < 0
      before = point
      held?.push(point)
    }
    if (total > heldMax) held = undefined
  }
  if (held) return chooseByRank(held.sort(compareSteps), count)
  if (isInOrder) return readRanks(store, wanted, { total, count, isWanted })
  const [all = []] = await readPointsOf(store, [wanted])
  return chooseByRank(all.filter(isWanted).sort(compareSteps), count)
}

async function readRanks(
  store: HistoryStore,
  wanted: PartWanted,
  { total, count, isWanted }: Sample & { readonly total: number },
): Promise<Point[]> {
  const ranks = new Set(ranksOf(total, count))
  const chosen: Point[] = []
  let rank = 0
  for await (const [points = []] of readRoundsOf(store, [wanted])) {
    for (const point of points.filter(isWanted)) {
      if (ranks.has(rank)) chosen.push(point)
      rank += 1
    }
  }
  return chosen
}

function chooseByRank(sorted: readonly Point[], count: number): Point[] {
  return ranksOf(sorted.length, count).flatMap((rank) => sorted[rank] ?? [])
}

/** Which of `total` points are taken. */
function ranksOf(total: number, count: number): number[] {
  if (total <= count) return Array.from({ length: total }, (_, rank) => rank)
  const small = Math.floor(total / count)
  const larger = total % count
  return Array.from({ length: count }, (_, group) =>
    group === count - 1 ? total - 1 : group * small + Math.min(group, larger),
  )
}
