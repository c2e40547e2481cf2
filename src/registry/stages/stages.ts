import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'

/** The stage that a version starts in. */
export const firstStage = 'None'
/** The stage that a version goes to when another one replaces it. */
export const archivedStage = 'Archived'
/** MLflow's stages: always there, entered from any stage, by any number of versions. */
export const mlflowStages: readonly string[] = [firstStage, 'Staging', 'Production', archivedStage]

/** A version, and the stage that it is to go to. */
export type StageMove = {
  readonly name: string
  readonly version: number
  /** Canonical. */
  readonly stage: string
  /** The other versions in that stage become Archived at the same moment; their aliases stay. */
  readonly archiveOthers: boolean
}

/** Whether a stage, by its canonical name, is one of MLflow's. */
export function isMlflowStage(stage: string): boolean {
  return mlflowStages.includes(stage)
}

/** Whether versions serve in this stage, so that a new one can replace the others in it. */
export function isActive(stage: string): boolean {
  return stage !== firstStage && stage !== archivedStage
}

/** As `isActive`, of a column. */
export function isActiveSql(stage: SQL): SQL {
  return sql`(${stage} not in (${firstStage}, ${archivedStage}))`
}

/** Stages are written in any case. */
export function stageKey(stage: string): string {
  return stage.toLowerCase()
}

/** As `canonicalStages`, for one stage. */
export async function resolveStage(ctx: Context, text: string): Promise<string> {
  const [stage] = await resolveStages(ctx, [text])
  if (stage === undefined) throw new Error('of one stage there came no name')
  return stage
}

/**
 * The canonical names of stages that are written in any case. MLflow's four need no query, so
 * clients that use only those do not wait for the database.
 *
 * @throws INVALID_PARAMETER_VALUE one of them is not a stage
 */
export async function resolveStages(ctx: Context, texts: readonly string[]): Promise<string[]> {
  let names = byKey(mlflowStages)
  if (!texts.every((text) => names.has(stageKey(text)))) {
    const rows = await ctx.db.all(sql<{ name: string }>`select name from stages order by position`)
    names = byKey(rows.map(({ name }) => name))
  }
  return texts.map((text) => {
    const stage = names.get(stageKey(text))
    if (stage !== undefined) return stage
    throw invalid(`${messages.wrongStage(text)}; use one of ${[...names.values()].join(', ')}`)
  })
}

function byKey(names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [stageKey(name), name]))
}
