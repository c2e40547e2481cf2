import { invalid } from '../core/error.ts'
import { type CanaryState, type GuardedSplit, withoutSteps } from './deployment-guard.ts'

/**
 * Begin the steps of the variant that has some.
 *
 * @throws INVALID_PARAMETER_VALUE several have some, no other has a weight, or they are out of order
 */
export function beginSteps(split: GuardedSplit, nowMs: number): GuardedSplit {
  const [variant, second] = split.variants.filter(({ steps }) => steps !== undefined)
  if (!variant?.steps) return split
  if (second)
    throw invalid(`Both '${variant.name}' and '${second.name}' have steps; give them to one`)
  const others = split.variants.filter((one) => one !== variant && one.weight > 0)
  if (others.length === 0) throw invalid(`No variant beside '${variant.name}' has a weight`)
  const isTimed = variant.steps.map(({ minutes }) => minutes !== undefined)
  if (isTimed.at(-1) || isTimed.slice(0, -1).includes(false)) {
    throw invalid("Every step but the last has 'minutes'; the last has none")
  }
  const weights = Object.fromEntries(others.map(({ name, weight }) => [name, weight]))
  return stepTo(split, { variant: variant.name, step: 0, weights }, { step: 0, nowMs })
}

/** The split at a step, counted from 0; the last one ends the canary. The others share the rest as they did before. */
export function stepTo(
  split: GuardedSplit,
  { variant: name, weights }: CanaryState,
  { step: wanted, nowMs }: { readonly step: number; readonly nowMs: number },
): GuardedSplit {
  const steps = split.variants.find((variant) => variant.name === name)?.steps ?? []
  const step = Math.min(wanted, steps.length - 1)
  const { weight = 0, minutes } = steps[step] ?? {}
  const sum = Object.values(weights).reduce((total, one) => total + one, 0)
  const variants = split.variants.map((one) => ({
    ...one,
    weight: one.name === name ? weight : ((100 - weight) * (weights[one.name] ?? 0)) / sum,
  }))
  if (minutes === undefined) return withoutSteps({ ...split, variants })
  const canary = { variant: name, step, weights, due_at_ms: nowMs + 60_000 * minutes }
  return { ...split, variants, canary }
}

/** The split as it was before the first step, without the variant that had the steps. */
export function startOfCanary(
  split: GuardedSplit,
  { weights }: Pick<CanaryState, 'weights'>,
): GuardedSplit {
  return {
    ...split,
    variants: split.variants.map((one) => ({ ...one, weight: weights[one.name] ?? 0 })),
  }
}
