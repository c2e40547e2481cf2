import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import {
  isNotDeniedSql,
  isPromptModel,
  mayAll,
  mayReadSql,
} from '../access/permissions/permitted.ts'
import {
  requireModelVersion,
  requirePermission,
  requirePromoting,
  requireRight,
  requireVersionOfModelId,
} from '../access/permissions/require.ts'
import { denied, mayApprove, needsApproveGrant } from '../access/permissions/rights.ts'
import { excerpt, notFound, RegistryError } from '../core/error.ts'
import { parseRowId } from '../core/int64.ts'
import { isSame, principalRecord } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { requireTransition } from '../registry/permissions.ts'
import { archivedStage, resolveStage } from '../registry/stages/stages.ts'
import { type Parties, whyNotApprove } from './approvals.ts'
import type { VersionComment } from './comments.ts'
import type { VersionFacts } from './policies/facts.ts'
import type { Policy, PolicyDocument } from './policies/policy.ts'
import type { Promotion } from './promotions/promotion.ts'
import { getPromotion } from './promotions/promotions.ts'

/**
 * Require the right to manage a policy, both for the models that it guards and for those that it
 * will guard. A deleted policy takes the same right as before.
 *
 * @param models a glob, from the new document
 * @throws PERMISSION_DENIED
 */
export async function requirePolicy(ctx: Context, name: string, models?: string): Promise<void> {
  const row = await ctx.db.first(
    sql<{ document: string }>`select document from policies
      where workspace = ${ctx.workspace} and name = ${name}`,
  )
  const globs = models === undefined ? [] : [models]
  if (row) {
    // Only documents are ever written there.
    const { applies_to } = JSON.parse(row.document) as PolicyDocument
    globs.push(applies_to.models)
  }
  if (globs.length === 0) return requireRight(ctx, 'manage_policies')
  for (const model of new Set(globs)) await requireRight(ctx, 'manage_policies', { model })
}

/**
 * Require a permission on the versions of the model that a request is about, by the present name of the
 * model. Requests for a model that was deleted are for administrators.
 *
 * @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST
 */
export async function requirePromotion(
  ctx: Context,
  id: number,
  needed: Permission,
): Promise<void> {
  if (mayAll(ctx)) return
  const { registeredModelId } = await getPromotion(ctx, id)
  // By the number alone nobody learns which model it is.
  const model = sql`select m.id, ${String(id)} as name, ${isPromptModel} as is_prompt
    from registered_models m where m.id = ${registeredModelId} and m.workspace = ${ctx.workspace}`
  const found = await requirePermission(ctx, {
    permission: needed,
    owner: 'model',
    on: model,
    part: 'version',
    what: 'the model of promotion request',
  })
  if (found.length === 0) throw notFound('Promotion request', String(id))
}

/** Require what the move itself takes: a request is no way around it. */
export function requireMove(
  ctx: Context,
  model: string,
  { version, target, archiveExisting }: Pick<Promotion, 'version' | 'target' | 'archiveExisting'>,
): Promise<void> {
  return target.alias === undefined
    ? requireTransition(ctx, {
        name: model,
        version,
        stage: target.stage,
        archiveOthers: archiveExisting,
      })
    : requirePromoting(ctx, model, { aliases: [target.alias] })
}

