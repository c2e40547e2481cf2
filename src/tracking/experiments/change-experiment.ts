import { type SQL, sql } from 'drizzle-orm'
import { absent, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue, LifecycleStage } from '../run.ts'
import {
  checkExperimentName,
  checkExperimentTag,
  experimentTagBound,
  refuseBlankName,
} from './create-experiment.ts'
import { getExperiment, inactiveExperiment, noSuchExperiment } from './experiment.ts'

/**
 * @throws INVALID_PARAMETER_VALUE the experiment is deleted
 * @throws BAD_REQUEST another experiment, active or deleted, has the name
 */
export async function renameExperiment(ctx: Context, id: number, name: string): Promise<void> {
  checkExperimentName(name)
  refuseBlankName(name)
  try {
    const renamed = await ctx.db.first(sql`
      update experiments set name = ${name}, updated_at_ms = ${ctx.now()}
      where ${isExperiment(ctx, id, 'active')} returning id`)
    if (!renamed) {
      await getExperiment(ctx, id)
      throw invalid(`${messages.experimentNotActive}: ${id} is deleted; restore it first`)
    }
  } catch (err) {
    if (!(err instanceof ConstraintError && err.kind === 'unique')) throw err
    const message = `Cannot rename experiment ${id}: '${excerpt(name)}' is the name of another, active or deleted`
    throw new RegistryError('BAD_REQUEST', message, { cause: err })
  }
}

/** Mark an active experiment and all its runs deleted. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteExperiment(ctx: Context, id: number): Promise<void> {
  await moveToStage(ctx, id, { from: 'active', to: 'deleted' })
}

/**
 * Make a deleted experiment and all its runs active again. As in MLflow, that includes runs that had
 * been deleted before the experiment. @throws RESOURCE_DOES_NOT_EXIST
 */
export async function restoreExperiment(ctx: Context, id: number): Promise<void> {
  await moveToStage(ctx, id, { from: 'deleted', to: 'active' })
}

async function moveToStage(
  ctx: Context,
  id: number,
  { from, to }: { readonly from: LifecycleStage; readonly to: LifecycleStage },
): Promise<void> {
  const now = ctx.now()
  const deletedAt = to === 'deleted' ? sql`coalesce(deleted_at_ms, ${now})` : sql`null`
  // Runs come first: their guard reads the stage that the other statement changes.
  const { moved } = await ctx.db.batch({
    runs: sql`update runs set lifecycle_stage = ${to}, deleted_at_ms = ${deletedAt}
      where experiment = (select id from experiments where ${isExperiment(ctx, id, from)})`,
    moved: sql`update experiments set lifecycle_stage = ${to}, updated_at_ms = ${now}
      where ${isExperiment(ctx, id, from)} returning id`,
  })
  if (moved.length === 0) throw noSuchExperiment(id)
}

/** @throws INVALID_PARAMETER_VALUE the experiment is deleted, or the tag malformed, or all are too much */
export async function setExperimentTag(ctx: Context, id: number, tag: KeyValue): Promise<void> {
  checkExperimentTag(tag)
  const isActive = isExperiment(ctx, id, 'active')
  const write = ctx.db.batch({
    set: sql`insert into experiment_tags (experiment, key, value)
      select id, ${tag.key}, ${tag.value} from experiments where ${isActive}
      on conflict (experiment, key) do update set value = excluded.value returning key`,
    bound: experimentTagBound(sql`select id from experiments where ${isActive}`),
  })
  const { set } = await writeBounded(write)
  if (set.length === 0) throw await inactiveError(ctx, id)
}

/** @throws RESOURCE_DOES_NOT_EXIST the experiment has no such tag */
export async function deleteExperimentTag(ctx: Context, id: number, key: string): Promise<void> {
  const deleted = await ctx.db.first(sql`delete from experiment_tags
    where experiment = (select id from experiments where ${isExperiment(ctx, id, 'active')})
      and key = ${key} returning key`)
  if (deleted) return
  const experiment = await getExperiment(ctx, id)
  if (experiment.lifecycleStage === 'deleted') throw inactiveExperiment(id)
  throw absent(messages.noTag(key, `experiment with id ${id}`))
}

function isExperiment(ctx: Context, id: number, stage: LifecycleStage): SQL {
  return sql`id = ${id} and workspace = ${ctx.workspace} and lifecycle_stage = ${stage}`
}

/** The error of a write that found no active experiment. @throws RESOURCE_DOES_NOT_EXIST no such experiment */
async function inactiveError(ctx: Context, id: number): Promise<Error> {
  await getExperiment(ctx, id)
  return inactiveExperiment(id)
}
