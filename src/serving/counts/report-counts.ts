import { type SQL, sql } from 'drizzle-orm'
import { conflict, excerpt, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { RequestCounts } from '../../router/tally.ts'

/** What is counted within such a span is one row. */
export const spanMs = 10_000
const reportersMax = 1000
const forgottenMs = 86_400_000
/** Variants, shadows and their versions that a span tells apart. */
const rowsOfSpanMax = 200
/** Rows of a deployment's last hour: those who ask read all of them. */
const rowsMax = 10_000
export const hourMs = 3_600_000

export type CountsReport = {
  /** `deployments.id`: one that was made again under the name is another. */
  readonly deployment: number
  readonly reporter: string
  /** From 1; each report of a reporter has a higher one. */
  readonly sequence: number
  readonly items: readonly RequestCounts[]
  /** Of the deployment by which the reporter was judged; undefined: it had no guard, and has none. */
  readonly revision?: number | undefined
}

/**
 * Add what a router counted, now. Names that the deployment lacks and versions that the model lacks are left out.
 *
 * @returns false: this report was counted before
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 * @throws RESOURCE_CONFLICT somebody else reports under this id, there are too many reporters, or the deployment
 *   changed at the same moment
 */
export async function reportCounts(
  ctx: Context,
  name: string,
  { deployment, reporter, sequence, items, revision }: CountsReport,
): Promise<boolean> {
  const account = ctx.principal.accountId ?? null
  const { counted, known, found } = await ctx.db.batch({
    forgotten: sql`delete from deployment_reporters
      where deployment = ${deployment} and seen_at_ms < ${ctx.now() - forgottenMs}`,
    counted: sql<{
      sequence: number
    }>`insert into deployment_reporters (deployment, reporter, account, sequence, seen_at_ms)
      select d.id, ${reporter}, ${account}, ${sequence}, ${ctx.now()} from deployments d
      where d.id = ${deployment} and d.workspace = ${ctx.workspace} and d.name = ${name}
        and (d.split -> '$.guard' is null or d.revision = ${revision ?? null})
        and (exists (select 1 from deployment_reporters r where r.deployment = d.id and r.reporter = ${reporter})
          or (select count(*) from deployment_reporters r where r.deployment = d.id) < ${reportersMax})
      on conflict (deployment, reporter) do update set sequence = excluded.sequence, seen_at_ms = excluded.seen_at_ms
        where account is excluded.account and sequence < excluded.sequence
      returning sequence`,
    added: addCounts(ctx, deployment, items),
    known: sql<{
      account: number | null
      sequence: number
    }>`select account, sequence from deployment_reporters
      where deployment = ${deployment} and reporter = ${reporter}`,
    found: sql`select 1 from deployments
      where id = ${deployment} and workspace = ${ctx.workspace} and name = ${name}`,
  })
  if (counted.length > 0) return true
  if (found.length === 0) throw notFound('Deployment', `${name} with id ${deployment}`)
  if (known[0]?.account === account && known[0].sequence >= sequence) return false
  throw conflict(
    `Reporter '${excerpt(reporter)}' is somebody else's, or '${excerpt(name)}' has ${reportersMax} reporters or changed at the same moment; report what comes next, or under another id`,
  )
}

/** Adds the counts where the statement before it changed something. */
function addCounts(ctx: Context, deployment: number, items: readonly RequestCounts[]): SQL {
  const atMs = ctx.now() - (ctx.now() % spanMs)
  return sql`insert into deployment_counts as c (deployment, span_ms, at_ms, ${countColumns})
    select d.id, ${spanMs}, ${atMs}, i.value ->> 'kind', i.value ->> 'name', i.value ->> 'version',
      i.value ->> 'requests', i.value ->> 'errors', i.value ->> 'refused', i.value ->> 'skipped',
      i.value ->> 'compared', i.value ->> 'agreed', i.value ->> 'differenceMax', i.value -> 'latencies'
    from deployments d join json_each(${JSON.stringify(items)}) i
    where changes() > 0 and d.id = ${deployment}
      and exists (select 1 from json_each(d.split, '$.' || (i.value ->> 'kind') || 's') t
        where t.value ->> 'name' = i.value ->> 'name')
      and (i.value ->> 'version' = 0 or exists (select 1 from model_versions v
        where v.registered_model = d.registered_model and v.version = i.value ->> 'version'))
      and (exists (select 1 from deployment_counts o where o.deployment = d.id and o.span_ms = ${spanMs}
          and o.at_ms = ${atMs} and o.kind = i.value ->> 'kind' and o.name = i.value ->> 'name'
          and o.version = i.value ->> 'version')
        or (${rowsSince(sql`${atMs} - 1`)} < ${rowsOfSpanMax}
          and ${rowsSince(sql`max(${atMs - hourMs}, ${judgedFrom})`)} < ${rowsMax}))
    on conflict do update set ${mergedCounts}`
}

/** Under a guard, what others reported before it takes no room from those whom it believes. */
const judgedFrom = sql`iif(d.split -> '$.guard' is null, 0, d.updated_at_ms)`

/** How many rows deployment `d` has after a time. */
function rowsSince(atMs: SQL): SQL {
  return sql`(select count(*) from deployment_counts o
    where o.deployment = d.id and o.span_ms = ${spanMs} and o.at_ms > ${atMs})`
}

/** The columns of `RequestCounts`, in the order in which they are selected. */
export const countColumns: SQL = sql`kind, name, version, requests, errors, refused, skipped, compared, agreed,
  difference_max, latencies`

/** What an upsert into `deployment_counts as c` sets: the sums of both rows. */
export const mergedCounts: SQL = sql`requests = c.requests + excluded.requests, errors = c.errors + excluded.errors,
  refused = c.refused + excluded.refused, skipped = c.skipped + excluded.skipped,
  compared = c.compared + excluded.compared, agreed = c.agreed + excluded.agreed,
  difference_max = max(c.difference_max, excluded.difference_max),
  latencies = (select json_group_object(key, n) from (
    select key, sum(value) as n from (
      select key, value from json_each(c.latencies) union all select key, value from json_each(excluded.latencies))
    group by key))`
