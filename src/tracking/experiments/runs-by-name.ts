import { sql } from 'drizzle-orm'
import { mayAll } from '../../access/permissions/permitted.ts'
import {
  requireExperiment,
  requireExperimentPart,
  requireToCreate,
} from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkExperimentName, refuseBlankName } from './create-experiment.ts'

/**
 * Require what starting a run in the experiment of this name takes, and sending files to it. Where there is
 * no such experiment it is what making one takes.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireRunsInNamed(ctx: Context, name: string): Promise<void> {
  if (mayAll(ctx)) return
  const found = await findNamed(ctx, name)
  if (!found) return requireToCreate(ctx, 'experiment')
  const { id } = found
  await requireExperiment(ctx, id, 'READ')
  for (const part of ['new run', 'run'] as const) {
    await requireExperimentPart(ctx, { id, part }, 'EDIT')
  }
}

/**
 * Check that an experiment of this name takes runs, or could be made.
 *
 * @throws INVALID_PARAMETER_VALUE it was deleted, or none can have this name
 */
export async function checkRunsInNamed(ctx: Context, name: string): Promise<void> {
  checkExperimentName(name)
  refuseBlankName(name)
  const found = await findNamed(ctx, name)
  if (!found || found.lifecycle_stage === 'active') return
  throw invalid(
    `Experiment '${excerpt(name)}' was deleted and takes no runs: restore it, or name another one`,
  )
}

function findNamed(ctx: Context, name: string) {
  return ctx.db.first(sql<{ id: number; lifecycle_stage: string }>`
    select id, lifecycle_stage from experiments
    where workspace = ${ctx.workspace} and name = ${name}`)
}
