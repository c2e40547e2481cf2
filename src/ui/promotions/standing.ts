import { RegistryError } from '../../core/error.ts'
import {
  compareVersions,
  describeVersion,
  type VersionComparison,
} from '../../governance/compare/compare-versions.ts'
import { mayWithdraw, requireToMerge, requireToReview } from '../../governance/permissions.ts'
import type { Policy } from '../../governance/policies/policy.ts'
import { type Assessment, assessPromotion } from '../../governance/promotions/assess.ts'
import { mayBreakGlass } from '../../governance/promotions/break-glass.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { findPromotionsBeside, getPromotion } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotion } from '../../governance/promotions/view.ts'
import type { Seen } from '../../governance/seen.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import type { Beside } from '../../search/page.ts'
import { type Followers, readFollowers } from '../../serving/followers.ts'
import { attempt } from '../attempt.ts'
import { findRefusal } from '../forms.ts'
import { type Directions, directionsOf } from '../parts/directions.ts'
import { type Aftermath, readAftermath } from './outcome/aftermath.ts'

/** All that the page of a request shows, under the rights of the caller. */
export type Standing = {
  readonly view: PromotionView
  readonly live: LiveVersion | undefined
  /** With the live version; where there is none, all of the new one. Undefined: it is decided, or one is gone. */
  readonly comparison: VersionComparison | undefined
  /** Undefined: it is decided. */
  readonly followers: Followers | undefined
  /** Undefined: it is open, or the version is gone. */
  readonly aftermath: Aftermath | undefined
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
  const [{ judged, view, grounds, whyNotReview }, whyNotMerge, aftermath, beside] =
    await Promise.all([
      readJudged(ctx, promotion, isOpen),
      isOpen ? findRefusal(requireToMerge(ctx, id)) : undefined,
      promotion.status === 'open' ? undefined : readAftermath(ctx, promotion),
      findPromotionsBeside(ctx, promotion),
    ])
  return {
    view: judged ? { ...view, model: judged.candidate.model } : view,
    ...grounds,
    aftermath,
    policies: judged?.policies ?? [],
    seen: view.seen && isOpen ? { ...view.seen, policies: view.policies } : undefined,
    beside,
    may: judged ? rightsOf(ctx, view, { judged, whyNotReview, whyNotMerge }) : none,
  }
}

/** The request as it is judged, and all that follows from that. */
async function readJudged(ctx: Context, promotion: Promotion, isOpen: boolean) {
  const judged = isOpen ? await assessPromotion(ctx, promotion, 'known') : undefined
  const [view, grounds, whyNotReview] = await Promise.all([
    viewPromotion(ctx, promotion, judged),
    judged ? readGrounds(ctx, promotion, judged) : noGrounds,
    judged ? findRefusal(requireToReview(ctx, promotion, judged)) : undefined,
  ])
  return { judged, view, grounds, whyNotReview }
}

type Grounds = Pick<Standing, 'live' | 'comparison' | 'followers' | 'better'>

const noGrounds: Grounds = {
  live: undefined,
  comparison: undefined,
  followers: undefined,
  better: directionsOf([], []),
}

/** What an open request is decided by, beside its judgement. */
async function readGrounds(
  ctx: Context,
  { target }: Promotion,
  judged: Assessment,
): Promise<Grounds> {
  const { model: name, version } = judged.candidate
  const live = liveOf(judged, target)
  const [comparison, model, followers] = await Promise.all([
    attempt(
      'RESOURCE_DOES_NOT_EXIST',
      live
        ? compareVersions(ctx, name, { numbers: [live.version, version] })
        : describeVersion(ctx, name, version),
    ),
    attempt('RESOURCE_DOES_NOT_EXIST', getModel(ctx, name)),
    readFollowers(ctx, name, target),
  ])
  return {
    live,
    comparison: comparison instanceof RegistryError ? undefined : comparison,
    followers,
    better: directionsOf(judged.policies, model instanceof RegistryError ? [] : [model]),
  }
}

const none: Rights = {
  whyNotReview: undefined,
  whyNotMerge: undefined,
  breakGlass: false,
  withdraw: false,
}

function liveOf({ current }: Assessment, target: Promotion['target']): LiveVersion | undefined {
  if (!current) return undefined
  const isThere =
    target.alias === undefined
      ? current.stage === target.stage
      : current.aliases.includes(target.alias)
  return { version: current.version, isThere }
}

type Refusals = Pick<Rights, 'whyNotReview' | 'whyNotMerge'>

function rightsOf(
  ctx: Context,
  view: PromotionView,
  { judged, ...refusals }: Refusals & { readonly judged: Assessment },
): Rights {
  return {
    ...refusals,
    breakGlass:
      judged.policies.length > 0 &&
      refusals.whyNotMerge === undefined &&
      mayBreakGlass(ctx, judged),
    withdraw: mayWithdraw(ctx, view),
  }
}
