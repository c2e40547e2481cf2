import { excerpt, RegistryError } from '../core/error.ts'
import { findPrincipalNow } from '../governance/approvers.ts'
import { moveToStage } from '../governance/moves/move-to-stage.ts'
import { requireMove } from '../governance/permissions.ts'
import type { Context } from '../platform/context.ts'
import type { Variant } from '../router/split.ts'
import { type CanaryState, stageAfterSteps } from './deployment-guard.ts'
import { readModelUri } from './resolve.ts'
import { readMeaning } from './watch.ts'

type Entering = {
  /** Its present name. */
  readonly model: string
  readonly canary: Pick<CanaryState, 'by' | 'version'>
  readonly variant: Variant | undefined
}

/**
 * Move the version with which the steps of a variant began to the stage that they lead to, as whoever wrote them
 * and with the rights that they have now: under policies this opens a request in their name, so that somebody
 * else approves it. Where the variant means another version by now, nothing is moved: who may change that need
 * not be who may move it.
 *
 * @returns what came of it, for the audit log, and the stage if the version is in it now
 */
export async function enterStage(
  ctx: Context,
  { model, canary: { by, version }, variant }: Entering,
): Promise<{ readonly reason: string; readonly stage?: string }> {
  const stage = variant && stageAfterSteps(variant)
  if (variant?.uri === undefined || stage === undefined) return { reason: 'The steps are over' }
  const { told } = await readMeaning(ctx, readModelUri(variant.uri))
  const failed = (why: string) => ({ reason: `${variant.name} did not enter ${stage}: ${why}` })
  if ('why' in told) return failed(excerpt(told.why.message, reasonCharsMax))
  if (told.version !== version) {
    return failed(`it means version ${told.version} now, and the steps began with ${version}`)
  }
  const principal = await findPrincipalNow(ctx, by)
  if (!principal) return failed(`the account of ${by.name} is gone`)
  const theirs = { ...ctx, principal, permissionReads: new Map() }
  try {
    await requireMove(theirs, model, { version, target: { stage }, archiveExisting: true })
    const reason = `The steps of variant '${variant.name}' are over`
    await moveToStage(theirs, { name: model, version, stage, archiveOthers: true }, reason)
    return { reason: `Version ${version} of ${variant.name} is in ${stage}`, stage }
  } catch (err) {
    // A policy wants a request, which is open now, or they may not any more.
    if (!(err instanceof RegistryError)) throw err
    return failed(excerpt(err.message, reasonCharsMax))
  }
}

const reasonCharsMax = 2000
