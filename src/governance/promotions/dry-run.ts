import { sql } from 'drizzle-orm'
import { invalid, notFound } from '../../core/error.ts'
import { principalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { isClosed, requireOpenRuns, showAssessment } from '../closed-runs.ts'
import { readablePromotion } from '../permissions.ts'
import { checkDocument } from '../policies/policies.ts'
import type { Policy, PolicyDocument, PromotionTarget } from '../policies/policy.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import type { Promotion } from './promotion.ts'
import { listPromotions } from './promotions.ts'

export type MoveToJudge = {
  readonly model: string
  readonly version: number
  readonly target: PromotionTarget
}

/**
 * Judge a move without making it. If a request for it is open, its reviews and checks count. Files
 * are read if a gate asks for them.
 *
 * @param draft judged in place of the policies in force
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws PERMISSION_DENIED a draft, and the caller may not read the run that it would be judged on
 */
export async function evaluateMove(
  ctx: Context,
  { model, version, target }: MoveToJudge,
  draft?: PolicyDocument,
): Promise<Assessment> {
  const drafts = draft && [await draftPolicy(ctx, draft)]
  const { id } = await getVersion(ctx, model, version)
  const [kind, name] =
    target.alias === undefined ? ['stage', target.stage] : ['alias', target.alias]
  const open = await ctx.db.first(sql<{ id: number; requested_by: string; archive: number }>`
    select id, requested_by, archive_existing as archive from promotions where model_version = ${id}
      and target_kind = ${kind} and target = ${name} and status = 'open'`)
  const question = {
    modelVersionId: id,
    target,
    requester: open ? JSON.parse(open.requested_by) : principalRecord(ctx.principal),
    ...(open ? { promotionId: open.id, archivesOthers: open.archive === 1 } : {}),
    drafts,
  }
  const assessment = await assess(ctx, question, 'read')
  if (!assessment) throw notFound('Model version', `${model}/${version}`)
  if (drafts) await requireOpenRuns(ctx, assessment)
  return showAssessment(ctx, assessment)
}

export type Replayed = {
  readonly promotion: Promotion
  readonly assessment: Assessment | undefined
  /** The caller may not read the run, so the draft is not judged on it. */
  readonly isClosed: boolean
}

/**
 * Judge the versions of past requests by a draft, the newest request first, on the facts as they
 * are now. Nothing is changed.
 *
 * @param before only requests of a lower id
 */
export async function replay(
  ctx: Context,
  draft: PolicyDocument,
  { before, count }: { readonly before: number | undefined; readonly count: number },
): Promise<Replayed[]> {
  const drafts = [await draftPolicy(ctx, draft)]
  const shown = readablePromotion(ctx)
  const replayed: Replayed[] = []
  for (const promotion of await listPromotions(ctx, {}, { before, count, shown })) {
    const question = { ...questionOf(promotion), drafts }
    const assessment = await assess(ctx, question, 'known')
    const closed = assessment !== undefined && (await isClosed(ctx, assessment))
    replayed.push({ promotion, assessment: closed ? undefined : assessment, isClosed: closed })
  }
  return replayed
}

/** @throws INVALID_PARAMETER_VALUE the document, or it guards deployments and so judges no version */
async function draftPolicy(ctx: Context, document: PolicyDocument): Promise<Policy> {
  if (document.applies_to.deployment !== undefined) {
    throw invalid('A policy on deployments judges no versions: it says who may change them')
  }
  const accounts = await checkDocument(ctx, document)
  return { id: 0, name: 'draft', revision: 0, document, accounts, updatedAtMs: 0 }
}
