import { sql } from 'drizzle-orm'
import { excerpt, invalid, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkAlias, checkModelName, parseVersion } from '../check-names.ts'
import { latestInStage, versionIdByAlias } from './aliases.ts'
import { resolveStage } from './stages.ts'

/** As many as are compared at most. */
const namesMax = 10

/**
 * The numbers of versions by what people call them: `3`, `live:Production` for the highest one that is in a stage now,
 * `@champion` for the one that an alias points at. Whether a number is there is not looked up.
 *
 * @throws INVALID_PARAMETER_VALUE one is no name of a version, or two mean the same one
 * @throws RESOURCE_DOES_NOT_EXIST no version has the stage or the alias
 */
export async function resolveVersionNames(
  ctx: Context,
  name: string,
  texts: readonly string[],
): Promise<number[]> {
  checkModelName(name)
  if (texts.length > namesMax) throw invalid(`Name at most ${namesMax} versions`)
  const named = await Promise.all(texts.map((text) => resolveName(ctx, name, text)))
  const twice = named.findIndex((version, i) => named.indexOf(version) !== i)
  if (twice === -1) return named
  const first = texts[named.indexOf(named[twice] ?? 0)] ?? ''
  throw invalid(
    `'${excerpt(first)}' and '${excerpt(texts[twice] ?? '')}' are both version ${named[twice]}: name different ones`,
  )
}

async function resolveName(ctx: Context, name: string, text: string): Promise<number> {
  const [, stage, alias] = /^(?:live:(.+)|@(.+))$/s.exec(text) ?? []
  if (stage !== undefined) {
    const known = await resolveStage(ctx, stage)
    return findNumber(ctx, { id: latestInStage(ctx, name, known), text, name })
  }
  if (alias === undefined) return parseVersion(text)
  checkAlias(alias)
  return findNumber(ctx, { id: versionIdByAlias(ctx, name, alias), text, name })
}

type Named = {
  /** A select of `model_versions.id`. */
  readonly id: ReturnType<typeof latestInStage>
  readonly text: string
  readonly name: string
}

async function findNumber(ctx: Context, { id, text, name }: Named): Promise<number> {
  const [found] = await ctx.db.all(
    sql<{ version: number }>`select version from model_versions where id = (${id})`,
  )
  if (!found) throw notFound(`Version of '${name}' named`, text)
  return found.version
}
