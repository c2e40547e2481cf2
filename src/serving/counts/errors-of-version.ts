import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import type { DeploymentGuard } from '../deployment-guard.ts'
import { spanMs } from './report-counts.ts'

/** How a version did lately as the variant of a deployment. */
export type VersionErrors = {
  readonly deployment: string
  readonly requests: number
  readonly errors: number
  /** What the guard of the deployment allows, 0 to 1; undefined: nothing is said. */
  readonly errorRateMax: number | undefined
}

/** The time that is looked at, and how many deployments are told. */
export const errorsWindowMs = 300_000
const deploymentsMax = 5

type ErrorsRow = {
  readonly name: string
  readonly requests: number
  readonly errors: number
  readonly guard: string | null
}

/** Of the deployments of a model that had requests to one of its versions within five minutes, those with the most. */
export async function readErrorsOfVersion(
  ctx: Context,
  { registeredModelId, version }: { readonly registeredModelId: number; readonly version: number },
): Promise<readonly VersionErrors[]> {
  const rows = await ctx.db.all(sql<ErrorsRow>`select d.name, sum(c.requests) as requests,
      sum(c.errors) as errors, d.split ->> '$.guard' as guard
    from deployments d cross join deployment_counts c on c.deployment = d.id
      and c.span_ms = ${spanMs} and c.at_ms > ${ctx.now() - errorsWindowMs - spanMs}
    where d.registered_model = ${registeredModelId} and c.kind = 'variant' and c.version = ${version}
    group by d.id having sum(c.requests) > 0 order by sum(c.requests) desc, d.name limit ${deploymentsMax}`)
  return rows.map(({ name, requests, errors, guard }) => {
    const of: Partial<DeploymentGuard> = guard === null ? {} : JSON.parse(guard)
    return { deployment: name, requests, errors, errorRateMax: of.max_error_rate }
  })
}
