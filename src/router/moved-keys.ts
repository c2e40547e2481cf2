import type { Variant } from './split.ts'

type Weighted = Pick<Variant, 'name' | 'weight'>

/** The part of all sticky keys, 0 to 1, that go from one variant to another when weights change. */
export type MovedKeys = { readonly from: string; readonly to: string; readonly part: number }

/**
 * Who meets another variant when weights change, the most first. `chooseVariant` gives a key to the variant with
 * the least of X / weight, where each X is exponentially distributed and stays the key's; so the part that goes
 * from i to j is the integral over r = Xj / Xi of 1 / c(r)², where c adds up what is left for the others.
 *
 * @param after the same variants, in the same order
 */
export function movedKeysFrom(
  before: readonly Weighted[],
  after: readonly Weighted[],
): MovedKeys[] {
  const pairs = before.map(({ name, weight }, at) => ({
    name,
    was: weight,
    is: after[at]?.weight ?? 0,
  }))
  return pairs
    .flatMap((from) =>
      pairs
        .filter((to) => from !== to && from.was > 0 && to.is > 0)
        .map((to) => ({ from: from.name, to: to.name, part: partBetween(from, to, pairs) })),
    )
    .filter(({ part }) => part > 0)
    .sort((one, other) => other.part - one.part)
}

type Change = { readonly was: number; readonly is: number }

function partBetween(from: Change, to: Change, all: readonly Change[]): number {
  const others = all.filter((one) => one !== from && one !== to)
  const [begin, end] = [to.was / from.was, to.is / from.is]
  if (begin >= end) return 0
  /** From this ratio on, what another one gets then is what keeps it out, not what it had. */
  const turnOf = ({ was, is }: Change) => (was / from.was) * (to.is / is)
  const turns = others.map(turnOf).filter((turn) => turn > begin && turn < end)
  const ends = [...turns.sort((a, b) => a - b), end]
  return ends.reduce((sum, until, at) => {
    const since = ends[at - 1] ?? begin
    // Between two turns c(r) = fixed + slope * r.
    const [had, get] = [
      others.filter((one) => turnOf(one) > since),
      others.filter((one) => turnOf(one) <= since),
    ]
    const fixed = 1 + had.reduce((total, { was }) => total + was / from.was, 0)
    const slope = 1 + get.reduce((total, { is }) => total + is / to.is, 0)
    return sum + (1 / (fixed + slope * since) - 1 / (fixed + slope * until)) / slope
  }, 0)
}
