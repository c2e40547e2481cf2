import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkArchiving } from '../../registry/stages/transition-stage.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { makeBlockedError } from '../closed-runs.ts'
import { readPoliciesFor } from '../policies/policies.ts'
import { type Policy, type PromotionTarget, targetText } from '../policies/policy.ts'
import { areOthersInStage } from '../promotions/archiving.ts'
import { assessPromotion } from '../promotions/assess.ts'
import { openForMs } from '../promotions/expiry.ts'
import type { Judgement } from '../promotions/judge.ts'
import { type JudgedPromotion, mergeIfAutomatic, mergePromotion } from '../promotions/merge.ts'
import { type Promotion, promotionUrl } from '../promotions/promotion.ts'
import { openPromotion, promotionText } from '../promotions/promotions.ts'

export type RequestedMove = {
  readonly name: string
  readonly version: number
  readonly target: PromotionTarget
  readonly archiveOthers: boolean
  readonly reason?: string | undefined
}

/**
 * Make a move that policies guard, for a client that knows nothing of requests: open a request, or
 * find the open one, and merge it if nothing blocks it.
 *
 * @throws PERMISSION_DENIED the request is blocked; the message has its number, what is missing, and
 *   where to review it
 */
export async function requestMove(
  ctx: Context,
  move: RequestedMove,
  policies: readonly Policy[],
): Promise<void> {
  const { promotion } = await openOrFind(ctx, move, policies)
  await refuseMoreArchiving(ctx, promotion, move)
  await mergeOrWait(ctx, promotion)
}

/**
 * Merge a request if nothing blocks it.
 *
 * @throws PERMISSION_DENIED it is blocked; the message has its number, what is missing, and where to
 *   review it
 */
export async function mergeOrWait(ctx: Context, promotion: Promotion): Promise<void> {
  const assessment = await assessPromotion(ctx, promotion, 'read')
  if (assessment && assessment.judgement.blockedBy.length > 0) {
    throw await makeBlockedError(ctx, { promotion, assessment }, (judgement) =>
      waitingText(ctx, promotion, judgement),
    )
  }
  await mergePromotion(ctx, promotion.id, assessment && { judged: assessment })
}

/**
 * Reviewers see whether the other versions are archived. So if a request leaves them, a call cannot
 * archive them.
 *
 * @throws PERMISSION_DENIED
 */
async function refuseMoreArchiving(
  ctx: Context,
  promotion: Promotion,
  { name, version, target: { stage }, archiveOthers }: RequestedMove,
): Promise<void> {
  if (!archiveOthers || promotion.archiveExisting || stage === undefined) return
  const { id } = await getVersion(ctx, name, version)
  if (!(await areOthersInStage(ctx, id, stage))) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Promotion request #${promotion.id} is open for ${promotionText(promotion)} and leaves the other versions in ${stage}: move without archive_existing_versions, or close it and ask anew. Review it at ${promotionUrl(ctx, promotion.id)}`,
  )
}

/**
 * Open a request for a client that asks for one. It is merged at once if its policies merge by
 * themselves and nothing blocks it.
 *
 * @returns the request afterwards
 * @throws RESOURCE_ALREADY_EXISTS one is open for this version and target
 * @throws INVALID_PARAMETER_VALUE the version is there already, and no others are to be archived; or
 *   others are to be archived from a stage in which versions do not serve
 */
export async function openRequest(ctx: Context, move: RequestedMove): Promise<JudgedPromotion> {
  const { target, archiveOthers } = move
  if (target.stage !== undefined) checkArchiving({ stage: target.stage, archiveOthers })
  refuseHeld(await getVersion(ctx, move.name, move.version), move)
  const policies = await readPoliciesFor(ctx, move.name, move.target)
  const { promotion, isNew } = await openOrFind(ctx, move, policies)
  if (!isNew) {
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `Promotion request #${promotion.id} is open already for ${promotionText(promotion)}`,
    )
  }
  const judged = await assessPromotion(ctx, promotion, 'read')
  return judged ? mergeIfAutomatic(ctx, promotion, { judged }) : { promotion }
}

function refuseHeld(
  { name, version, stage, aliases }: ModelVersion,
  { target, archiveOthers }: RequestedMove,
): void {
  const holds = target.alias === undefined ? target.stage === stage : aliases.includes(target.alias)
  if (!holds || archiveOthers) return
  throw invalid(
    `Version ${version} of '${excerpt(name)}' is in ${targetText(target)} already; there is nothing to ask for`,
  )
}

function openOrFind(
  ctx: Context,
  { name, version, target, archiveOthers, reason }: RequestedMove,
  policies: readonly Policy[],
): ReturnType<typeof openPromotion> {
  return openPromotion(ctx, {
    model: name,
    version,
    target,
    archiveExisting: archiveOthers,
    reason,
    openMs: openForMs(policies),
  })
}

function waitingText(
  ctx: Context,
  promotion: Promotion,
  { blockedBy, approvals }: Judgement,
): string {
  const { missing } = approvals
  const [first = '', ...rest] = blockedBy
  const needs = /^\d+ approvals?$/.test(first)
    ? [`needs ${first} (${missing.join(', ')})`]
    : [first]
  return `Promotion request #${promotion.id} is open for ${promotionText(promotion)}: ${[...needs, ...rest].join('; ')}. Review it at ${promotionUrl(ctx, promotion.id)}`
}
