import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql } from '../../access/permissions/permitted.ts'
import type { Context } from '../../platform/context.ts'

/** The tag that names the run of which a run is a part. */
export const parentTag = 'mlflow.parentRunId'

/** A run whose parts are wanted, the newest first. */
export type ParentRun = { readonly runId: string; readonly childrenMax: number }

/** FROM and WHERE of the active runs `p` of the experiment of `r` that a run is a part of. */
function wholesSql(run: SQL): SQL {
  return sql`run_tags t join runs p on p.run_id = t.value and p.experiment = r.experiment
    and p.lifecycle_stage = 'active' and p.id <> t.run
    where t.run = ${run} and t.key = 'mlflow.parentRunId'`
}

/**
 * The condition that a run `r` is part of no other active run of its experiment, so that a list of such runs
 * leaves out only what can be found beneath them. Tags may make a circle: of one of up to twenty runs the
 * oldest counts as part of none. Only a run that is older than its whole may be that, so others need no walk.
 */
export const isRootSql: SQL = sql`(not exists (select 1 from ${wholesSql(sql`r.id`)})
  or exists (with recursive above(id) as (
      select p.id from ${wholesSql(sql`r.id`)} and p.id > r.id
      union select p.id from above, ${wholesSql(sql`above.id`)} and p.id >= r.id limit 20)
    select 1 from above where id = r.id))`

/**
 * FROM and WHERE of the active parts `r` of the runs `w.value` of these experiments, each in the experiment of its
 * run, by the index of parents; more conditions may follow.
 */
function partsSql(ctx: Context, experimentIds: readonly number[], parents: SQL): SQL {
  return sql`${parents} w
    cross join runs p on p.run_id = w.value and p.experiment in ${idsSql(experimentIds)}
    cross join run_tags t on t.key = 'mlflow.parentRunId' and t.value = w.value
    cross join runs r on r.id = t.run and r.experiment = p.experiment and r.id <> p.id
    where r.lifecycle_stage = 'active' and ${isNotDeniedSql(ctx, 'run')}`
}

function idsSql(ids: readonly number[]): SQL {
  return sql`(select value from json_each(${JSON.stringify(ids)}))`
}

/** How many active runs are parts of each of these runs of some experiments; those without any are left out. The caller may read these. */
export async function countChildRuns(
  ctx: Context,
  experimentIds: readonly number[],
  runIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const parents = sql`json_each(${JSON.stringify(runIds)})`
  const rows = await ctx.db.all(sql<{ parent: string; children: number }>`
    select t.value as parent, count(*) as children
    from ${partsSql(ctx, experimentIds, parents)} group by t.value`)
  return new Map(rows.map(({ parent, children }) => [parent, children]))
}

/** The keys (`runs.id`) of the newest parts of some runs, by the id of the parent. The caller may read the experiments. */
export async function findChildKeys(
  ctx: Context,
  experimentIds: readonly number[],
  parents: readonly ParentRun[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const given = parents.map(({ runId, childrenMax }) => ({ value: runId, most: childrenMax }))
  const table = sql`(select value ->> 'value' as value, value ->> 'most' as most
    from json_each(${JSON.stringify(given)}))`
  const rows = await ctx.db.all(sql<{ parent: string; id: number }>`
    select parent, id from (
      select t.value as parent, r.id, w.most,
        row_number() over (partition by t.value order by r.start_time_ms desc, r.run_id) as place
      from ${partsSql(ctx, experimentIds, table)})
    where place <= most order by parent, place`)
  const byParent = Map.groupBy(rows, ({ parent }) => parent)
  return new Map([...byParent].map(([parent, of]) => [parent, of.map(({ id }) => id)]))
}

/** The keys (`runs.id`) of those of these runs that are active in one of the experiments. */
export async function findActiveKeys(
  ctx: Context,
  experimentIds: readonly number[],
  runIds: readonly string[],
): Promise<readonly number[]> {
  const rows = await ctx.db.all(sql<{ id: number }>`
    select r.id from json_each(${JSON.stringify(runIds)}) w cross join runs r on r.run_id = w.value
    where r.experiment in ${idsSql(experimentIds)} and r.lifecycle_stage = 'active'
      and ${isNotDeniedSql(ctx, 'run')}`)
  return rows.map(({ id }) => id)
}
