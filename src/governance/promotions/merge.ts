import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { BlockedError, conflict, excerpt, RegistryError } from '../../core/error.ts'
import { gatehouse } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { MoveTerms } from '../../registry/audit-entries.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { aliasMove } from '../../registry/stages/aliases.ts'
import { stageMove } from '../../registry/stages/transition-stage.ts'
import { noteApproval } from '../../registry/versions/approval.ts'
import { requireMove } from '../permissions.ts'
import { isAmong } from './approvals.ts'
import { type Assessment, assess, blockedOf, evidenceOf, questionOf } from './assess.ts'
import type { Promotion } from './promotion.ts'
import { endedHere, ending, getPromotion, notOpen, promotionText } from './promotions.ts'

/** How often a merge is judged anew when something changed between the judgement and the write. */
export const attemptsMax = 5

/**
 * Make the move that a request asks for, judged on what is true at the moment of writing: the
 * judgement's snapshot stands in the guard of the batch, so when anything of it changed meanwhile,
 * nothing is written and it is judged anew.
 *
 * @throws PERMISSION_DENIED a gate, an approval or the right is missing; the message names each
 * @throws RESOURCE_CONFLICT the request is not open any more
 */
export async function mergePromotion(ctx: Context, id: number): Promise<Promotion> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await openOne(ctx, id)
    const assessment = await assess(ctx, questionOf(promotion), 'read')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    refuseBlocked(ctx, promotion, assessment)
    await requireRightNow(ctx, promotion, assessment)
    const { approvedBy } = assessment.judgement.approvals
    if (await moved(ctx, promotion, assessment, { approvedBy })) return getPromotion(ctx, id)
  }
  throw conflict(`Promotion request #${id} kept changing while it was being merged; try again`)
}

/** Merge a request whose policies say that it merges by itself, if nothing blocks it any more. */
export async function mergeIfAutomatic(ctx: Context, promotion: Promotion): Promise<boolean> {
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  if (!assessment || assessment.policies.length === 0) return false
  const isAutomatic = assessment.policies.every(({ document }) => document.auto_promote)
  if (!isAutomatic || assessment.judgement.blockedBy.length > 0) return false
  try {
    await mergePromotion({ ...ctx, principal: gatehouse }, promotion.id)
    return true
  } catch (err) {
    // Blocked after all, or merged by another: what was asked for is done and stands.
    if (err instanceof RegistryError) return false
    throw err
  }
}

export async function openOne(ctx: Context, id: number): Promise<Promotion> {
  const promotion = await getPromotion(ctx, id)
  if (promotion.status !== 'open') throw notOpen(promotion)
  if (promotion.expiresAtMs <= ctx.now()) {
    throw conflict(`Promotion request #${id} has expired; open another one`)
  }
  return promotion
}

/**
 * The right to the move as the request asks for it by now, which a review may have changed since the
 * caller was let in.
 */
export function requireRightNow(
  ctx: Context,
  { version, target, archiveExisting }: Promotion,
  { candidate }: Assessment,
): Promise<void> {
  return requireMove(ctx, candidate.model, version, target, archiveExisting)
}

function refuseBlocked(ctx: Context, promotion: Promotion, assessment: Assessment): void {
  const { blockedBy } = assessment.judgement
  if (blockedBy.length > 0) {
    throw new BlockedError(
      `Promotion request #${promotion.id} (${promotionText(promotion)}) cannot be merged: ${blockedBy.join('; ')}`,
      blockedOf(promotion, assessment),
    )
  }
  for (const { name, document } of assessment.policies) {
    const { only } = document.approvals
    if (isAmong(ctx.principal, only) && (only.length === 0 || isCounted(ctx, document))) continue
    throw new RegistryError(
      'PERMISSION_DENIED',
      `Policy '${excerpt(name)}' lets only ${only.join(', ')} make this move`,
    )
  }
}

function isCounted(
  { principal }: Context,
  { approvals }: Assessment['policies'][number]['document'],
): boolean {
  return principal.verified || approvals.allow_unverified
}

type Said = Pick<MoveTerms, 'approvedBy' | 'reason' | 'breakGlass'>

/** The one batch: the request ends, the version moves, both are recorded; or nothing happens. */
export async function moved(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
  said: Said,
): Promise<boolean> {
  const { breakGlass: broken = false, approvedBy } = said
  const here = endedHere(ctx, promotion.id)
  const statements = {
    ended: ending(ctx, promotion.id, 'merged', {
      guard: sql`archive_existing = ${promotion.archiveExisting} and ${assessment.unchanged}`,
      evidence: JSON.stringify(evidenceOf(assessment)),
      breakGlass: broken,
    }),
    ...moveStatements(ctx, promotion, assessment.candidate.model, {
      guard: sql`exists (select 1 from promotions where ${here})`,
      promotion: sql`${promotion.id}`,
      approvedBy,
      reason: said.reason ?? promotion.reason ?? undefined,
      breakGlass: broken,
    }),
    approval: noteApproval(ctx, promotion.modelVersionId, {
      status: 'Approved',
      reason: said.reason ?? promotion.reason ?? undefined,
      guard: sql`exists (select 1 from promotions where ${here})`,
    }),
    unlessMoved: unlessMoved(promotion, here),
  }
  try {
    const { ended } = await commit(ctx, statements)
    return ended.length === 1
  } catch (err) {
    if (!(err instanceof ConstraintError && err.subject.includes('promotions.status'))) throw err
    throw conflict(
      `${promotionText(promotion)}: the stage cannot be entered as things are; see the rules of the stages`,
    )
  }
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

/** @param name of the model at this moment: it may have been renamed since the request was opened */
function moveStatements(ctx: Context, promotion: Promotion, name: string, terms: MoveTerms) {
  const { version, target, archiveExisting } = promotion
  return target.alias === undefined
    ? stageMove(ctx, { name, version, stage: target.stage, archiveOthers: archiveExisting }, terms)
    : aliasMove(ctx, { name, version, alias: target.alias }, terms)
}
