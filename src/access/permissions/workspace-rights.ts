import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { mayAll } from './permitted.ts'
import { readOnce } from './read-once.ts'
import { denied } from './rights.ts'

/** Whether the caller may manage roles: administrators, and whoever has MANAGE on the workspace. */
async function isWorkspaceAdmin(ctx: Context): Promise<boolean> {
  return mayAll(ctx) || (await listAdministered(ctx)).includes(ctx.workspace)
}

/** The workspaces that the caller's roles give MANAGE on. */
export async function listAdministered(ctx: Context): Promise<string[]> {
  const rows = await readOnce(
    ctx,
    sql<{ workspace: string }>`select distinct r.workspace from role_holders h
      join roles r on r.id = h.role
      join role_permissions p on p.role = r.id and p.resource_type = 'workspace'
        and p.resource = '*' and p.permission = 'MANAGE'
      where h.account = ${ctx.principal.accountId ?? null}`,
  )
  return rows.map(({ workspace }) => workspace)
}

/** Whether the caller has USE on the workspace, or more. */
export async function hasOnWorkspace(ctx: Context): Promise<boolean> {
  const rows = await readOnce(
    ctx,
    sql`select 1 from role_holders h
      join roles r on r.id = h.role and r.workspace = ${ctx.workspace}
      join role_permissions p on p.role = r.id and p.resource_type = 'workspace' and p.resource = '*'
      where h.account = ${ctx.principal.accountId ?? null} limit 1`,
  )
  return rows.length > 0
}

/**
 * Require what it takes to administrate a workspace besides its roles: its grants. Without
 * workspaces that is for administrators of the server.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireGovernor(ctx: Context): Promise<void> {
  if (await isGovernor(ctx)) return
  if (!ctx.settings.workspaces) throw denied(ctx, 'only administrators may')
  throw notWorkspaceAdmin(ctx)
}

/** Whether the caller may do what `requireGovernor` requires. */
export async function isGovernor(ctx: Context): Promise<boolean> {
  return mayAll(ctx) || (ctx.settings.workspaces && (await isWorkspaceAdmin(ctx)))
}

/** @throws PERMISSION_DENIED the caller may not manage roles */
export async function requireWorkspaceAdmin(ctx: Context): Promise<void> {
  if (!(await isWorkspaceAdmin(ctx))) throw notWorkspaceAdmin(ctx)
}

export function notWorkspaceAdmin(ctx: Context): Error {
  return denied(ctx, 'only administrators, of the server or of the workspace, may')
}

/** Let in callers who have the role, or may manage roles. @throws PERMISSION_DENIED */
export async function requireRole(ctx: Context, role: number): Promise<void> {
  if (await isWorkspaceAdmin(ctx)) return
  const account = ctx.principal.accountId ?? null
  const row = await ctx.db.first(
    sql`select 1 from role_holders where account = ${account} and role = ${role}`,
  )
  if (!row) throw denied(ctx, 'only holders of the role, and administrators, may')
}

/** Let in callers who have a role in each of these workspaces, and administrators. @throws PERMISSION_DENIED */
export async function requireRoleInEach(
  ctx: Context,
  workspaces: readonly string[],
): Promise<void> {
  if (mayAll(ctx)) return
  const present = await ctx.db.all(
    sql<{ workspace: string }>`select distinct r.workspace from role_holders h
      join roles r on r.id = h.role where h.account = ${ctx.principal.accountId ?? null}`,
  )
  const names = new Set(present.map(({ workspace }) => workspace))
  if (workspaces.every((workspace) => names.has(workspace))) return
  throw denied(ctx, 'only who has a role in each of the workspaces, and administrators, may')
}
