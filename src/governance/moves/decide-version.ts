import { BlockedError, conflict, excerpt, RegistryError } from '../../core/error.ts'
import { isSame, principalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { packageStatusOf, readPackageApprovals } from '../../registry/packages/package-status.ts'
import { requireTransition } from '../../registry/permissions.ts'
import { archivedStage } from '../../registry/stages/stages.ts'
import type { ApprovalStatus } from '../../registry/versions/approval.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { mayMove, requireMove } from '../permissions.ts'
import { readPoliciesFor } from '../policies/policies.ts'
import { assess, questionOf } from '../promotions/assess.ts'
import { openForMs } from '../promotions/expiry.ts'
import { type Promotion, promotionUrl } from '../promotions/promotion.ts'
import { listOpenStageRequests, openPromotion } from '../promotions/promotions.ts'
import { reviewPromotion } from '../promotions/review.ts'
import { writeRejection } from '../promotions/write-rejection.ts'
import { moveToStage } from './move-to-stage.ts'
import { mergeOrWait } from './request-move.ts'

/** What somebody says of a version as a whole, for a client that knows nothing of requests. */
export type VersionDecision = {
  readonly name: string
  readonly version: number
  readonly stage: string
  readonly comment?: string | undefined
}

/**
 * Approve a version for a stage: review the request that is open for it, or a new one, and merge it when
 * nothing is missing. Where it is approved already nothing happens, so a call may be repeated.
 *
 * @throws PERMISSION_DENIED something is missing; the message has the number of the request, which stays
 *   open with this approval, what is missing, and where to review it
 * @throws RESOURCE_CONFLICT the caller asks for the approval but may not give it; the version came to the
 *   stage without an approval; it kept changing
 */
export function approveVersion(ctx: Context, decision: VersionDecision): Promise<void> {
  return decideOnce(ctx, { ...decision, wanted: 'Approved' }, async (version, status) => {
    if (status === 'Approved') return
    if (version.stage === decision.stage) throw refuseThere(version, status)
    const request = await openOrFindRequest(ctx, version, decision)
    const { promotion, refusal } = await approveRequest(ctx, request, decision.comment)
    if (promotion.status !== 'merged') await mergeApproved(ctx, promotion, refusal)
  })
}

/**
 * Reject a version for a stage: its open request or, without one, the version as it is. One that is in the
 * stage goes to Archived, under the policies that guard that.
 *
 * @throws PERMISSION_DENIED the caller may not reject, or not move it out
 * @throws RESOURCE_CONFLICT it kept changing
 */
export function rejectVersion(ctx: Context, decision: VersionDecision): Promise<void> {
  const { name, stage, comment } = decision
  return decideOnce(ctx, { ...decision, wanted: 'Rejected' }, async (version, status) => {
    const leaving = { name, version: version.version, stage: archivedStage, archiveOthers: false }
    const isThere = version.stage === stage
    if (isThere) await requireTransition(ctx, leaving)
    if (status !== 'Rejected') {
      const request = await findRequest(ctx, version, stage)
      if (request) await reviewPromotion(ctx, request.id, { decision: 'reject', comment })
      else await writeRejection(ctx, { version, target: { stage }, comment })
    }
    if (isThere) await moveToStage(ctx, leaving, comment)
  })
}

/**
 * Ask for the approval of a version where policies want one, or after it was rejected. A version that waits
 * already, or for which nobody has to be asked, stays as it is.
 *
 * @param always open a request also where nobody has to be asked
 * @throws RESOURCE_CONFLICT it is approved, or archived, or the caller has approved it
 * @throws PERMISSION_DENIED the caller may not make the move
 */
export async function requestApproval(
  ctx: Context,
  decision: VersionDecision,
  { always = false } = {},
): Promise<void> {
  const { name, stage } = decision
  const version = await getVersion(ctx, name, decision.version)
  const move = { version: version.version, target: { stage }, archiveExisting: false }
  await requireMove(ctx, name, move)
  const status = await readStatus(ctx, version, stage)
  if (status === 'Approved' || version.stage === stage || version.stage === archivedStage) {
    throw conflict(
      `Version ${version.version} of '${excerpt(name)}' is ${status} and in ${version.stage}: reject or approve it to change that`,
    )
  }
  const request = await findRequest(ctx, version, stage)
  if (request) return refuseOwnApproval(ctx, request)
  if (always || status === 'Rejected' || (await needsApproval(ctx, name, stage))) {
    await openOrFindRequest(ctx, version, decision)
  }
}

async function refuseOwnApproval(ctx: Context, request: Promotion): Promise<void> {
  if (!(await hasApproved(ctx, request))) return
  throw conflict(
    `You have approved promotion request #${request.id}: reject it to take that back, at ${promotionUrl(ctx, request.id)} or as Rejected`,
  )
}

/** Whether policies say what versions must pass on their way into a stage. */
export async function isGuarded(ctx: Context, name: string, stage: string): Promise<boolean> {
  return (await readPoliciesFor(ctx, name, { stage })).length > 0
}

/** Whether policies want somebody's approval of versions for a stage. */
export async function needsApproval(ctx: Context, name: string, stage: string): Promise<boolean> {
  const policies = await readPoliciesFor(ctx, name, { stage })
  return policies.some(({ document }) => document.approvals.rules.length > 0)
}

/** Runs a decision; where another call came to the same one meanwhile, that counts. */
async function decideOnce(
  ctx: Context,
  { name, version: number, stage, wanted }: VersionDecision & { readonly wanted: ApprovalStatus },
  decide: (version: ModelVersion, status: ApprovalStatus) => Promise<void>,
): Promise<void> {
  const version = await getVersion(ctx, name, number)
  try {
    await decide(version, await readStatus(ctx, version, stage))
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'RESOURCE_CONFLICT')) throw err
    const now = await getVersion(ctx, name, number)
    if ((await readStatus(ctx, now, stage)) !== wanted) throw err
  }
}

