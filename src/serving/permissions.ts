import type { Permission } from '../access/permissions/levels.ts'
import {
  requireModelVersion,
  requirePromoting,
  requireVersionOfModelId,
} from '../access/permissions/require.ts'
import { RegistryError } from '../core/error.ts'
import { principalRecord } from '../core/principal.ts'
import { isAmong } from '../governance/approvals.ts'
import type { Context } from '../platform/context.ts'
import type { Split } from '../router/split.ts'
import { type DeploymentGuard, stagesAtStake } from './deployment-guard.ts'
import { type Deployment, getDeployment } from './deployments.ts'
import type { ModelUri, Resolution } from './resolve.ts'

/**
 * Require that the caller may read what the URIs name.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToResolve(ctx: Context, uris: readonly ModelUri[]): Promise<void> {
  for (const { name } of uris) await requireModelVersion(ctx, name, 'READ')
}

/**
 * Require a permission on the model whose requests a deployment splits.
 *
 * @throws PERMISSION_DENIED
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 */
export async function requireOnDeployment(
  ctx: Context,
  name: string,
  needed: Permission,
): Promise<void> {
  const { registeredModelId } = await getDeployment(ctx, name)
  await requireVersionOfModelId(ctx, registeredModelId, needed)
}

/**
 * Require what writing a deployment takes: MANAGE on the model and, where its guard rolls stages back, the right
 * to do that.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToDeploy(
  ctx: Context,
  model: string,
  split: Split & { readonly guard?: DeploymentGuard | undefined },
): Promise<void> {
  await requireModelVersion(ctx, model, 'MANAGE')
  const stages = stagesAtStake(split)
  if (stages.length > 0) await requirePromoting(ctx, model, { stages })
}

/**
 * Require what reporting counts takes: USE on the model. Under a guard, which acts on them, also that it names the
 * caller, or that the caller could write it.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireReporting(ctx: Context, deployment: Deployment): Promise<void> {
  const { guard, model, registeredModelId } = deployment
  await requireVersionOfModelId(ctx, registeredModelId, 'USE')
  if (!guard) return
  const { principal } = ctx
  const isNamed =
    principal.verified && isAmong(principalRecord(principal), guard.reporters, guard.accounts)
  if (!isNamed) await requireToDeploy(ctx, model, deployment)
}

/** Whether the reader of a stream still may; a model that was deleted meanwhile tells nothing. */
export async function mayResolve(ctx: Context, uris: readonly ModelUri[]): Promise<boolean> {
  for (const uri of uris) if (!(await allows(() => requireToResolve(ctx, [uri])))) return false
  return true
}

/**
 * Whether the reader may be told this: the name may be another model's by now than that of the model
 * which they were let in for.
 *
 * @param told undefined: the URI means no version
 */
export function mayBeTold(
  ctx: Context,
  uri: ModelUri,
  told: Resolution | undefined,
): Promise<boolean> {
  return told
    ? allows(() => requireVersionOfModelId(ctx, told.registeredModelId, 'READ'))
    : mayResolve(ctx, [uri])
}

async function allows(rule: () => Promise<void>): Promise<boolean> {
  try {
    await rule()
    return true
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    if (err.code === 'RESOURCE_DOES_NOT_EXIST') return true
    if (err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}
