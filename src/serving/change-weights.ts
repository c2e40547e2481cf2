import { conflict, excerpt, invalid } from '../core/error.ts'
import { changeGuardedDeployment } from '../governance/moves/guarded-deployments.ts'
import type { Context } from '../platform/context.ts'
import type { Variant } from '../router/split.ts'
import { withoutSteps } from './deployment-guard.ts'
import { type Deployment, getDeployment, writeDeployment } from './deployments.ts'

/** What of a deployment was seen, for who wants to change no other. */
export type SeenDeployment = {
  readonly id?: number | undefined
  readonly revision?: number | undefined
}

type WeightChange = Required<SeenDeployment> & {
  /** In percent, by the names of all variants. */
  readonly weights: ReadonlyMap<string, number>
  readonly reason: string
  readonly breakGlass?: boolean | undefined
}

/**
 * Give the variants of a deployment other weights; its steps end. All else stays, the accounts that its guard
 * believes too.
 *
 * @throws INVALID_PARAMETER_VALUE a variant has none, they do not make 100, or the reason is missing
 * @throws PERMISSION_DENIED a policy lets only others
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 * @throws RESOURCE_CONFLICT another revision is there, or another deployment of the name
 */
export async function changeWeights(
  ctx: Context,
  name: string,
  { weights, reason, breakGlass, ...seen }: WeightChange,
): Promise<Deployment> {
  if (reason.trim() === '') throw invalid("'reason' is empty: say why, for the audit log")
  const deployment = await getDeployment(ctx, name)
  refuseOtherRevision(deployment, seen)
  const { model, shadows, sticky, guard } = deployment
  const variants = withWeights(deployment.variants, weights)
  const split = withoutSteps({ variants, shadows, sticky, guard })
  return changeGuardedDeployment(
    ctx,
    { model, deployment: name, reason, breakGlass },
    (guarded, isBroken) =>
      writeDeployment(guarded, name, { ...split, ...seen, model, reason, breakGlass: isBroken }),
  )
}

/** @throws RESOURCE_CONFLICT somebody changed it since, or deleted it and made another */
export function refuseOtherRevision(
  { id, name, revision, updatedBy }: Deployment,
  seen: SeenDeployment,
): void {
  const again = `'${excerpt(updatedBy)}' changed it last. Nothing was done; look at it again`
  if (seen.id !== undefined && seen.id !== id) {
    throw conflict(`Deployment '${excerpt(name)}' was deleted and made again: ${again}`)
  }
  if (seen.revision === undefined || seen.revision === revision) return
  throw conflict(
    `Deployment '${excerpt(name)}' is at revision ${revision} by now, not ${seen.revision}: ${again}`,
  )
}

/** @throws INVALID_PARAMETER_VALUE a variant has none, or they are no whole numbers that make 100 */
export function withWeights(
  variants: readonly Variant[],
  weights: ReadonlyMap<string, number>,
): Variant[] {
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0)
  const changed = variants.map((variant) => {
    const weight = weights.get(variant.name)
    if (weight === undefined) throw invalid(`Variant '${variant.name}' has no weight`)
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
      throw invalid(`The weight of '${variant.name}' is no whole number from 0 to 100`)
    }
    return { ...variant, weight }
  })
  if (weights.size > variants.length) throw invalid('There are weights of variants that are gone')
  if (sum !== 100) throw invalid(`The weights make ${sum} percent; they have to make 100`)
  return changed
}

/** The shares of the variants in whole percent that make 100: what is cut off goes to the largest remainders. */
export function wholeShares(
  variants: readonly Pick<Variant, 'name' | 'weight'>[],
): Map<string, number> {
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  const shares = variants.map(({ name, weight }) => {
    const exact = (weight * 100) / sum
    return { name, whole: Math.floor(exact), rest: exact - Math.floor(exact) }
  })
  const missing = 100 - shares.reduce((total, { whole }) => total + whole, 0)
  const favoured = new Set(
    shares
      .toSorted((a, b) => b.rest - a.rest)
      .slice(0, missing)
      .map(({ name }) => name),
  )
  return new Map(shares.map(({ name, whole }) => [name, favoured.has(name) ? whole + 1 : whole]))
}
