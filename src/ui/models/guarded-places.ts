import { matchesGlob } from '../../core/glob.ts'
import type { Policy, PromotionTarget } from '../../governance/policies/policy.ts'

/** A stage or alias that some policy guards, for one model. */
export type GuardedPlace = {
  /** The stage, or the alias behind `@`. */
  readonly key: string
  readonly target: PromotionTarget
}

/** Those that policies name; of aliases by a glob, the aliases that it fits are not known. */
export function guardedPlacesOf(policies: readonly Policy[], name: string): GuardedPlace[] {
  const places = policies.flatMap(({ document: { applies_to } }): GuardedPlace[] => {
    const { models, stage, alias } = applies_to
    if (!matchesGlob(models, name)) return []
    if (stage !== undefined) return [{ key: stage, target: { stage } }]
    return alias === undefined || alias.includes('*')
      ? []
      : [{ key: `@${alias}`, target: { alias } }]
  })
  return [...new Map(places.map((place) => [place.key, place])).values()]
}
