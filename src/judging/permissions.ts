import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import {
  hasOnEverything,
  requireExperiment,
  requirePermission,
} from '../access/permissions/require.ts'
import type { Context } from '../platform/context.ts'
import { issueNotFound } from './issues/issue.ts'
import { defaultOwnerIn, labelSchemaNotFound } from './labels/label-schema.ts'

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
  const on = sql`issues j where j.issue_id = ${issueId}`
  if (!(await mayOn(ctx, on, needed))) throw issueNotFound(issueId)
}

/** As `requireIssue`. */
export async function requireLabelSchema(
  ctx: Context,
  schemaId: string,
  needed: Permission,
): Promise<void> {
  if (!(await mayOnLabelSchema(ctx, schemaId, needed))) throw labelSchemaNotFound(schemaId)
}

/** As `requireLabelSchema`. @returns false: there is no such schema */
export async function mayOnLabelSchema(
  ctx: Context,
  schemaId: string,
  needed: Permission,
): Promise<boolean> {
  const owner = defaultOwnerIn(schemaId)
  if (owner === undefined) {
    return mayOn(ctx, sql`label_schemas j where j.schema_id = ${schemaId}`, needed)
  }
  await requireExperiment(ctx, owner, needed)
  return true
}

/**
 * Require a permission on the experiment of something.
 *
 * @param one its table as `j`, with a column `experiment`, and the condition
 * @returns whether it is there, as far as that had to be looked up
 */
async function mayOn(ctx: Context, one: SQL, needed: Permission): Promise<boolean> {
  if (await hasOnEverything(ctx, needed)) return true
  const found = await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: sql`select e.id, cast(e.id as text) as name, 0 as is_prompt from experiments e
      where e.workspace = ${ctx.workspace} and e.id = (select j.experiment from ${one})`,
    what: 'experiment',
  })
  return found.length > 0
}
