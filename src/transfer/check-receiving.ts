import { sql } from 'drizzle-orm'
import { mayAll } from '../access/permissions/permitted.ts'
import type { Context } from '../platform/context.ts'
import { requireNewPlaces, requireNewVersions } from '../registry/permissions.ts'
import { checkVersionName } from '../registry/source/create-version.ts'
import { archivedStage, firstStage } from '../registry/stages/stages.ts'
import { checkStageOfNew } from '../registry/stages/transition-stage.ts'
import { checkRunsInNamed, requireRunsInNamed } from '../tracking/experiments/runs-by-name.ts'
import { knownVersionSql, type Received } from './receive-version.ts'

/** A version that is to come, before anything of it is here. */
export type Expected = Pick<Received, 'name' | 'digest' | 'from'> & {
  /** The name of the experiment that gets its run. */
  readonly experiment: string
  /** Where it is to move to afterwards, by canonical name. */
  readonly stage?: string | undefined
  readonly alias?: string | undefined
  readonly archiveOthers: boolean
}

/**
 * Require all that bringing a version takes from its first file to the request for its move: so that who
 * lacks something hears of it before files of some gigabytes travel.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToReceive(ctx: Context, expected: Expected): Promise<void> {
  if (mayAll(ctx)) return
  const { name, experiment, stage, alias, archiveOthers } = expected
  await requireNewVersions(ctx, name)
  await requireRunsInNamed(ctx, experiment)
  if (stage === undefined && alias === undefined) return
  const from = (await findKnown(ctx, expected))?.stage ?? firstStage
  await requireNewPlaces(ctx, name, {
    stages: stage === undefined ? [] : [stage, from, ...(archiveOthers ? [archivedStage] : [])],
    aliases: alias === undefined ? [] : [alias],
  })
}

/**
 * Check what else would refuse the version once its files are here. What policies ask for is judged then.
 *
 * @returns its number where it came before
 * @throws INVALID_PARAMETER_VALUE the name is a collection's, a prompt's or no model's, or the experiment was deleted
 * @throws INVALID_STATE_TRANSITION the stage's own rules keep it out
 */
export async function checkReceiving(
  ctx: Context,
  expected: Expected,
): Promise<number | undefined> {
  const { name, experiment, stage, archiveOthers } = expected
  await checkVersionName(ctx, name)
  await checkRunsInNamed(ctx, experiment)
  const known = await findKnown(ctx, expected)
  // Where it is by now it is moved from there.
  if (!known && stage !== undefined) await checkStageOfNew(ctx, { name, stage, archiveOthers })
  return known?.version
}

function findKnown(ctx: Context, expected: Expected) {
  return ctx.db.first(sql<{ version: number; stage: string }>`
    select version, stage from model_versions where id in (${knownVersionSql(ctx, expected)})`)
}
