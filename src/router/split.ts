/** What answers: a version that the process runs by itself, or a scorer that others run. One of the two. */
export type SplitTarget = {
  /** What it follows: `models:/fraud/Production`. */
  readonly uri?: string | undefined
  /** Where a scorer answers: `https://scorer.example/fraud`. */
  readonly url?: string | undefined
}

/** One of the versions between which requests are split. */
export type Variant = SplitTarget & {
  readonly name: string
  /** Its share is this part of the sum of all weights. */
  readonly weight: number
  /** By which its weight grows by itself. */
  readonly steps?: readonly CanaryStep[] | undefined
}

type CanaryStep = {
  /** In percent; the others share the rest as their weights are. */
  readonly weight: number
  /** How long it lasts; absent of the last. */
  readonly minutes?: number | undefined
  /** Of the last: where the version that the variant means then goes. */
  readonly then?: { readonly stage: string } | undefined
}

/** A version that gets copies of requests, and answers nobody. */
export type Shadow = SplitTarget & {
  readonly name: string
  /** The part of all requests of which it gets a copy: 0 to 1. */
  readonly sample: number
}

/** How requests are split. */
export type Split = {
  readonly variants: readonly Variant[]
  readonly shadows?: readonly Shadow[] | undefined
  /** Requests with the same value of this header meet the same variant. */
  readonly sticky?: { readonly header: string } | undefined
}

/**
 * The variant that answers a request: by weight, and for a sticky key always the same one. A key moves only
 * to a variant whose share grew, or from one whose share shrank (weighted rendezvous hashing).
 *
 * @param key the sticky key; undefined: each request by itself
 * @param random a number from 0 to below 1, for requests without a key
 * @returns undefined: none has a weight
 */
export function chooseVariant<V extends Pick<Variant, 'name' | 'weight'>>(
  variants: readonly V[],
  key: string | undefined,
  random: () => number,
): V | undefined {
  if (key === undefined) return drawVariant(variants, random())
  let [best, bestScore]: [V | undefined, number] = [undefined, Number.NEGATIVE_INFINITY]
  for (const variant of variants) {
    if (variant.weight === 0) continue
    const score = -variant.weight / Math.log(fractionOf(`${key}\0${variant.name}`))
    if (score > bestScore) [best, bestScore] = [variant, score]
  }
  return best
}

function drawVariant<V extends Pick<Variant, 'weight'>>(
  variants: readonly V[],
  random: number,
): V | undefined {
  const weighted = variants.filter(({ weight }) => weight > 0)
  let left = random * weighted.reduce((sum, { weight }) => sum + weight, 0)
  for (const variant of weighted) {
    left -= variant.weight
    if (left < 0) return variant
  }
  return weighted.at(-1)
}

/** A text's place between 0 and 1, both excluded: FNV-1a, mixed as MurmurHash3 ends. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32
}
