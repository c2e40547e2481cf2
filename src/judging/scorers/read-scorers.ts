import { sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import {
  type ScorerName,
  type ScorerVersion,
  scorerNamed,
  scorerNotFound,
  scorerVersionFrom,
  scorerVersionRead,
} from './scorer.ts'

const listBytesMax = 20_000_000
const listMax = 200_000
const experimentsMax = 1000

/**
 * The latest version of each scorer of some experiments, by their names.
 *
 * @param experimentIds none for all that the caller may read
 * @throws INVALID_PARAMETER_VALUE they are more than one answer may have
 */
export async function listScorers(
  ctx: Context,
  experimentIds: readonly number[],
): Promise<readonly ScorerVersion[]> {
  if (experimentIds.length > experimentsMax) {
    throw invalid(`At most ${experimentsMax} experiment_ids are named at once`)
  }
  const wanted = JSON.stringify(experimentIds)
  const inWanted =
    experimentIds.length === 0
      ? sql`1`
      : sql`s.experiment in (select value from json_each(${wanted}))`
  const latest = sql`${inWanted} and v.version = (
      select max(version) from scorer_versions where scorer = s.id)
    and exists (select 1 from experiments e where e.id = s.experiment and e.workspace = ${ctx.workspace}
      and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })})`
  const size = await ctx.db.first(sql<{ bytes: number; count: number }>`
    select coalesce(sum(octet_length(v.serialized)), 0) as bytes, count(*) as count
    from scorers s join scorer_versions v on v.scorer = s.id where ${latest}`)
  if (!size || size.bytes > listBytesMax || size.count > listMax) {
    throw invalid('These scorers are more than one answer may have; name one experiment_id')
  }
  const rows = await ctx.db.all(
    scorerVersionRead(sql`${latest} order by s.name, s.experiment limit ${listMax}`),
  )
  return rows.map(scorerVersionFrom)
}

/** All versions of a scorer, the oldest first. @throws RESOURCE_DOES_NOT_EXIST no such scorer */
export async function listScorerVersions(
  ctx: Context,
  named: ScorerName,
): Promise<readonly ScorerVersion[]> {
  const rows = await ctx.db.all(
    scorerVersionRead(sql`s.id = (${scorerNamed(ctx, named)}) order by v.version`),
  )
  if (rows.length === 0) throw scorerNotFound(named)
  return rows.map(scorerVersionFrom)
}

/** @param version undefined for the latest. @throws RESOURCE_DOES_NOT_EXIST no such scorer, or version */
export async function getScorer(
  ctx: Context,
  named: ScorerName,
  version: number | undefined,
): Promise<ScorerVersion> {
  const found = await ctx.db.first(
    scorerVersionRead(sql`s.id = (${scorerNamed(ctx, named)})
      and (${version ?? null} is null or v.version = ${version ?? null})
      order by v.version desc limit 1`),
  )
  if (!found) throw scorerNotFound(named, version)
  return scorerVersionFrom(found)
}
