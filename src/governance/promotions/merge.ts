import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, RegistryError } from '../../core/error.ts'
import { gatehouse } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { MoveTerms } from '../../registry/audit-entries.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { aliasMove, refuseMoreAliases } from '../../registry/stages/aliases.ts'
import { stageMove } from '../../registry/stages/transition-stage.ts'
import { approvalStatements } from '../approval-status.ts'
import { mayChange } from '../approvals.ts'
import { findRequesterNow } from '../approvers.ts'
import { makeBlockedError } from '../closed-runs.ts'
import { requireMove } from '../permissions.ts'
import { policiesFromRows, policyRead, selectPolicies } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { refuseUnseen, type Seen } from '../seen.ts'
import { dueStatement } from '../signing/signatures-due.ts'
import { type Assessment, assess, assessPromotion, judgeWithFiles, questionOf } from './assess.ts'
import { refuseExpired } from './expiry.ts'
import { type Promotion, type PromotionRow, promotionFrom } from './promotion.ts'
import { endStatement, getPromotion, hasEnded, notOpen, promotionText } from './promotions.ts'
import { isUnchanged } from './snapshot.ts'

/** How often a merge is judged again when something changed between the judgement and the write. */
export const attemptsMax = 5

/**
 * Make the move of a request, judged on what is true at the moment of writing. The batch is guarded
 * by the judgement's snapshot: if anything in it changed meanwhile, nothing is written and the
 * request is judged again.
 *
 * @param known.judged what the caller judged just now; the guard makes it as safe as a judgement of
 *   our own
 * @param known.seen what the caller saw; absent: nobody says
 * @throws PERMISSION_DENIED a gate, an approval or the right is missing; the message names each
 * @throws RESOURCE_CONFLICT the request is not open any more, or not what was seen
 */
export async function mergePromotion(
  ctx: Context,
  id: number,
  { judged, seen }: Judging = {},
): Promise<Promotion> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getOpenPromotion(ctx, id)
    const assessment =
      judged && attempt === 0
        ? await judgeWithFiles(ctx, promotion, judged)
        : await assessPromotion(ctx, promotion, 'read')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    refuseExpired(ctx, promotion, assessment.policies)
    refuseUnseen(id, assessment, seen)
    await refuseBlocked(ctx, promotion, assessment)
    await requireRequestedMove(ctx, promotion, assessment)
    const { approvers = [] } = assessment.judgement.approvals
    const merged = await writeMove(ctx, promotion, { assessment, approvers })
    if (merged) return merged
  }
  throw conflict(`Promotion request #${id} kept changing while it was being merged; try again`)
}

/** How a request was judged, and what whoever decides looked at. */
type Judging = { readonly judged?: Assessment | undefined; readonly seen?: Seen | undefined }

/** A request as it is after something was done about it. */
export type JudgedPromotion = {
  readonly promotion: Promotion
  /** The judgement of an open request, if one was made on the way. */
  readonly judged?: Assessment | undefined
}

/**
 * Merge a request whose policies say that it merges by itself, if nothing blocks it any more and who
 * opened it still may make the move.
 *
 * @param judged what the caller judged just now; absent: it is judged if the policies say that it
 *   merges by itself, and the caller has to keep that judgement
 * @param seen what whoever approved it looked at: something else stays open
 */
export async function mergeIfAutomatic(
  ctx: Context,
  promotion: Promotion,
  { judged, seen }: Judging = {},
): Promise<JudgedPromotion> {
  if (!areAutomatic(judged?.policies ?? (await policiesOf(ctx, promotion)))) {
    return { promotion, judged }
  }
  const now = judged ?? (await assess(ctx, questionOf(promotion), 'known'))
  if (!now || !areAutomatic(now.policies) || now.judgement.blockedBy.length > 0) {
    return { promotion, judged: now }
  }
  if (!(await mayStillMove(ctx, promotion, now))) return { promotion, judged: now }
  try {
    const merged = await mergePromotion({ ...ctx, principal: gatehouse }, promotion.id, {
      judged: now,
      seen,
    })
    return { promotion: merged }
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    // It is blocked after all, or another call merged it: what the caller did stands either way.
    return { promotion: await getPromotion(ctx, promotion.id) }
  }
}

/** Whether who opened a request still may make its move: the server makes it for them. */
async function mayStillMove(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
): Promise<boolean> {
  if (!ctx.settings.auth) return true
  const principal = findRequesterNow(promotion.requestedBy, assessment.people)
  if (!principal) return false
  try {
    const theirs = { ...ctx, principal, permissionReads: new Map() }
    await requireRequestedMove(theirs, promotion, assessment)
    return true
  } catch (err) {
    if (err instanceof RegistryError) return false
    throw err
  }
}

function areAutomatic(policies: readonly Policy[]): boolean {
  return policies.length > 0 && policies.every(({ document }) => document.auto_promote)
}

