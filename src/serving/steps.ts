import { invalid } from '../core/error.ts'
import {
  type CanaryState,
  type GuardedSplit,
  stageAfterSteps,
  stageOf,
  withoutSteps,
} from './deployment-guard.ts'
import { readModelUri } from './resolve.ts'

/**
 * Begin the steps of the variant that has some.
 *
 * @throws INVALID_PARAMETER_VALUE several have some, no other has a weight, or they are out of order
 */
export function beginSteps(
  split: GuardedSplit,
  { nowMs, ...begun }: Pick<CanaryState, 'by' | 'version'> & { readonly nowMs: number },
): GuardedSplit {
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
  if (variant.steps.slice(0, -1).some(({ then }) => then !== undefined)) {
    throw invalid("Only the last step has 'then'")
  }
  if (stageAfterSteps(variant) !== undefined && variant.uri === undefined) {
    throw invalid(`'${variant.name}' has no 'uri', so no version of it can enter a stage`)
  }
  const weights = Object.fromEntries(others.map(({ name, weight }) => [name, weight]))
  const canary = { ...begun, variant: variant.name, step: 0, weights }
  return stepTo(split, canary, { step: 0, nowMs })
}

/**
 * The split at a step, counted from 0; the others share the rest as they did before. The last one ends the
 * canary, unless a version is to enter a stage then: that is due at once.
 */
export function stepTo(
  split: GuardedSplit,
  { left_ms: _, ...canary }: CanaryState,
  { step: wanted, nowMs }: { readonly step: number; readonly nowMs: number },
): GuardedSplit {
  const { variant: name, weights } = canary
  const steps = split.variants.find((variant) => variant.name === name)?.steps ?? []
  const step = Math.min(wanted, steps.length - 1)
  const { weight = 0, minutes = 0, then } = steps[step] ?? {}
  const sum = Object.values(weights).reduce((total, one) => total + one, 0)
  const variants = split.variants.map((one) => ({
    ...one,
    weight: one.name === name ? weight : ((100 - weight) * (weights[one.name] ?? 0)) / sum,
  }))
  if (minutes === 0 && !then) return withoutSteps({ ...split, variants })
  const due_at_ms = nowMs + 60_000 * minutes
  return { ...split, variants, canary: { ...canary, step, due_at_ms } }
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

/** The split where a variant that followed a stage, which its version left, follows the one that it entered. */
export function followStage(
  split: GuardedSplit,
  { name, stage }: { readonly name: string; readonly stage: string },
): GuardedSplit {
  const follow = (one: GuardedSplit['variants'][number]) => {
    if (one.name !== name || stageOf(one) === undefined) return one
    return { ...one, uri: `models:/${readModelUri(one.uri ?? '').name}/${stage}` }
  }
  return { ...split, variants: split.variants.map(follow) }
}
