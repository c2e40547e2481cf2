import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { Context } from '../../platform/context.ts'
import { archivedStage, stageKey } from '../../registry/stages/stages.ts'

/** A version in a stage or behind an alias, and the entry that put it there. */
export type Placed = {
  readonly version: number
  /** `audit_entries.seq`; undefined when the audit log does not say. */
  readonly sinceSeq: number | undefined
}

/** Which part of the log is read: that of one model, up to an entry. */
export type Log = {
  /** `registered_models.id`, a select of it, or several of them. */
  readonly registeredModel: number | SQL | readonly number[]
  readonly lastSeq: number
}

/** At most `count` versions in a stage, of lower numbers than `before`. */
export type PlacedPage = {
  readonly stage: string
  readonly before: number
  readonly count: number
}

type PlacedRow = { version: number; since_seq: number | null }

const moved = sql`('model_version.transitioned', 'model_version.rolled_back')`

/**
 * The stage that each entry gave to a version, and the one it had before: rows of
 * (registered_model, seq, version, stage, was). A stage of null means that the version was deleted; a `was` of null
 * means that the stage before is unknown, or that there was none.
 */
export function stageMoves(log: Log): SQL {
  return sql`
    select registered_model, seq, version, after ->> '$.stage' as stage, null as was from ${modelEntriesSql()}
      where ${isIn(log)} and action in ('model_version.created', 'model_version.recorded', 'model_version.imported')
    union all
    select registered_model, seq, version, after ->> '$.stage', before ->> '$.stage' from ${modelEntriesSql()}
      where ${isIn(log)} and action in ${moved}
    union all
    select e.registered_model, e.seq, cast(a.value as integer), ${archivedStage}, null
      from ${modelEntriesSql('e')} join json_each(e.after, '$.archived') a
      where ${isIn(log)} and e.action in ${moved}
    union all
    select registered_model, seq, version, null, null from ${modelEntriesSql()}
      where ${isIn(log)} and action = 'model_version.deleted'`
}

function isIn({ registeredModel, lastSeq }: Log): SQL {
  const ofModel = Array.isArray(registeredModel)
    ? sql`in (select value from json_each(${JSON.stringify(registeredModel)}))`
    : sql`= ${registeredModel}`
  return sql`registered_model ${ofModel} and seq <= ${lastSeq}`
}

/**
 * The versions that were in a stage at the end of `log`, from the log alone.
 *
 * @param page.stage in any case
 */
export async function readStageThen(ctx: Context, log: Log, page: PlacedPage): Promise<Placed[]> {
  return (await readStagesThen(ctx, log, page)).map(({ placed }) => placed)
}

/** As `readStageThen`, where the log is that of several models: up to `count` versions of each. */
export async function readStagesThen(
  ctx: Context,
  log: Log,
  { stage, before, count }: PlacedPage,
): Promise<{ readonly registeredModel: number; readonly placed: Placed }[]> {
  const rows = await ctx.db.all(sql<PlacedRow & { registered_model: number }>`
    select registered_model, version, since_seq from (
      select registered_model, version, ${cameInto(stage)} as since_seq,
        row_number() over (partition by registered_model order by version desc) as place
      from (${stageMoves(log)}) where version < ${before} group by registered_model, version
      having max(seq) = max(iif(${isStage(sql`stage`, stage)}, seq, null)))
    where place <= ${count} order by registered_model, version desc`)
  return rows.map((row) => ({ registeredModel: row.registered_model, placed: placedFrom(row) }))
}

/** As `readStageThen`, for now: the versions from their rows, since when from the audit log. */
export async function readStageNow(
  ctx: Context,
  log: Log,
  { stage, before, count }: PlacedPage,
): Promise<Placed[]> {
  const rows = await ctx.db.all(sql<PlacedRow>`
    with holders as materialized (
      select version from model_versions where registered_model = ${log.registeredModel}
        and stage = ${stage} and version < ${before} order by version desc limit ${count})
    select h.version, since.seq as since_seq from holders h left join (
      select version, ${cameInto(stage)} as seq from (${stageMoves(log)})
      where version in (select version from holders) group by version) since
      on since.version = h.version
    order by h.version desc`)
  return rows.map(placedFrom)
}

/** A version in its stage at the end of a log, and how many were in that stage. */
type BoardRow = PlacedRow & { stage: string; count: number }

/**
 * What was in each stage of a model at the end of `log`, the highest numbers first.
 *
 * @param shownMax so many versions of each stage
 */
export async function readBoardThen(ctx: Context, log: Log, shownMax: number) {
  const rows = await ctx.db.all(sql<BoardRow>`
    with moves as materialized (${stageMoves(log)}),
    last as (select version, stage, max(seq) as seq from moves group by version),
    board as (select version, stage,
        count(*) over (partition by lower(stage)) as count,
        row_number() over (partition by lower(stage) order by version desc) as place
      from last where stage is not null)
    select b.version, b.stage, b.count, (select max(m.seq) from moves m
        where m.version = b.version and lower(m.stage) = lower(b.stage)
          and lower(coalesce(m.was, '')) <> lower(b.stage)) as since_seq
    from board b where place <= ${shownMax} order by b.version desc`)
  return rows.map(({ stage, count, ...row }) => ({ stage, count, placed: placedFrom(row) }))
}

/** Where the aliases of a model pointed at the end of `log`, by their names. */
export async function readAliasesThen(ctx: Context, log: Log, most: number) {
  return ctx.db.all(sql<{ alias: string; version: number }>`
    select alias, version from (select alias, version, max(seq) from (${aliasesMoves(log)})
      group by alias) where version is not null order by alias limit ${most}`)
}

