import { matchesGlob } from '../../core/glob.ts'
import { matchesPlace } from '../../core/place.ts'
import type { Context } from '../../platform/context.ts'
import { matchModels } from '../../registry/models/match-models.ts'
import { readablePromotion } from '../permissions.ts'
import { checkDocument, guardsPlace, listPolicies, selectPolicies } from '../policies/policies.ts'
import type { Policy, PolicyDocument } from '../policies/policy.ts'
import { compareReviewing } from '../promotions/awaiting.ts'
import type { Promotion } from '../promotions/promotion.ts'
import { listPromotions } from '../promotions/promotions.ts'

/** What a change of a policy would do, as far as the caller may read it. */
export type PolicyEffects = {
  /** A place of models that nothing guards yet, and those of which nothing would guard it. */
  readonly guarded?: GuardedPlaceOf
  readonly unguarded?: GuardedPlaceOf
  readonly requests: readonly TouchedRequest[]
  /** Open requests that were not looked at. */
  readonly more: number
}

type GuardedPlaceOf = { readonly place: string; readonly models: readonly string[] }

export type TouchedRequest = {
  readonly promotion: Promotion
  /** Nothing guards its target any more, so it is closed. */
  readonly isClosed: boolean
  /** How many of its approvals would no longer count. */
  readonly approvalsLost: number
}

const requestsMax = 200
const openMax = 1000

/**
 * What would happen if a policy were written so, or deleted. Nothing is changed.
 *
 * @param wanted.document absent: the policy is deleted
 * @throws INVALID_PARAMETER_VALUE the document is not valid
 */
export async function readPolicyEffects(
  ctx: Context,
  { name, document }: { readonly name: string; readonly document?: PolicyDocument | undefined },
): Promise<PolicyEffects> {
  const before = await listPolicies(ctx)
  const row = before.find((policy) => policy.name === name)
  const put = document && (await putOf(ctx, { name, row, document }))
  const after = [...before.filter((policy) => policy !== row), ...(put ? [put] : [])]
  const changed = [row, put].flatMap((policy) => policy ?? [])
  const namesOf = await matchModels(
    ctx,
    changed.map((policy) => policy.document.applies_to.models),
  )
  const guarded = put && placeWithout(before, put.document, namesOf)
  const unguarded = row && placeWithout(after, row.document, namesOf)
  return {
    ...(guarded && { guarded }),
    ...(unguarded && { unguarded }),
    ...(await touchedRequests(ctx, { changed, before, after })),
  }
}

type Putting = {
  readonly name: string
  readonly row: Policy | undefined
  readonly document: PolicyDocument
}

async function putOf(ctx: Context, { name, row, document }: Putting): Promise<Policy> {
  const accounts = await checkDocument(ctx, document)
  const [id, revision] = [row?.id ?? 0, (row?.revision ?? 0) + 1]
  return { id, name, revision, document, accounts, updatedAtMs: ctx.now() }
}

/** The place of a document, with the models of which none of these policies guards it. */
function placeWithout(
  policies: readonly Policy[],
  { applies_to }: PolicyDocument,
  namesOf: (glob: string) => readonly string[],
): GuardedPlaceOf | undefined {
  const alike = policies.filter(({ document }) => guardsSame(document.applies_to, applies_to))
  const models = namesOf(applies_to.models).filter(
    (model) => !alike.some(({ document }) => matchesGlob(document.applies_to.models, model)),
  )
  return models.length === 0 ? undefined : { place: placeText(applies_to), models }
}

/** Whether a policy guards all that another one does, of a model that both match. */
function guardsSame(
  guard: PolicyDocument['applies_to'],
  { stage, alias, deployment }: PolicyDocument['applies_to'],
): boolean {
  if (deployment !== undefined) {
    return guard.deployment !== undefined && matchesPlace(guard.deployment, deployment)
  }
  return guardsPlace(guard, stage === undefined ? { alias: alias ?? '' } : { stage })
}

/** What a policy guards of its models, in words: `Production`, `alias champion`. */
export function placeText({ stage, alias, deployment }: PolicyDocument['applies_to']): string {
  if (deployment !== undefined) return `deployment ${deployment}`
  return stage ?? `alias ${alias}`
}

type ChangedPolicies = {
  /** As it is and as it would be. */
  readonly changed: readonly Policy[]
  readonly before: readonly Policy[]
  readonly after: readonly Policy[]
}

async function touchedRequests(
  ctx: Context,
  { changed, before, after }: ChangedPolicies,
): Promise<Pick<PolicyEffects, 'requests' | 'more'>> {
  const shown = readablePromotion(ctx)
  const open = await listPromotions(ctx, { status: 'open' }, { count: openMax, shown })
  const about = open.filter(
    ({ model, target }) => selectPolicies(changed, model, target).length > 0,
  )
  const looked = about.slice(0, requestsMax)
  const { inForce, instead } = await compareReviewing(ctx, looked, after)
  const requests = looked.flatMap((promotion): TouchedRequest[] => {
    const [is, would] = [inForce.get(promotion.id), instead.get(promotion.id)]
    if (!is || !would) return []
    const lost = [...would.dismissed.keys()].filter((review) => !is.dismissed.has(review))
    const isClosed =
      selectPolicies(before, promotion.model, promotion.target).length > 0 &&
      would.policies.length === 0
    return isClosed || lost.length > 0 ? [{ promotion, isClosed, approvalsLost: lost.length }] : []
  })
  return { requests, more: Math.max(0, about.length - requestsMax) }
}
