import { RegistryError } from '../../core/error.ts'
import {
  compareVersions,
  type VersionComparison,
} from '../../governance/compare/compare-versions.ts'
import { mayWithdraw, requireToMerge, requireToReview } from '../../governance/permissions.ts'
import type { Policy } from '../../governance/policies/policy.ts'
import { type Assessment, assessPromotion } from '../../governance/promotions/assess.ts'
import { mayBreakGlass } from '../../governance/promotions/break-glass.ts'
import { findPromotionsBeside, getPromotion } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotion } from '../../governance/promotions/view.ts'
import type { Seen } from '../../governance/seen.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import type { Beside } from '../../search/page.ts'
import { attempt } from '../attempt.ts'
import { findRefusal } from '../forms.ts'
import { type Directions, directionsOf } from '../parts/directions.ts'

/** All that the page of a request shows, under the rights of the caller. */
export type Standing = {
  readonly view: PromotionView
  readonly live: LiveVersion | undefined
  /** Undefined: there is nothing to compare with, or it is gone. */
  readonly comparison: VersionComparison | undefined
  /** Which way its metrics are better, as policies, tags of the model and names say. */
  readonly better: Directions
  /** Those that judge it now; none where it is decided. */
  readonly policies: readonly Policy[]
  /** What a decision would be about; undefined: it is not open, or cannot be judged. */
  readonly seen: Seen | undefined
  /** Requests of the same model. */
  readonly beside: Beside<number>
  readonly may: Rights
}

/** The version that has the target, or had it last. */
export type LiveVersion = { readonly version: number; readonly isThere: boolean }

type Rights = {
  /** Why the caller may not approve or reject; undefined: they may. */
  readonly whyNotReview: string | undefined
  readonly whyNotMerge: string | undefined
  readonly breakGlass: boolean
  readonly withdraw: boolean
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readStanding(ctx: Context, id: number): Promise<Standing> {
  const promotion = await getPromotion(ctx, id)
  const isOpen = promotion.status === 'open' && promotion.expiresAtMs > ctx.now()
  const judged = isOpen ? await assessPromotion(ctx, promotion, 'known') : undefined
  const view = await viewPromotion(ctx, promotion, judged)
  const live = judged && liveOf(judged, view)
  const [comparison, model, beside, may] = await Promise.all([
    judged &&
      live &&
      attempt(
        'RESOURCE_DOES_NOT_EXIST',
        compareVersions(ctx, judged.candidate.model, { numbers: [live.version, view.version] }),
      ),
    judged && live && attempt('RESOURCE_DOES_NOT_EXIST', getModel(ctx, judged.candidate.model)),
    findPromotionsBeside(ctx, promotion),
    judged ? readRights(ctx, view, judged) : none,
  ])
  return {
    view: judged ? { ...view, model: judged.candidate.model } : view,
    live,
    comparison: comparison instanceof RegistryError ? undefined : comparison,
    better: directionsOf(
      judged?.policies ?? [],
      model === undefined || model instanceof RegistryError ? [] : [model],
    ),
    policies: judged?.policies ?? [],
    seen: view.seen && isOpen ? { ...view.seen, policies: view.policies } : undefined,
    beside,
    may,
  }
}

const none: Rights = {
  whyNotReview: undefined,
  whyNotMerge: undefined,
  breakGlass: false,
  withdraw: false,
}

function liveOf({ current }: Assessment, { target }: PromotionView): LiveVersion | undefined {
  if (!current) return undefined
  const isThere =
    target.alias === undefined
      ? current.stage === target.stage
      : current.aliases.includes(target.alias)
  return { version: current.version, isThere }
}

async function readRights(ctx: Context, view: PromotionView, judged: Assessment): Promise<Rights> {
  const [whyNotReview, whyNotMerge] = await Promise.all([
    findRefusal(requireToReview(ctx, view, judged)),
    findRefusal(requireToMerge(ctx, view.id)),
  ])
  return {
    whyNotReview,
    whyNotMerge,
    breakGlass:
      judged.policies.length > 0 && whyNotMerge === undefined && mayBreakGlass(ctx, judged),
    withdraw: mayWithdraw(ctx, view),
  }
}