async function readStatus(
  ctx: Context,
  { id, stage: isIn }: ModelVersion,
  stage: string,
): Promise<ApprovalStatus> {
  const approval = (await readPackageApprovals(ctx.db, [id], stage)).get(id)
  return packageStatusOf({ stage: isIn, approval }, stage)
}

async function findRequest(
  ctx: Context,
  { id }: ModelVersion,
  stage: string,
): Promise<Promotion | undefined> {
  const requests = await listOpenStageRequests(ctx, id)
  return requests.find(({ target }) => target.stage === stage)
}

/** @throws PERMISSION_DENIED there is none, and the caller may not make the move */
async function openOrFindRequest(
  ctx: Context,
  version: ModelVersion,
  { name, stage, comment }: VersionDecision,
): Promise<Promotion> {
  const open = await findRequest(ctx, version, stage)
  if (open) return open
  const target = { stage }
  await requireMove(ctx, name, { version: version.version, target, archiveExisting: false })
  const policies = await readPoliciesFor(ctx, name, target)
  const { promotion } = await openPromotion(ctx, {
    ...{ model: name, version: version.version, target, archiveExisting: false },
    ...{ reason: comment, openMs: openForMs(policies) },
  })
  return promotion
}

/** @returns the request afterwards, and why the caller may not approve it, if so */
async function approveRequest(
  ctx: Context,
  promotion: Promotion,
  comment: string | undefined,
): Promise<{ readonly promotion: Promotion; readonly refusal?: RegistryError }> {
  if (await hasApproved(ctx, promotion)) return { promotion }
  try {
    return await reviewPromotion(ctx, promotion.id, { decision: 'approve', comment })
  } catch (err) {
    const isDenied = err instanceof RegistryError && err.code === 'PERMISSION_DENIED'
    if (!isDenied || !(await mayMove(ctx, promotion.model, promotion))) throw err
    return { promotion, refusal: err }
  }
}

/** Whether the caller's approval of what is there now stands. */
async function hasApproved(ctx: Context, promotion: Promotion): Promise<boolean> {
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  const caller = principalRecord(ctx.principal)
  return (assessment?.reviews ?? []).some(
    ({ decision, principal, reviewed, fallen }) =>
      decision === 'approve' &&
      fallen === undefined &&
      reviewed === assessment?.reviewedNow &&
      isSame(principal, caller),
  )
}

/** @param refusal why the caller did not approve it */
async function mergeApproved(
  ctx: Context,
  promotion: Promotion,
  refusal: RegistryError | undefined,
): Promise<void> {
  try {
    await mergeOrWait(ctx, promotion)
  } catch (err) {
    if (err instanceof BlockedError && refusal) {
      throw new BlockedError(`${err.message}. ${refusal.message}`, err.blocked)
    }
    if (err instanceof BlockedError || refusal) throw err
    if (!(err instanceof RegistryError) || err.code !== 'PERMISSION_DENIED') throw err
    throw new RegistryError(
      'PERMISSION_DENIED',
      `Your approval stands, and promotion request #${promotion.id} waits for somebody who may merge it at ${promotionUrl(ctx, promotion.id)}: ${err.message}`,
    )
  }
}

function refuseThere(
  { name, version, stage }: ModelVersion,
  status: ApprovalStatus,
): RegistryError {
  return conflict(
    `Version ${version} of '${excerpt(name)}' is in ${stage} already, and is ${status}: move it out of that stage first`,
  )
}
