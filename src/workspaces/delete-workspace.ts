import { type SQL, sql } from 'drizzle-orm'
import { accessChanged } from '../access/accounts/epoch.ts'
import { removeAccessStatements } from '../access/permissions/seed-roles.ts'
import { commit, entryStatement } from '../audit/commit.ts'
import { conflict, invalid, type RegistryError } from '../core/error.ts'
import { checkWorkspaceName, defaultWorkspace } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { workspaceNotFound } from './reach.ts'
import { workspaceJson } from './workspaces.ts'

/** What a workspace must have none of to be deleted, and how a message calls it. */
const contents: readonly { readonly what: string; readonly which: SQL }[] = [
  { what: 'registered models or prompts', which: sql`registered_models where` },
  { what: 'experiments (deleted ones stay until gatehouse gc)', which: sql`experiments where` },
  { what: 'evaluation datasets', which: sql`eval_datasets where` },
  { what: 'webhooks', which: sql`webhooks where` },
  { what: 'policies', which: sql`policies where deleted_at_ms is null and` },
  { what: 'retention rules', which: sql`retention_rules where` },
  { what: 'artifacts', which: sql`artifact_files where` },
  { what: 'uploads under way', which: sql`multipart_uploads where completed_at_ms is null and` },
]

/**
 * Delete an empty workspace, with its roles and grants. MLflow can delete it with all that is in it or
 * move that to the default workspace; here nothing is deleted without being named, and nothing moves
 * out of its policies.
 *
 * @throws RESOURCE_DOES_NOT_EXIST
 * @throws INVALID_PARAMETER_VALUE it is the default workspace, or something is in it
 */
export async function deleteWorkspace(ctx: Context, name: string): Promise<void> {
  if (name === defaultWorkspace) {
    throw invalid(`The '${defaultWorkspace}' workspace is reserved and cannot be deleted`)
  }
  checkWorkspaceName(name)
  const at = { ...ctx, workspace: name }
  const none = sql.join(
    contents.map(({ which }) => sql`not exists (select 1 from ${which} workspace = ${name})`),
    sql` and `,
  )
  const which = sql`w.name = ${name} and w.deleted_at_ms is null and ${none}`
  const { deleted } = await commit(at, {
    entry: entryStatement(at, {
      action: 'workspace.deleted',
      before: workspaceJson,
      from: sql`workspaces w where ${which}`,
    }),
    deleted: sql`update workspaces as w set deleted_at_ms = ${ctx.now()} where ${which} returning 1`,
    access: removeAccessStatements(
      at,
      sql`exists (select 1 from audit_entries where action = 'workspace.deleted'
        and workspace = ${name} and request_id = ${ctx.requestId})`,
    ),
    accessChanged,
  })
  if (deleted.length !== 1) throw await explainRefusal(ctx, name)
}

async function explainRefusal(ctx: Context, name: string): Promise<RegistryError> {
  const isThere = sql`select 1 from workspaces where name = ${name} and deleted_at_ms is null`
  if (!(await ctx.db.first(isThere))) return workspaceNotFound(name)
  for (const { what, which } of contents) {
    const row = await ctx.db.first(
      sql<{ count: number }>`select count(*) as count from ${which} workspace = ${name}`,
    )
    if (!row?.count) continue
    return invalid(
      `Cannot delete workspace '${name}': it still contains ${row.count} ${what}. Remove them before deleting the workspace.`,
    )
  }
  return conflict(`Workspace '${name}' changed at the same moment; try again`)
}
