import { sql } from 'drizzle-orm'
import { matchesGlob } from '../../core/glob.ts'
import type { Context } from '../../platform/context.ts'
import type { Stage } from '../../registry/stages/check-stages.ts'
import { replaceStages } from '../../registry/stages/stage-list.ts'
import { updateApprovals } from '../approval-status.ts'
import {
  deletePolicy,
  getPolicy,
  listPolicies,
  putPolicy,
  selectPolicies,
} from '../policies/policies.ts'
import type { Policy, PolicyDocument } from '../policies/policy.ts'
import { type PromotionRow, promotionFrom } from '../promotions/promotion.ts'
import { supersedeStageless, supersedeStatements, withStatementsAfter } from './superseding.ts'

/** `deletePolicy`, which closes the open requests for places that no policy guards any more. */
export async function removePolicy(ctx: Context, name: string): Promise<void> {
  const { id, revision, document } = await getPolicy(ctx, name)
  await deletePolicy(await supersedingUnguarded(ctx, { id, revision }), name)
  await updateApprovals(ctx, (model) => matchesGlob(document.applies_to.models, model))
}

/** `putPolicy`, which closes the open requests for places that no policy guards any more. */
export async function setPolicy(
  ctx: Context,
  name: string,
  document: PolicyDocument,
): Promise<Policy> {
  const before = (await listPolicies(ctx)).find((policy) => policy.name === name)
  const put = before ? await supersedingUnguarded(ctx, before, document) : ctx
  const policy = await putPolicy(put, name, document)
  const globs = [document, ...(before ? [before.document] : [])].map((of) => of.applies_to.models)
  await updateApprovals(ctx, (model) => globs.some((glob) => matchesGlob(glob, model)))
  return policy
}

/** `replaceStages`, which closes the open requests for stages that are removed. */
export async function setStages(ctx: Context, wanted: readonly Stage[]): Promise<Stage[]> {
  const stages = await replaceStages(withStatementsAfter(ctx, supersedeStageless(ctx)), wanted)
  await updateApprovals(ctx)
  return stages
}

/**
 * A context whose batches close what a change of a policy leaves unguarded, once the policy has its
 * next revision.
 *
 * @param document the new document; absent: the policy is deleted
 */
async function supersedingUnguarded(
  ctx: Context,
  { id, revision }: Pick<Policy, 'id' | 'revision'>,
  document?: PolicyDocument,
): Promise<Context> {
  const policies = await listPolicies(ctx)
  const others = policies.filter((policy) => policy.id !== id)
  const after = document
    ? [
        ...others,
        ...policies.filter((policy) => policy.id === id).map((policy) => ({ ...policy, document })),
      ]
    : others
  const open = await ctx.db.all(sql<PromotionRow>`select * from promotions
    where workspace = ${ctx.workspace} and status = 'open'`)
  const unguarded = open.map(promotionFrom).flatMap(({ id: request, model, target }) => {
    const wasGuarded = selectPolicies(policies, model, target).length > 0
    return wasGuarded && selectPolicies(after, model, target).length === 0 ? [request] : []
  })
  if (unguarded.length === 0) return ctx
  return withStatementsAfter(
    ctx,
    supersedeStatements(ctx, {
      which: sql`id in (select value from json_each(${JSON.stringify(unguarded)}))
        and exists (select 1 from policies where policies.id = ${id} and policies.revision > ${revision})`,
      reason: sql`'the policy that guarded its target does so no longer'`,
    }),
  )
}
