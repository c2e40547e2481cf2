import { sql } from 'drizzle-orm'
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
  /** Numbers of the versions that are in the stage today, the highest first; of a deleted model none. */
  readonly today: readonly number[]
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
    readStageToday(ctx, shown, stage),
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
    today: (today.get(model.registeredModel) ?? []).map(({ version }) => version),
  }))
  return { items, next: ids.length > count ? shown.at(-1) : undefined }
}

async function readStageToday(ctx: Context, ids: readonly number[], stage: string) {
  const rows = await ctx.db.all(sql<{ registered_model: number; version: number }>`
    select registered_model, version from model_versions
    where registered_model in (select value from json_each(${JSON.stringify(ids)}))
      and ${isStage(sql`stage`, stage)} order by version desc`)
  return Map.groupBy(rows, (row) => row.registered_model)
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
