import { requireModelVersion } from '../access/permissions/require.ts'
import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { ModelUri } from './resolve.ts'

/**
 * Require that the caller may read what the URIs name.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToResolve(ctx: Context, uris: readonly ModelUri[]): Promise<void> {
  for (const { name } of uris) await requireModelVersion(ctx, name, 'READ')
}

/** Whether the reader of a stream still may; a model that was deleted meanwhile tells nothing. */
export async function mayResolve(ctx: Context, uris: readonly ModelUri[]): Promise<boolean> {
  try {
    await requireToResolve(ctx, uris)
    return true
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    if (err.code === 'RESOURCE_DOES_NOT_EXIST') return true
    if (err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}
