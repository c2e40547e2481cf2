import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { type ModelVersion, readVersions } from '../versions/read-versions.ts'

/** What of a model is in one stage. */
export type StageColumn = {
  readonly count: number
  /** The highest versions, highest first. */
  readonly newest: readonly ModelVersion[]
}

/**
 * What is in each stage of a model, by the stage's name; a stage without versions is left out.
 *
 * @param model `registered_models.id`
 * @param shownMax so many versions of each stage
 */
export async function readStageBoard(
  ctx: Context,
  model: number,
  shownMax: number,
): Promise<ReadonlyMap<string, StageColumn>> {
  const rows = await ctx.db.all(sql<{ id: number; stage: string; count: number }>`
    select id, stage, count from (
      select id, stage, version, count(*) over (partition by stage) as count,
        row_number() over (partition by stage order by version desc) as place
      from model_versions where registered_model = ${model})
    where place <= ${shownMax} order by version desc`)
  const versions = await readVersions(
    ctx.db,
    rows.map(({ id }) => id),
  )
  const byStage = Map.groupBy(versions, ({ stage }) => stage)
  const counts = new Map(rows.map(({ stage, count }) => [stage, count]))
  return new Map(
    [...byStage].map(([stage, newest]) => [
      stage,
      { count: counts.get(stage) ?? newest.length, newest },
    ]),
  )
}
