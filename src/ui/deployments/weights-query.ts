import type { Variant } from '../../router/split.ts'
import { wholeShares } from '../../serving/change-weights.ts'

const prefix = 'weight.'

type Weighted = Pick<Variant, 'name' | 'weight'>

/** The name of the field with the weight of a variant. */
export function weightField(name: string): string {
  return prefix + name
}

/** Weights in whole percent, as the page of a change carries them in its address. */
export function weightQuery(variants: readonly Weighted[]): Record<string, string> {
  const shares = wholeShares(variants)
  return Object.fromEntries(variants.map(({ name }) => [weightField(name), `${shares.get(name)}`]))
}

/** The split where one variant gets nothing, and the others what it had, as their weights are. */
export function withoutVariant(variants: readonly Weighted[], name: string): Weighted[] {
  return variants.map((one) => (one.name === name ? { ...one, weight: 0 } : one))
}

/**
 * The query of whole percents where one variant has so much more or less, which the largest others give
 * or the largest of them gets; undefined: there is not so much.
 */
export function shiftedQuery(
  variants: readonly Weighted[],
  name: string,
  by: number,
): Record<string, string> | undefined {
  const shares = new Map(wholeShares(variants))
  const share = (shares.get(name) ?? 0) + by
  const others = variants.map((one) => one.name).filter((other) => other !== name)
  others.sort((a, b) => (shares.get(b) ?? 0) - (shares.get(a) ?? 0))
  if (share < 0 || share > 100 || others.length === 0) return undefined
  shares.set(name, share)
  let rest = by
  for (const other of others) {
    const has = shares.get(other) ?? 0
    const given = Math.min(has, rest)
    shares.set(other, has - given)
    rest -= given
  }
  return weightQuery([...shares].map(([name, weight]) => ({ name, weight })))
}

/** The weights that a query or a form has, by the names of variants; undefined: none. What is no number is NaN. */
export function weightsIn(
  variants: readonly Weighted[],
  read: (field: string) => string | undefined,
): ReadonlyMap<string, number> | undefined {
  const given = variants.flatMap(({ name }): [string, number][] => {
    const text = read(weightField(name))
    return text === undefined ? [] : [[name, /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN]]
  })
  return given.length === 0 ? undefined : new Map(given)
}
