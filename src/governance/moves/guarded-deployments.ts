import { excerpt, RegistryError } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'
import { checkLength } from '../../core/names.ts'
import { matchesPlace } from '../../core/place.ts'
import type { Context } from '../../platform/context.ts'
import { mayChange } from '../approvals.ts'
import { listPolicies } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { checkReason, mayBreakGlass } from '../promotions/break-glass.ts'
import { runUnderPolicies } from './under-policies.ts'

/** A deployment that somebody wants to change. */
export type DeploymentToChange = {
  readonly model: string
  readonly deployment: string
  /** Change it also where policies let others do so, as those who may in an emergency. */
  readonly breakGlass?: boolean | undefined
  readonly reason?: string | undefined
}

const reasonCharsMax = 5000

/**
 * Change a deployment, or make one, if the policies that guard it name the caller, or let them break the
 * glass for a reason.
 *
 * @param change runs a verb with the context that it gets; `isBroken` says that policies forbid it
 * @throws PERMISSION_DENIED a policy names others
 * @throws INVALID_PARAMETER_VALUE the reason is too long, or that of a break-glass says too little
 */
export function changeGuardedDeployment<T>(
  ctx: Context,
  { model, deployment, breakGlass, reason = '' }: DeploymentToChange,
  change: (guarded: Context, isBroken: boolean) => Promise<T>,
): Promise<T> {
  checkLength(reason, reasonCharsMax, 'reason')
  return runUnderPolicies(ctx, { name: model }, (guarded, all) => {
    const barring = whatBars(ctx, all, { model, deployment })
    if (!barring) return change(guarded, false)
    if (!breakGlass) throw new RegistryError('PERMISSION_DENIED', barring.message)
    if (!barring.mayBreakGlass) {
      throw new RegistryError(
        'PERMISSION_DENIED',
        `'${excerpt(ctx.principal.name)}' may not break the glass for the deployment '${excerpt(deployment)}': the policies' break_glass.from does not name them`,
      )
    }
    checkReason(reason)
    return change(guarded, true)
  })
}

/** Why policies let the caller change a deployment in an emergency alone, or not at all. */
export type DeploymentBar = { readonly message: string; readonly mayBreakGlass: boolean }

type NamedDeployment = Pick<DeploymentToChange, 'model' | 'deployment'>

/** What keeps the caller from changing a deployment; undefined: no policy does. */
export async function findDeploymentBar(
  ctx: Context,
  place: NamedDeployment,
): Promise<DeploymentBar | undefined> {
  return whatBars(ctx, await listPolicies(ctx), place)
}

function whatBars(
  ctx: Context,
  all: readonly Policy[],
  { model, deployment }: NamedDeployment,
): DeploymentBar | undefined {
  const policies = selectDeploymentPolicies(all, model, deployment)
  const barring = policies.find((policy) => !mayChange(ctx.principal, policy))
  return (
    barring && {
      message: `The deployment '${excerpt(deployment)}' of '${excerpt(model)}' is guarded by the policy '${excerpt(barring.name)}', which lets only ${barring.document.approvals.only.join(', ')} change it`,
      mayBreakGlass: mayBreakGlass(ctx, { policies }),
    }
  )
}

/** Those of `policies` that guard a deployment of a model; upper and lower case are one. */
export function selectDeploymentPolicies(
  policies: readonly Policy[],
  model: string,
  deployment: string,
): Policy[] {
  return policies.filter(
    ({ document: { applies_to } }) =>
      applies_to.deployment !== undefined &&
      matchesGlob(applies_to.models, model) &&
      matchesPlace(applies_to.deployment, deployment),
  )
}
