import { sql } from 'drizzle-orm'
import { modelEntriesSql } from '../audit/entry.ts'
import { deploymentGuard, type PrincipalRecord } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import type { GuardedSplit } from './deployment-guard.ts'
import type { Deployment } from './deployments.ts'

/** One change of a deployment, as the audit log has it. */
export type DeploymentChange = {
  /** `audit_entries.seq`. */
  readonly seq: number
  readonly atMs: number
  /** Who made it: `deployment-guard` and `gatehouse` act by themselves. */
  readonly by: string
  /** The guard acted. */
  readonly isByGuard: boolean
  readonly reason: string | null
  /** It was made although a policy lets only others. */
  readonly breakGlass: boolean
  /** How requests were split from then on; undefined: the deployment was deleted. */
  readonly split: GuardedSplit | undefined
}

type ChangeRow = {
  seq: number
  at_ms: number
  actor: string
  reason: string | null
  break_glass: number
  split: string | null
}

/**
 * Changes of the deployment that has this name, and of those of the same model that had it before it, the newest first.
 *
 * @param page those before this entry, and how many at most
 */
export async function readDeploymentHistory(
  ctx: Context,
  { name, registeredModelId }: Pick<Deployment, 'name' | 'registeredModelId'>,
  page: { readonly before: number; readonly count: number },
): Promise<DeploymentChange[]> {
  const rows = await ctx.db.all(sql<ChangeRow>`select e.seq, e.at_ms, e.actor, e.reason,
      coalesce(e.after ->> 'break_glass', 0) as break_glass, e.after -> 'split' as split
    from ${modelEntriesSql('e')}
    where e.registered_model = ${registeredModelId} and e.seq < ${page.before}
      and e.action in ('deployment.set', 'deployment.deleted')
      and coalesce(e.after, e.before) ->> 'deployment' = ${name}
    order by e.seq desc limit ${page.count}`)
  return rows.map((row) => ({
    seq: row.seq,
    atMs: row.at_ms,
    ...actorFrom(row.actor),
    reason: row.reason,
    breakGlass: row.break_glass !== 0,
    split: row.split === null ? undefined : JSON.parse(row.split),
  }))
}

/** An account may have the name of the guard, and is another. */
function actorFrom(text: string): Pick<DeploymentChange, 'by' | 'isByGuard'> {
  const { name, kind, verified, account }: PrincipalRecord = JSON.parse(text)
  const isAccount = kind !== 'service' || !verified || account !== undefined
  return { by: name, isByGuard: name === deploymentGuard.name && !isAccount }
}
