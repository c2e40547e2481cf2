import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { conflict, excerpt, type RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkStages, type Stage } from './check-stages.ts'
import { stageKey } from './stages.ts'

type StageRow = { name: string; is_exclusive: number; entered_from: string | null }

/** All stages in their order. */
export async function listStages(ctx: Context): Promise<Stage[]> {
  return stagesFrom(await ctx.db.all(readStages))
}

const readStages = sql<StageRow>`select name, is_exclusive, entered_from from stages order by position`

function stagesFrom(rows: readonly StageRow[]): Stage[] {
  return rows.map((row) => ({
    name: row.name,
    isExclusive: row.is_exclusive === 1,
    from: row.entered_from === null ? undefined : JSON.parse(row.entered_from),
  }))
}

/**
 * Replace the whole list of stages.
 *
 * @param seen the list that the caller read; absent: any
 * @returns the list as it is kept
 * @throws INVALID_PARAMETER_VALUE a name or a rule is wrong, or one of MLflow's four is missing
 * @throws RESOURCE_CONFLICT versions are in a stage that is left out, or several of one model in
 *   one that is to be exclusive; or the list is not the one that was seen
 */
export async function replaceStages(
  ctx: Context,
  wanted: readonly Stage[],
  seen?: readonly Stage[],
): Promise<Stage[]> {
  const stages = checkStages(wanted)
  const isSeen = seen ? sql`${listJson} = ${listText(seen)}` : sql`1`
  const allowed = sql`not exists (${lostVersions(stages)}) and not exists (${crowds(stages)})
    and ${isSeen}`
  const after = listText(stages)
  const rows = stages.map(({ name, isExclusive, from }, position) => [
    name,
    stageKey(name),
    position,
    isExclusive ? 1 : 0,
    from ? JSON.stringify(from) : null,
  ])
  const { inserted, kept } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'stages.changed',
      before: listJson,
      after: sql`${after}`,
      from: sql`(select 1) where ${allowed} and ${listJson} <> ${after}`,
    }),
    emptied: sql`delete from stages where ${allowed}`,
    // If the delete was refused, the list is not empty, so nothing is added to it.
    inserted: sql`insert into stages (name, name_key, position, is_exclusive, entered_from)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
      from json_each(${JSON.stringify(rows)}) where not exists (select 1 from stages)
      returning name`,
    kept: readStages,
  })
  if (inserted.length === 0) throw await explainRefusal(ctx, stages)
  return stagesFrom(kept)
}

function listText(stages: readonly Stage[]): string {
  return JSON.stringify({
    items: stages.map(({ name, isExclusive, from }) => ({
      name,
      exclusive: isExclusive,
      from: from ?? null,
    })),
  })
}

/** The list as the audit log keeps it: the same text as `listText`. */
const listJson = sql`json_object('items', json((select json_group_array(json_object('name', name,
    'exclusive', json(iif(is_exclusive, 'true', 'false')), 'from', json(entered_from)))
  from (select * from stages order by position))))`

/** A version in each stage that `stages` leaves out. */
function lostVersions(
  stages: readonly Stage[],
): SQL<{ stage: string; name: string; version: number }> {
  const names = JSON.stringify(stages.map(({ name }) => name))
  return sql`select v.stage, m.name, v.version from stages s
    join model_versions v on v.id = (select min(id) from model_versions where stage = s.name)
    join registered_models m on m.id = v.registered_model
    where s.name not in (select value from json_each(${names}))`
}

/** Models with several versions in one of those `stages` that are exclusive. */
function crowds(stages: readonly Stage[]): SQL<{ stage: string; name: string; count: number }> {
  const names = JSON.stringify(stages.flatMap((stage) => (stage.isExclusive ? [stage.name] : [])))
  return sql`select v.stage, m.name, count(*) as count from model_versions v
    join registered_models m on m.id = v.registered_model
    where v.stage in (select value from json_each(${names}))
    group by v.registered_model, v.stage having count(*) > 1`
}

async function explainRefusal(ctx: Context, stages: readonly Stage[]): Promise<RegistryError> {
  const lost = await ctx.db.first(lostVersions(stages))
  if (lost) {
    return conflict(
      `Stage '${lost.stage}' cannot be removed: version ${lost.version} of '${excerpt(lost.name)}' is in it; move the versions in it elsewhere first`,
    )
  }
  const crowd = await ctx.db.first(crowds(stages))
  return conflict(
    crowd
      ? `Stage '${crowd.stage}' cannot be exclusive: ${crowd.count} versions of '${excerpt(crowd.name)}' are in it; leave one there first`
      : 'The stages changed at the same moment; read them again and try again',
  )
}
