import { type SQL, sql } from 'drizzle-orm'
import { mayAll } from '../access/permissions/permitted.ts'
import { readOnce } from '../access/permissions/read-once.ts'
import { denied } from '../access/permissions/rights.ts'
import { excerpt, RegistryError } from '../core/error.ts'
import { checkWorkspaceName, defaultWorkspace } from '../core/names.ts'
import { ConstraintError } from '../db/database.ts'
import type { Context } from '../platform/context.ts'

/**
 * Condition on `workspaces w`: the caller may enter it, since a role of theirs is for it. The default
 * workspace may be open to everybody.
 */
export function isReachableSql(ctx: Context): SQL {
  if (mayAll(ctx)) return sql`1`
  const isOpen = ctx.settings.grantDefaultWorkspaceAccess ? 1 : 0
  return sql`((${isOpen} and w.name = ${defaultWorkspace}) or exists (select 1 from role_holders h
    cross join roles r on r.id = h.role and r.workspace = w.name
    where h.account = ${ctx.principal.accountId ?? null}))`
}

/**
 * The caller's context in the workspace that a request names. One that the caller may not enter is
 * answered like one that does not exist.
 *
 * @param name undefined: the default workspace
 * @param needsNone the call is about no workspace, so that everybody may make it in the default one
 * @throws RESOURCE_DOES_NOT_EXIST there is none of this name, or the caller may not enter it
 * @throws PERMISSION_DENIED the caller may not enter the default workspace
 */
export async function enterWorkspace(
  ctx: Context,
  name: string = defaultWorkspace,
  needsNone = false,
): Promise<Context> {
  if (name !== defaultWorkspace) checkWorkspaceName(name)
  const [found] = await readOnce(
    ctx,
    sql<{ root: string | null }>`select w.default_artifact_root as root from workspaces w
      where w.name = ${name} and w.deleted_at_ms is null and ${isReachableSql(ctx)}`,
  )
  if (found) return { ...ctx, workspace: name, workspaceRoot: found.root ?? undefined }
  if (name !== defaultWorkspace) throw workspaceNotFound(name)
  if (needsNone) return ctx
  throw denied(
    ctx,
    `a role in workspace '${defaultWorkspace}' is needed; name the workspace that yours are for with mlflow.set_workspace or X-MLFLOW-WORKSPACE`,
  )
}

/** Whether nothing was written since the workspace was deleted meanwhile: triggers see to that. */
export function isWorkspaceGone(err: unknown): boolean {
  return err instanceof ConstraintError && err.subject === 'there is no such workspace'
}

export function workspaceNotFound(name: string): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', `Workspace '${excerpt(name)}' not found`)
}

/**
 * The caller's context in another workspace that a request names beside its own.
 *
 * @param name undefined: the request's own
 * @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED as `enterWorkspace`
 */
export async function enterOther(ctx: Context, name: string | undefined): Promise<Context> {
  if (name === undefined || name === ctx.workspace) return ctx
  if (ctx.settings.workspaces) return enterWorkspace(ctx, name)
  throw workspaceNotFound(name)
}
