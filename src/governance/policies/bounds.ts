import { type SQL, sql } from 'drizzle-orm'
import { mayAll } from '../../access/permissions/permitted.ts'
import { excerpt, invalid } from '../../core/error.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import type { Context } from '../../platform/context.ts'

/**
 * How many of the present policies one author may have made. All policies are read for each guarded
 * move, so their number is limited; the limit is per author, so that nobody uses it up for others.
 */
const policiesMax = 500
/** The same for administrators. */
const policiesOfAdminMax = 10_000

/** And how many bytes those may have of which the author wrote the present text: all are read at once. */
const documentBytesMax = 1_000_000
const documentBytesOfAdminMax = 10_000_000
/** A gate of other authors counts with so many more: each judgement of a version has a result of it. */
const gateBytes = 2000

const documentColumn = 'policies.document'

function documentBytesOf(ctx: Context): number {
  return mayAll(ctx) ? documentBytesOfAdminMax : documentBytesMax
}

/** The statement behind the write of a policy that fails its batch where the caller wrote too much. */
export function documentBound(ctx: Context): SQL {
  return sumBound({
    column: documentColumn,
    which: sql`workspace = ${ctx.workspace} and deleted_at_ms is null
      and exists (select 1 from policy_revisions r where r.policy = policies.id
        and r.revision = policies.revision and r.author ->> 'name' = ${ctx.principal.name})`,
    bytes: mayAll(ctx)
      ? sql`octet_length(document)`
      : sql`octet_length(document) + ${gateBytes} * json_array_length(document, '$.gates')`,
    bytesMax: documentBytesOf(ctx),
  })
}

/**
 * @throws INVALID_PARAMETER_VALUE the caller has made as many of the present policies as allowed
 */
export async function refuseTooMany(ctx: Context): Promise<void> {
  const found = await ctx.db.first(sql<{ made: number }>`select count(*) as made
    from policies p join policy_revisions r on r.policy = p.id and r.revision = 1
    where p.workspace = ${ctx.workspace} and p.deleted_at_ms is null
      and r.author ->> 'name' = ${ctx.principal.name}`)
  const max = mayAll(ctx) ? policiesOfAdminMax : policiesMax
  if ((found?.made ?? 0) < max) return
  throw invalid(
    `'${excerpt(ctx.principal.name)}' has made ${max} policies, as many as one may: delete some of them, or let one policy guard more models by a glob`,
  )
}

/** Run the write of a policy that has the `documentBound`. @throws INVALID_PARAMETER_VALUE the caller wrote too much */
export function refuseMoreText<T>(ctx: Context, write: Promise<T>): Promise<T> {
  return refuseOver(write, {
    column: documentColumn,
    message: `The policies that '${excerpt(ctx.principal.name)}' wrote would have more than ${documentBytesOf(ctx)} bytes in sum, in which a gate counts ${mayAll(ctx) ? 'as it is' : `${gateBytes} more`}: write less into them, or let one policy guard more models by a glob`,
  })
}
