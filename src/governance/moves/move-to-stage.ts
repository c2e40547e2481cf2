import type { Context } from '../../platform/context.ts'
import { setAlias } from '../../registry/stages/aliases.ts'
import { isActive, type StageMove } from '../../registry/stages/stages.ts'
import { transitionStage } from '../../registry/stages/transition-stage.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { selectPolicies } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import {
  archivingOf,
  areOthersInStage,
  othersRead,
  refuseArchiving,
} from '../promotions/archiving.ts'
import { checkSaid } from '../promotions/promotion.ts'
import { type RequestedMove, requestMove } from './request-move.ts'
import { runUnderPolicies } from './under-policies.ts'

/**
 * Move a version to a stage if policies allow it. Without a policy this works as in MLflow. Under
 * one it takes a promotion request, which is opened or found, and merged when nothing blocks it.
 *
 * @param reason for the audit log, and for a request that is opened
 * @throws PERMISSION_DENIED the request is blocked; the message has its number and what is missing
 * @see `transitionStage` for the rest
 */
export function moveToStage(ctx: Context, move: StageMove, reason?: string): Promise<ModelVersion> {
  const { name, version, stage, archiveOthers } = move
  return makeOrRequest(
    ctx,
    { name, version, target: { stage }, archiveOthers, reason },
    {
      // A version in the stage already does not enter it, but archiving the others is a move.
      isThere: async (found) =>
        found.stage === stage && !(archiveOthers && (await areOthersInStage(ctx, found.id, stage))),
      make: (guarded) => transitionStage(guarded, move, reason),
    },
  )
}

/** Point an alias at a version if policies allow it. @throws as `moveToStage` and `setAlias` */
export async function pointAlias(
  ctx: Context,
  name: string,
  { alias, version }: { readonly alias: string; readonly version: number },
): Promise<void> {
  await makeOrRequest(
    ctx,
    { name, version, target: { alias }, archiveOthers: false },
    {
      isThere: async ({ aliases }) => aliases.includes(alias),
      make: (guarded) => setAlias(guarded, name, { alias, version }),
    },
  )
}

type Move<T> = {
  /** Whether the version has the stage or alias already, and nothing else is to change. */
  readonly isThere: (version: ModelVersion) => Promise<boolean>
  readonly make: (guarded: Context) => Promise<T>
}

/** Make a move at once if no policy guards it, otherwise by a request. */
async function makeOrRequest<T>(
  ctx: Context,
  move: RequestedMove,
  { isThere, make }: Move<T>,
): Promise<T | ModelVersion> {
  const { name, version, target, reason } = move
  checkSaid(reason, 'reason')
  const outcome = await runUnderPolicies(ctx, { name }, async (guarded, all) => {
    await refuseOthers(ctx, move, all)
    const policies = selectPolicies(all, name, target)
    return policies.length === 0 || (await isThere(await getVersion(ctx, name, version)))
      ? { made: await make(guarded) }
      : { policies }
  })
  if ('made' in outcome) return outcome.made
  await requestMove(ctx, move, outcome.policies)
  return getVersion(ctx, name, version)
}

/** @throws PERMISSION_DENIED the move would put others into Archived, which a policy guards */
async function refuseOthers(
  ctx: Context,
  { name, version, target, archiveOthers }: RequestedMove,
  policies: readonly Policy[],
): Promise<void> {
  if (!archiveOthers || target.stage === undefined || !isActive(target.stage)) return
  const none = archivingOf(policies, name, [])
  if (none.policies.length === 0) return
  const { id } = await getVersion(ctx, name, version)
  refuseArchiving(archivingOf(policies, name, await ctx.db.all(othersRead(id, target))))
}
