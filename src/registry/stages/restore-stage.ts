import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import type { Context } from '../../platform/context.ts'
import { moveJson, versionEntry } from '../audit-entries.ts'
import { type ModelVersion, versionReads, versionsFrom } from '../versions/read-versions.ts'
import { archivedStage } from './stages.ts'

/** The version that goes back to a stage, and the state that the decision was based on. */
export type StageRestore = {
  /** Canonical. */
  readonly stage: string
  /** `model_versions.id`. */
  readonly id: number
  /** The stage that the version was in. */
  readonly from: string
  /** `model_versions.id` of all versions that were in the stage, by version. */
  readonly holders: readonly number[]
  readonly reason: string
}

/**
 * Put one version into a stage and all others of its model that are in it into Archived: one
 * change, one entry. The `from` of custom stages is ignored here.
 *
 * @returns undefined when a version or the stage is no longer as it was read; then nothing is
 *   changed
 */
export async function restoreStage(
  ctx: Context,
  { stage, id, from, holders, reason }: StageRestore,
): Promise<ModelVersion | undefined> {
  const now = ctx.now()
  const inStage = sql`model_versions o where o.registered_model = v.registered_model
    and o.stage = ${stage}`
  const asRead = sql`v.stage = ${from} and exists (select 1 from stages where name = ${stage})
    and ${JSON.stringify(holders)} = (
      select json_group_array(id) from (select o.id from ${inStage} order by o.version))`
  const versions = sql`json_group_array(cast(o.version as text))`
  const { restored, ...read } = await commit(ctx, {
    entry: versionEntry(ctx, sql`${id}`, {
      action: 'model_version.rolled_back',
      before: sql`json_object('stage', v.stage,
        'holders', json((select ${versions} from ${inStage})))`,
      after: moveJson(
        sql`json_object('stage', ${stage},
          'archived', json((select ${versions} from ${inStage} and o.id <> v.id)))`,
        stage,
      ),
      reason,
      guard: asRead,
    }),
    model: sql`update registered_models set updated_at_ms = ${now}
      where id = (select v.registered_model from model_versions v where v.id = ${id} and ${asRead})`,
    // One statement, so that no reader finds the stage empty or with two.
    restored: sql`update model_versions set stage = iif(id = ${id}, ${stage}, ${archivedStage}),
        updated_at_ms = ${now}
      where (id = ${id} or id in (select value from json_each(${JSON.stringify(holders)})))
        and exists (select 1 from model_versions v where v.id = ${id} and ${asRead})
      returning id`,
    ...versionReads(sql`select ${id}`),
  })
  return restored.length > 0 ? versionsFrom(read)[0] : undefined
}
