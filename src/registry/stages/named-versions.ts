import { sql } from 'drizzle-orm'
import { excerpt, invalid, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkAlias, checkModelName, parseVersion } from '../check-names.ts'
import { latestInStage, versionIdByAlias } from './aliases.ts'
import { resolveStages } from './stages.ts'

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
  const named = await readNumbers(ctx, name, texts.map(parseName))
  const twice = named.findIndex((version, i) => named.indexOf(version) !== i)
  if (twice === -1) return named
  const first = texts[named.indexOf(named[twice] ?? 0)] ?? ''
  throw invalid(
    `'${excerpt(first)}' and '${excerpt(texts[twice] ?? '')}' are both version ${named[twice]}: name different ones`,
  )
}

type VersionName = { readonly text: string } & (
  | { readonly version: number }
  | { readonly stage: string }
  | { readonly alias: string }
)

function parseName(text: string): VersionName {
  const [, stage, alias] = /^(?:live:(.+)|@(.+))$/s.exec(text) ?? []
  if (stage !== undefined) return { text, stage }
  if (alias === undefined) return { text, version: parseVersion(text) }
  checkAlias(alias)
  return { text, alias }
}

/** In one trip, and one more where a stage is none of MLflow's. */
async function readNumbers(
  ctx: Context,
  name: string,
  names: readonly VersionName[],
): Promise<number[]> {
  if (names.every((one) => 'version' in one)) return names.map(({ version }) => version)
  await resolveStages(
    ctx,
    names.flatMap((one) => ('stage' in one ? [one.stage] : [])),
  )
  const numbers = names.map((one) => {
    if ('version' in one) return sql<{ version: number }>`select ${one.version} as version`
    const id =
      'stage' in one ? latestInStage(ctx, name, one.stage) : versionIdByAlias(ctx, name, one.alias)
    return sql<{ version: number }>`select version from model_versions where id = (${id})`
  })
  const { found } = await ctx.db.batch({ found: numbers })
  return names.map(({ text }, i) => {
    const version = found[i]?.[0]?.version
    if (version === undefined) throw notFound(`Version of '${name}' named`, text)
    return version
  })
}
