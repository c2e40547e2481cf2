import { sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { Context } from '../../platform/context.ts'
import { type Holder, readHolders } from './holders.ts'
import { lastSeqAt, type ModelThen, readModelsThen } from './model-then.ts'
import { isStage, readStagesThen } from './stage-log.ts'

/** What was in a stage of a model at a moment. */
export type StageThen = {
  readonly model: ModelThen
  /** At most `versionsMax`, the highest number first. */
  readonly holders: readonly Holder[]
  /** Whether others were in it too, with lower numbers: `findStageHolders` has them all. */
  readonly hasMore: boolean
  /** What is in the stage today, the highest number first; of a deleted model nothing. */
  readonly today: readonly VersionToday[]
}

type VersionToday = {
  readonly version: number
  /** It was brought back after the moment. */
  readonly isRolledBack: boolean
}

/** Versions of one model that are told. */
const versionsMax = 20

/** Which models are read: those that come after `after` in the order of their ids. */
export type AsOfPage = {
  /** In any case; it may have been removed since. */
  readonly stage: string
  readonly atMs: number
  /** `registered_models.id` */
  readonly after: number
  /** Models, at most. */
  readonly count: number
}

/**
 * What was in a stage at a moment, of all registered models that had something in it then, from the audit
 * log alone. The caller may read the audit log of all models.
 *
 * @returns `next` is where the next page starts; undefined: this is the last one
 */
export async function readAsOf(
  ctx: Context,
  { stage, atMs, after, count }: AsOfPage,
): Promise<{ items: StageThen[]; next: number | undefined }> {
  const [ids, lastSeq] = await findCandidates(ctx, { stage, atMs, after, count: count + 1 })
  const shown = ids.slice(0, count)
  const page = { stage, before: Number.MAX_SAFE_INTEGER, count: versionsMax + 1 }
  const [models, placed, today] = await Promise.all([
    readModelsThen(ctx, shown, lastSeq),
    readStagesThen(ctx, { registeredModel: shown, lastSeq }, page),
    readStageToday(ctx, { ids: shown, stage, lastSeq }),
  ])
  const byId = new Map(models.map((model) => [model.registeredModel, model]))
  const found = placed.flatMap(({ registeredModel, placed: one }) => {
    const model = byId.get(registeredModel)
    return model ? [{ ...one, model }] : []
  })
  const held = Map.groupBy(await readHolders(ctx, found), ({ model }) => model)
  const items = [...held].map(([model, of]) => ({
    model,
    holders: of.slice(0, versionsMax).map(({ holder }) => holder),
    hasMore: of.length > versionsMax,
    today: today.get(model.registeredModel) ?? [],
  }))
  return { items, next: ids.length > count ? shown.at(-1) : undefined }
}

/** By `registered_models.id`. */
async function readStageToday(
  ctx: Context,
  of: { readonly ids: readonly number[]; readonly stage: string; readonly lastSeq: number },
): Promise<ReadonlyMap<number, readonly VersionToday[]>> {
  const rows = await ctx.db.all(
    sql<{ model: number; version: number; came_by: string | null }>`
    select v.registered_model as model, v.version, (select e.action from ${modelEntriesSql('e')}
      where e.registered_model = v.registered_model and e.version = v.version and e.seq > ${of.lastSeq}
        and e.action in ('model_version.transitioned', 'model_version.rolled_back')
      order by e.seq desc limit 1) as came_by
    from model_versions v
    where v.registered_model in (select value from json_each(${JSON.stringify(of.ids)}))
      and ${isStage(sql`v.stage`, of.stage)} order by v.version desc`,
  )
  const versions = rows.map(({ model, version, came_by }) => ({
    ...{ model, version, isRolledBack: came_by === 'model_version.rolled_back' },
  }))
  return Map.groupBy(versions, ({ model }) => model)
}

/** Models of which a version ever came into the stage by then, and the last entry that was written by then. */
async function findCandidates(
  ctx: Context,
  { stage, atMs, after, count }: AsOfPage,
): Promise<[ids: number[], lastSeq: number]> {
  const rows = await ctx.db.all(sql<{ seq: number; id: number | null }>`
    with last (seq) as (${lastSeqAt(ctx, atMs)})
    select last.seq, e.id from last left join (
      select distinct registered_model as id from audit_entries, last
      where action in ('model_version.created', 'model_version.recorded', 'model_version.imported',
          'model_version.transitioned', 'model_version.rolled_back')
        and audit_entries.seq <= last.seq and workspace = ${ctx.workspace} and is_prompt = 0
        and ${isStage(sql`after ->> '$.stage'`, stage)} and registered_model > ${after}
      order by registered_model limit ${count}) e`)
  return [rows.flatMap(({ id }) => id ?? []), rows[0]?.seq ?? 0]
}