/** Whether the caller may make a move. */
export async function mayMove(...of: Parameters<typeof requireMove>): Promise<boolean> {
  try {
    await requireMove(...of)
    return true
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}

/** `requireMove` for the move of a request. @throws as `requirePromotion` */
export async function requireToMerge(ctx: Context, id: number): Promise<void> {
  if (mayAll(ctx)) return
  const promotion = await getPromotion(ctx, id)
  const model = await ctx.db.first(sql<{ name: string }>`select name from registered_models
    where id = ${promotion.registeredModelId} and workspace = ${ctx.workspace}`)
  if (!model) throw notFound('Promotion request', String(id))
  try {
    await requireMove(ctx, model.name, promotion)
  } catch (err) {
    // It is said with the model's name, which who may not read it came by no name to.
    await requireVersionOfModelId(ctx, promotion.registeredModelId, 'READ')
    throw err
  }
}

/** Condition on `promotions p`, for lists: the caller may read the versions of its model. */
export function readablePromotion(ctx: Context): SQL {
  if (mayAll(ctx)) return sql`1`
  return sql`exists (select 1 from registered_models m where m.id = p.registered_model
    and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })}
    and ${isNotDeniedSql(ctx, 'version', isPromptModel)})`
}

/** What decides who may review a request; part of an `Assessment`. */
export type Reviewable = {
  readonly candidate: Pick<VersionFacts, 'model'>
  readonly policies: readonly Policy[]
  readonly parties: Parties
}

/**
 * Require that the caller may approve or reject. The grants must allow it, and so must one of the
 * policies that require approvals or, if none does, the right to make the move.
 *
 * @throws PERMISSION_DENIED the message says why
 */
export async function requireToReview(
  ctx: Context,
  promotion: Pick<Promotion, 'version' | 'target' | 'archiveExisting'>,
  { candidate: { model }, policies, parties }: Reviewable,
): Promise<void> {
  const { target } = promotion
  if (!(await mayApprove(ctx, model, target))) throw denied(ctx, needsApproveGrant(model, target))
  const asking = policies.filter(({ document }) => document.approvals.rules.length > 0)
  if (asking.length === 0) return requireMove(ctx, model, promotion)
  const caller = principalRecord(ctx.principal)
  const reasons = asking.map((policy) => whyNotApprove(caller, policy, parties))
  const [reason] = reasons
  if (reasons.some((why) => why === undefined)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(ctx.principal.name)}' may not review this request: ${reason}`,
  )
}

/** Whether the caller may approve or reject an open request. */
export async function mayReview(
  ctx: Context,
  promotion: Promotion,
  of: Reviewable,
): Promise<boolean> {
  try {
    await requireToReview(ctx, promotion, of)
    return true
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}

/** Requesters withdraw their own requests, administrators any; without access control everybody may. */
export function mayWithdraw(ctx: Context, { requestedBy }: Promotion): boolean {
  if (!ctx.settings.auth || ctx.principal.isAdmin) return true
  return isSame(requestedBy, principalRecord(ctx.principal))
}

/** @throws PERMISSION_DENIED it is somebody else's */
export function requireToWithdraw(ctx: Context, promotion: Promotion): void {
  if (mayWithdraw(ctx, promotion)) return
  const { id, requestedBy } = promotion
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Promotion request #${id} is ${requestedBy.name}'s; only they and administrators withdraw it, reviewers reject it`,
  )
}

/**
 * Require what every rollback of the stage takes. The verb checks the stage of the version that
 * comes back, once it knows which version that is.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToRollBack(ctx: Context, name: string, stage: string): Promise<void> {
  await requirePromoting(ctx, name, { stages: [await resolveStage(ctx, stage), archivedStage] })
}

/**
 * Let in the author of a comment, and administrators.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such comment, or none that the caller may see
 * @throws PERMISSION_DENIED it is somebody else's
 */
export async function requireOwnComment(ctx: Context, id: string): Promise<void> {
  const found = await ctx.db.first(sql<{ author: string; account: number | null; name: string }>`
    select c.author, c.account, m.name from version_comments c
    join model_versions v on v.id = c.model_version
    join registered_models m on m.id = v.registered_model
    where c.id = ${parseRowId(id) ?? 0} and m.workspace = ${ctx.workspace}`)
  if (!found) throw notFound('Comment', id)
  await requireModelVersion(ctx, found.name, 'READ')
  if (mayChangeComment(ctx, found)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Comment '${excerpt(id)}' is ${found.author}'s; only they and administrators change it`,
  )
}

/** With access control off everybody may. */
export function mayChangeComment(
  ctx: Context,
  { account }: Pick<VersionComment, 'account'>,
): boolean {
  const { auth } = ctx.settings
  return !auth || ctx.principal.isAdmin || (account !== null && account === ctx.principal.accountId)
}
