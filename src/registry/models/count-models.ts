import { sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import type { Context } from '../../platform/context.ts'
import { isActiveSql } from '../stages/stages.ts'

/** How many registered models there are, of those that the caller may read, prompts aside. */
export type ModelCounts = {
  readonly models: number
  /** That changed since the moment that was asked for. */
  readonly changed: number
  /** That have a version in a stage in which versions serve, by the stage. */
  readonly byStage: ReadonlyMap<string, number>
}

type CountRow = { kind: 'models' | 'changed' | 'stage'; stage: string; count: number }

/** @param sinceMs Unix milliseconds */
export async function countModels(ctx: Context, sinceMs: number): Promise<ModelCounts> {
  const rows = await ctx.db.all(sql<CountRow>`
    with shown as materialized (select m.id, m.updated_at_ms,
        ${isNotDeniedSql(ctx, 'version', isPromptModel)} as versions
      from registered_models m where m.workspace = ${ctx.workspace} and not ${isPromptModel}
        and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })})
    select 'models' as kind, '' as stage, count(*) as count from shown
    union all select 'changed', '', count(*) from shown where updated_at_ms > ${sinceMs}
    union all select 'stage', v.stage, count(distinct v.registered_model)
      from shown cross join model_versions v on v.registered_model = shown.id
      where shown.versions and ${isActiveSql(sql`v.stage`)} group by v.stage`)
  const countOf = (kind: CountRow['kind']) => rows.find((row) => row.kind === kind)?.count ?? 0
  return {
    models: countOf('models'),
    changed: countOf('changed'),
    byStage: new Map(
      rows.flatMap(({ kind, stage, count }) => (kind === 'stage' ? [[stage, count]] : [])),
    ),
  }
}