/** The policies that guard the target of a request, by the present name of its model. */
async function policiesOf(
  ctx: Context,
  { registeredModelId, model, target }: Promotion,
): Promise<Policy[]> {
  const { policies, models } = await ctx.db.batch({
    policies: policyRead(ctx),
    models: sql<{
      name: string
    }>`select name from registered_models where id = ${registeredModelId}`,
  })
  return selectPolicies(policiesFromRows(policies), models[0]?.name ?? model, target)
}

export async function getOpenPromotion(ctx: Context, id: number): Promise<Promotion> {
  const promotion = await getPromotion(ctx, id)
  if (promotion.status !== 'open') throw notOpen(promotion)
  if (promotion.expiresAtMs <= ctx.now()) {
    throw conflict(`Promotion request #${id} has expired; open another one`)
  }
  return promotion
}

/**
 * Require the right to make the request's move. A review may have changed the move since the
 * caller's rights were first checked.
 */
export function requireRequestedMove(
  ctx: Context,
  promotion: Promotion,
  { candidate }: Assessment,
): Promise<void> {
  return requireMove(ctx, candidate.model, promotion)
}

async function refuseBlocked(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
): Promise<void> {
  if (assessment.judgement.blockedBy.length > 0) {
    const what = `Promotion request #${promotion.id} (${promotionText(promotion)})`
    throw await makeBlockedError(
      ctx,
      { promotion, assessment },
      ({ blockedBy }) => `${what} cannot be merged: ${blockedBy.join('; ')}`,
    )
  }
  for (const policy of assessment.policies) {
    if (mayChange(ctx.principal, policy)) continue
    throw new RegistryError(
      'PERMISSION_DENIED',
      `Policy '${excerpt(policy.name)}' lets only ${policy.document.approvals.only.join(', ')} make this move`,
    )
  }
}

type WrittenTerms = Pick<MoveTerms, 'approvers' | 'reason' | 'breakGlass'> & {
  readonly assessment: Assessment
}

/**
 * The one batch: the request ends, the version moves, and both are on the audit log; or nothing
 * happens.
 *
 * @returns the request afterwards; undefined: something that was judged changed meanwhile
 */
export async function writeMove(
  ctx: Context,
  promotion: Promotion,
  { assessment, approvers, breakGlass = false, ...terms }: WrittenTerms,
): Promise<Promotion | undefined> {
  const { id, archiveExisting } = promotion
  const reason = terms.reason ?? promotion.reason ?? undefined
  const here = hasEnded(ctx, id)
  const guard = sql`exists (select 1 from promotions where ${here})`
  const approvals = await approvalStatements(ctx, promotion)
  try {
    const write = commit(ctx, {
      ended: endStatement(ctx, id, {
        status: 'merged',
        guard: sql`archive_existing = ${archiveExisting} and ${isUnchanged(assessment.mark)}`,
        judged: assessment,
        breakGlass,
      }),
      // The entry of the move tells of the approval, or has the reason of the break-glass.
      approvals: breakGlass ? undefined : approvals,
      ...moveStatements(ctx, promotion, {
        name: assessment.candidate.model,
        guard,
        promotion: sql`${id}`,
        approvers,
        reason,
        breakGlass,
      }),
      broken: breakGlass ? approvals : undefined,
      unlessMoved: unlessMoved(promotion, here),
      due: isToSign(assessment) ? dueStatement(ctx, here) : undefined,
      merged: sql<PromotionRow>`select * from promotions where id = ${id}`,
    })
    const { ended, merged } = await refuseMoreAliases(write)
    const [row] = merged
    return ended.length === 1 && row ? promotionFrom(row) : undefined
  } catch (err) {
    if (!(err instanceof ConstraintError && err.subject.includes('promotions.status'))) throw err
    throw conflict(
      `${promotionText(promotion)}: the stage cannot be entered as things are; see the rules of the stages`,
    )
  }
}

function isToSign({ policies, candidate }: Assessment): boolean {
  // What is not sealed was let in by break-glass, past the policy.
  return candidate.digest !== null && policies.some(({ document }) => document.sign)
}

/** Fails the batch when the request ended and its move, by the rules of the stage, did not happen. */
function unlessMoved({ modelVersionId: id, target }: Promotion, here: SQL): SQL {
  const holds =
    target.alias === undefined
      ? sql`select 1 from model_versions v where v.id = ${id} and v.stage = ${target.stage}`
      : sql`select 1 from model_versions v join aliases a
          on a.registered_model = v.registered_model and a.version = v.version
          where v.id = ${id} and a.alias = ${target.alias}`
  return sql`update promotions set status = null where ${here} and not exists (${holds})`
}

/** @param move.name of the model at this moment: it may have been renamed since the request was opened */
function moveStatements(
  ctx: Context,
  { version, target, archiveExisting }: Promotion,
  { name, ...terms }: MoveTerms & { readonly name: string },
) {
  return target.alias === undefined
    ? stageMove(ctx, { name, version, stage: target.stage, archiveOthers: archiveExisting }, terms)
    : aliasMove(ctx, { name, version, alias: target.alias }, terms)
}
