import { sql } from 'drizzle-orm'
import { requireRight } from '../../access/permissions/require.ts'
import type { Context } from '../../platform/context.ts'
import type { policies } from '../tables.ts'
import type { PolicyDocument } from './policy.ts'

/**
 * Require the right to manage a policy: for the models that it guards, and for those that it is to
 * guard. One that is deleted takes what it took.
 *
 * @param models a glob, of the document that is to take its place
 * @throws PERMISSION_DENIED
 */
export async function requirePolicy(ctx: Context, name: string, models?: string): Promise<void> {
  const row = await ctx.db.first<Pick<typeof policies.$inferSelect, 'document'>>(
    sql`select document from policies where workspace = ${ctx.workspace} and name = ${name}`,
  )
  const globs = models === undefined ? [] : [models]
  if (row) {
    // Only documents are ever written there.
    const { applies_to } = JSON.parse(row.document) as PolicyDocument
    globs.push(applies_to.models)
  }
  if (globs.length === 0) return requireRight(ctx, 'manage_policies')
  for (const model of new Set(globs)) await requireRight(ctx, 'manage_policies', { model })
}
