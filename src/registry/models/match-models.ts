import { sql } from 'drizzle-orm'
import { isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import { matchesGlob } from '../../core/glob.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'

/** The names that each glob matches, of the models that the caller may read; in order, by glob. */
export async function matchModels(
  ctx: Context,
  globs: readonly string[],
): Promise<(glob: string) => readonly string[]> {
  const mayRead = mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })
  const rows = await ctx.db.all(sql<{ name: string }>`select m.name from registered_models m
    where m.workspace = ${ctx.workspace} and ${mayRead} order by m.name`)
  const names = rows.map(({ name }) => name)
  const matched = new Map<string, readonly string[]>()
  for (const glob of new Set(globs)) {
    matched.set(
      glob,
      names.filter((name) => matchesGlob(glob, name)),
    )
    await letOthersRun()
  }
  return (glob) => matched.get(glob) ?? []
}
