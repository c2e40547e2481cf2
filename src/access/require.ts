import { excerpt, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'

/** What a caller may need on an experiment or a registered model, each including those before it. */
export type Permission = 'READ' | 'USE' | 'EDIT' | 'MANAGE'

/** Rights beyond MLflow's, given by grants. */
export type Right =
  | 'register'
  | 'promote'
  | 'approve'
  | 'manage_policies'
  | 'read_audit'
  | 'manage_webhooks'

/** What a right is asked for: a model, and where it is to move to. All absent: the whole server. */
export type Target = { readonly model?: string; readonly stage?: string; readonly alias?: string }

/** @throws PERMISSION_DENIED the caller is no administrator */
export function requireAdmin(ctx: Context): void {
  if (ctx.settings.auth && !ctx.principal.isAdmin) throw denied(ctx, 'only administrators may')
}

/** @throws PERMISSION_DENIED the caller lacks the permission on the registered model */
export async function requireModel(ctx: Context, name: string, needed: Permission): Promise<void> {
  if (ctx.settings.auth && !ctx.principal.isAdmin) {
    throw denied(ctx, `${needed} on registered model '${excerpt(name)}' is needed`)
  }
}

/** @throws PERMISSION_DENIED the caller lacks the permission on the experiment */
export async function requireExperiment(
  ctx: Context,
  experimentId: number,
  needed: Permission,
): Promise<void> {
  if (ctx.settings.auth && !ctx.principal.isAdmin) {
    throw denied(ctx, `${needed} on experiment ${experimentId} is needed`)
  }
}

/** @throws PERMISSION_DENIED the caller is no administrator and no grant gives the right */
export async function requireRight(ctx: Context, right: Right, _on: Target = {}): Promise<void> {
  if (ctx.settings.auth && !ctx.principal.isAdmin) {
    throw denied(ctx, `a grant of '${right}' is needed`)
  }
}

function denied(ctx: Context, why: string): RegistryError {
  return new RegistryError('PERMISSION_DENIED', `'${ctx.principal.name}' may not do this: ${why}`)
}
