import { sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { hasOnEverything, requirePermission } from '../access/permissions/require.ts'
import type { Context } from '../platform/context.ts'
import { issueNotFound } from './issues/issue.ts'

/**
 * What judges traces belongs to an experiment, and so do the permissions on it.
 *
 * @throws PERMISSION_DENIED
 * @throws RESOURCE_DOES_NOT_EXIST no such issue
 */
export async function requireIssue(
  ctx: Context,
  issueId: string,
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  const found = await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: sql`select e.id, i.issue_id as name, 0 as is_prompt from issues i
      join experiments e on e.id = i.experiment
      where i.issue_id = ${issueId} and e.workspace = ${ctx.workspace}`,
    what: 'the experiment of issue',
  })
  if (found.length === 0) throw issueNotFound(issueId)
}
