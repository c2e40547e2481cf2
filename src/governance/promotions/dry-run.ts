import { sql } from 'drizzle-orm'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { readablePromotion } from '../permissions.ts'
import { checkDocument } from '../policies/policies.ts'
import type { Policy, PolicyDocument, PromotionTarget } from '../policies/policy.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import type { Promotion } from './promotion.ts'
import { listPromotions } from './promotions.ts'

export type AskedMove = {
  readonly model: string
  readonly version: number
  readonly target: PromotionTarget
}

/**
 * What would happen to a move, changing nothing: with the reviews and checks of its request, where
 * one is open. Files are read again where a gate asks for it.
 *
 * @param draft judged in place of the policies that stand
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function dryRun(
  ctx: Context,
  { model, version, target }: AskedMove,
  draft?: PolicyDocument,
): Promise<Assessment> {
  if (draft) await checkDocument(ctx, draft)
  const { id } = await getVersion(ctx, model, version)
  const [kind, name] =
    target.alias === undefined ? ['stage', target.stage] : ['alias', target.alias]
  const open = await ctx.db.first<{ id: number; requester: string }>(sql`
    select id, requester from promotions where model_version = ${id}
      and target_kind = ${kind} and target = ${name} and status = 'open'`)
  const question = {
    modelVersionId: id,
    target,
    requester: open?.requester ?? ctx.principal.name,
    ...(open ? { promotionId: open.id } : {}),
    drafts: draft && [draftPolicy(draft)],
  }
  const assessment = await assess(ctx, question, 'read')
  if (!assessment) throw notFound('Model version', `${model}/${version}`)
  return assessment
}

export type Replayed = {
  readonly promotion: Promotion
  readonly assessment: Assessment | undefined
}

/**
 * Judge the versions of past requests by a draft, newest first, on what is known of them now;
 * changes nothing.
 *
 * @param before only requests of a lower id
 */
export async function replay(
  ctx: Context,
  draft: PolicyDocument,
  before: number | undefined,
  count: number,
): Promise<Replayed[]> {
  await checkDocument(ctx, draft)
  const shown = readablePromotion(ctx)
  const replayed: Replayed[] = []
  for (const promotion of await listPromotions(ctx, {}, before, count, shown)) {
    const question = { ...questionOf(promotion), drafts: [draftPolicy(draft)] }
    replayed.push({ promotion, assessment: await assess(ctx, question, 'known') })
  }
  return replayed
}

function draftPolicy(document: PolicyDocument): Policy {
  return { id: 0, name: 'draft', revision: 0, document, updatedAtMs: 0 }
}
