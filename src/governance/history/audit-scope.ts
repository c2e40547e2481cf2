import { sql } from 'drizzle-orm'
import { requireRight } from '../../access/permissions/require.ts'
import { hasGrant } from '../../access/permissions/rights.ts'
import { isGovernor } from '../../access/permissions/workspace-rights.ts'
import type { EntryFilter } from '../../audit/read-entries.ts'
import type { Context } from '../../platform/context.ts'

/** Whether the caller may read what the audit log has of a model that is there. */
export async function mayReadAuditOf(ctx: Context, name: string): Promise<boolean> {
  return (await hasGrant(ctx, 'read_audit', name)) || (await isGovernor(ctx))
}

/**
 * Which entries about models of a name the caller may read. A name may have been that of several
 * models, one after the other. The entries of each are judged by its name today; those of a deleted
 * model by the name, unless another model has that name now.
 *
 * @param name absent: the entries of all models, and those about none
 * @returns undefined: all that the filter finds
 * @throws PERMISSION_DENIED the caller may read none
 */
export async function requireAudit(
  ctx: Context,
  name: string | undefined,
): Promise<EntryFilter['only']> {
  const isForAll = (await hasGrant(ctx, 'read_audit', undefined)) || (await isGovernor(ctx))
  if (name === undefined || isForAll) {
    await requireRight(ctx, 'read_audit')
    return undefined
  }
  type Row = { id: number; now: string | null; last_seq: number }
  const models = await ctx.db.all(sql<Row>`
    select e.registered_model as id, m.name as now, max(e.seq) as last_seq from audit_entries e
    left join registered_models m on m.id = e.registered_model
    where e.workspace = ${ctx.workspace} and e.model = ${name} and e.registered_model is not null
    group by e.registered_model`)
  const isTaken = await ctx.db.first(sql`select 1 from registered_models
    where workspace = ${ctx.workspace} and name = ${name}`)
  const isHeld = await hasGrant(ctx, 'read_audit', name)
  const allowed: number[] = []
  let afterSeq = 0
  for (const { id, now, last_seq } of models) {
    const may = now === null ? isHeld && !isTaken : await hasGrant(ctx, 'read_audit', now)
    if (may) allowed.push(id)
    else afterSeq = Math.max(afterSeq, last_seq)
  }
  if (!isHeld && allowed.length === 0) await requireRight(ctx, 'read_audit', { model: name })
  return { models: allowed, afterSeq: isHeld ? afterSeq : Number.MAX_SAFE_INTEGER }
}
