import type { Permission } from '../access/permissions/levels.ts'
import { requireModelVersion, requireVersionOfModelId } from '../access/permissions/require.ts'
import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { getDeployment } from './deployments.ts'
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
