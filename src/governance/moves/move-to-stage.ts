import type { Context } from '../../platform/context.ts'
import { setAlias } from '../../registry/stages/aliases.ts'
import type { StageMove } from '../../registry/stages/stages.ts'
import { transitionStage } from '../../registry/stages/transition-stage.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { matching } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { type RequestedMove, requestMove } from './request-move.ts'
import { underPolicies } from './under-policies.ts'

/**
 * Move a version to a stage as far as policies let: without one as MLflow does; under one by a
 * promotion request, which is opened or found, and merged when nothing blocks it.
 *
 * @param reason for the audit log, and for a request that is opened
 * @throws PERMISSION_DENIED the request waits; the message has its number and what is missing
 * @see `transitionStage` for the rest
 */
export function moveToStage(ctx: Context, move: StageMove, reason?: string): Promise<ModelVersion> {
  const { name, version, stage, archiveOthers } = move
  return guardedMove(
    ctx,
    { name, version, target: { stage }, archiveOthers, reason },
    // Who is there already enters nothing.
    ({ stage: held }) => held === stage,
    async (guarded) => transitionStage(guarded, move, reason),
  )
}

/** Point an alias at a version as far as policies let. @throws as `moveToStage` and `setAlias` */
export async function pointAlias(
  ctx: Context,
  name: string,
  alias: string,
  version: number,
): Promise<void> {
  await guardedMove(
    ctx,
    { name, version, target: { alias }, archiveOthers: false },
    ({ aliases }) => aliases.includes(alias),
    (guarded) => setAlias(guarded, name, alias, version),
  )
}

/** What a move was found to need before it may be made. */
class NeedsRequest {
  constructor(readonly policies: readonly Policy[]) {}
}

async function guardedMove<T>(
  ctx: Context,
  move: RequestedMove,
  holds: (version: ModelVersion) => boolean,
  make: (ctx: Context) => Promise<T>,
): Promise<T | ModelVersion> {
  const { name, version, target } = move
  try {
    return await underPolicies(
      ctx,
      name,
      async (all) => {
        const policies = matching(all, name, target)
        if (policies.length === 0 || holds(await getVersion(ctx, name, version))) return
        throw new NeedsRequest(policies)
      },
      make,
    )
  } catch (err) {
    if (!(err instanceof NeedsRequest)) throw err
    await requestMove(ctx, move, err.policies)
    return getVersion(ctx, name, version)
  }
}