/** The entry by which a version came into `stage` and has been there since, over `stageMoves`. */
function cameInto(stage: string): SQL {
  return sql`max(iif(${isStage(sql`stage`, stage)} and not ${isStage(sql`coalesce(was, '')`, stage)}, seq, null))`
}

/** Whether a name is that of a stage, in the same spelling or, within ASCII, in any case. */
export function isStage(name: SQL, stage: string): SQL {
  return sql`(${name} = ${stage} or lower(${name}) = ${stageKey(stage)})`
}

/**
 * The statement that finds the last version in a place before it was emptied: the last one to leave
 * it. A stage and an alias of one name are one place. `id` is null for one that was deleted.
 *
 * @param model a select of `registered_models.id`
 * @param names all names of the place in the log: see `placeNamesRead`
 * @param terms.but the number of a version that does not count
 */
export function lastHolderRead(
  model: SQL,
  names: readonly string[],
  { but }: { readonly but: number },
): SQL<{ version: number; id: number | null }> {
  const log = { registeredModel: model, lastSeq: Number.MAX_SAFE_INTEGER }
  const named = sql`(select value from json_each(${JSON.stringify(names)}))`
  return sql<{ version: number; id: number | null }>`with
    changes (seq, slot, version) as (
      select seq, 'stage ' || version,
        iif(stage in ${named}, version, null)
      from (${stageMoves(log)})
      union all select seq, 'alias ' || alias, version from (${aliasesMoves(log)}) where alias in ${named}),
    spans as (select version, lead(seq) over (partition by slot order by seq) as left_at
      from changes)
    select s.version, v.id from spans s left join model_versions v
      on v.registered_model = ${model} and v.version = s.version
    where s.version is not null and s.version <> ${but} and s.left_at is not null
    order by s.left_at desc, s.version desc limit 1`
}

/** The statement that reads the names of all places in the log of a model. */
export function placeNamesRead(model: SQL): SQL<{ name: string }> {
  const log = { registeredModel: model, lastSeq: Number.MAX_SAFE_INTEGER }
  return sql<{
    name: string
  }>`select stage as name from (${stageMoves(log)}) where stage is not null
    union select alias from (${aliasesMoves(log)})`
}

/** As `aliasMoves`, for all aliases: rows of (seq, alias, version). */
function aliasesMoves(log: Log): SQL {
  return sql`
    select seq, after ->> '$.alias' as alias, cast(after ->> '$.version' as integer) as version
      from ${modelEntriesSql()} where ${isIn(log)} and action = 'model_version.alias_set'
    union all
    select e.seq, a.value, e.version from ${modelEntriesSql('e')} join json_each(e.after, '$.aliases') a
      where ${isIn(log)} and e.action in ('model_version.recorded', 'model_version.imported')
    union all
    select seq, before ->> '$.alias', null from ${modelEntriesSql()}
      where ${isIn(log)} and action = 'model_version.alias_deleted'
    union all
    select e.seq, a.value, null from ${modelEntriesSql('e')} join json_each(e.before, '$.aliases') a
      where ${isIn(log)} and e.action = 'model_version.deleted'`
}

/** A stage's name as the model's log spells it, whether or not the stage exists today. */
export async function findSpelling(
  ctx: Context,
  log: Log,
  stage: string,
): Promise<string | undefined> {
  const rows = await ctx.db.all(sql<{ stage: string }>`
    select stage, max(seq) as seq from (${stageMoves(log)}) where stage is not null
    group by stage order by seq desc`)
  return rows.find((row) => stageKey(row.stage) === stageKey(stage))?.stage
}

/**
 * What each entry did with one alias: rows of (seq, version, was). A version of null means that
 * the alias was deleted.
 */
function aliasMoves(log: Log, alias: string): SQL {
  return sql`
    select seq, cast(after ->> '$.version' as integer) as version,
        cast(before ->> '$.version' as integer) as was from ${modelEntriesSql()}
      where ${isIn(log)} and action = 'model_version.alias_set' and after ->> '$.alias' = ${alias}
    union all
    select e.seq, e.version, null from ${modelEntriesSql('e')} join json_each(e.after, '$.aliases') a
      where ${isIn(log)} and e.action in ('model_version.recorded', 'model_version.imported') and a.value = ${alias}
    union all
    select seq, null, null from ${modelEntriesSql()}
      where ${isIn(log)} and action = 'model_version.alias_deleted'
        and before ->> '$.alias' = ${alias}
    union all
    select seq, null, null from ${modelEntriesSql()}
      where ${isIn(log)} and action = 'model_version.deleted' and exists (
        select 1 from json_each(before, '$.aliases') a where a.value = ${alias})`
}

/** The version that had an alias at the end of `log`, from the log alone. */
export async function findAliasHolderThen(
  ctx: Context,
  log: Log,
  alias: string,
): Promise<Placed | undefined> {
  const row = await ctx.db.first(sql<PlacedRow>`
    with moves as materialized (${aliasMoves(log, alias)}),
    last as (select version from moves order by seq desc limit 1)
    select last.version, (select max(m.seq) from moves m
      where m.version = last.version and m.was is not m.version) as since_seq
    from last where last.version is not null`)
  return row && placedFrom(row)
}

/** As `aliasHoldThen`, for now. */
export async function findAliasHolderNow(
  ctx: Context,
  log: Log,
  alias: string,
): Promise<Placed | undefined> {
  const row = await ctx.db.first(sql<PlacedRow>`
    select a.version, (select max(seq) from (${aliasMoves(log, alias)}) m
      where m.version = a.version and m.was is not m.version) as since_seq
    from aliases a where a.registered_model = ${log.registeredModel} and a.alias = ${alias}`)
  return row && placedFrom(row)
}

function placedFrom({ version, since_seq }: PlacedRow): Placed {
  return { version, sinceSeq: since_seq ?? undefined }
}
