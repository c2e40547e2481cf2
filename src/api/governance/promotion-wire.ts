import type { z } from 'zod'
import type { Policy, PolicyDocument, PromotionTarget } from '../../governance/policies/policy.ts'
import { bodyFrom } from '../../governance/policies/policy-body.ts'
import type { GateResult } from '../../governance/promotions/judge.ts'
import { promotionUrl } from '../../governance/promotions/promotion.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import type { Seen } from '../../governance/seen.ts'
import type { Context } from '../../platform/context.ts'
import { checkAlias, checkNotReserved } from '../../registry/check-names.ts'
import { resolveStage } from '../../registry/stages/stages.ts'
import type { ReadonlyDeep } from '../endpoints/endpoint.ts'
import type { GateResultShape, PolicyShape } from '../endpoints/policies.ts'
import type { PromotionShape, SeenShape } from '../endpoints/promotions.ts'

/** A request as `/api/v1` answers it. */
export function promotionToWire(
  ctx: Context,
  promotion: PromotionView,
): ReadonlyDeep<z.input<typeof PromotionShape>> {
  return {
    id: String(promotion.id),
    model: promotion.model,
    version: String(promotion.version),
    from: { stage: promotion.fromStage },
    to: { ...promotion.target },
    archive_existing: promotion.archiveExisting,
    status: promotion.status,
    requested_by: promotion.requestedBy,
    requested_at: promotion.requestedAtMs,
    expires_at: promotion.expiresAtMs,
    ...(promotion.reason === null ? {} : { reason: promotion.reason }),
    ...(promotion.decidedBy ? { decided_by: promotion.decidedBy } : {}),
    ...(promotion.decidedAtMs === null ? {} : { decided_at: promotion.decidedAtMs }),
    ...(promotion.closedBecause === null ? {} : { closed_because: promotion.closedBecause }),
    policies: promotion.policies.map(({ name }) => name),
    policy_revisions: promotion.policies.map(({ name, revision }) => ({ name, revision })),
    ...(promotion.seen && {
      digest: promotion.seen.digest,
      card_revision: promotion.seen.cardRevision,
      ...(promotion.seen.factsDigest !== undefined && {
        facts_digest: promotion.seen.factsDigest,
      }),
      ...(promotion.seen.comparedWith !== undefined && {
        compared_with: comparedToWire(promotion.seen.comparedWith),
      }),
    }),
    gates: promotion.gates.map(gateToWire),
    approvals: approvalsToWire(promotion.approvals),
    reviews: promotion.reviews.map(({ id, principal, decision, comment, atMs, dismissed }) => ({
      id: String(id),
      by: principal,
      decision,
      ...(comment === null ? {} : { comment }),
      at: atMs,
      ...(dismissed === undefined ? {} : { dismissed }),
    })),
    checks: promotion.checks.map(({ name, status, url, summary, postedBy, atMs, digest }) => ({
      name,
      status,
      ...(url === undefined ? {} : { url }),
      ...(summary === undefined ? {} : { summary }),
      by: postedBy,
      at: atMs,
      ...(digest === null ? {} : { digest }),
    })),
    ...(promotion.judgedAtMs === null ? {} : { judged_at: promotion.judgedAtMs }),
    can_merge: promotion.canMerge,
    blocked_by: promotion.blockedBy,
    break_glass: promotion.breakGlass,
    ...(promotion.followedUpBy === null ? {} : { followed_up_by: promotion.followedUpBy }),
    url: promotionUrl(ctx, promotion.id),
  }
}

/** What a caller says that they saw. */
export function seenFrom(given: z.output<typeof SeenShape>): Seen {
  return {
    digest: given.digest,
    cardRevision: given.card_revision,
    policies: given.policy_revisions,
    factsDigest: given.facts_digest,
    comparedWith: given.compared_with == null ? given.compared_with : Number(given.compared_with),
  }
}

function comparedToWire(version: number | null): string | null {
  return version === null ? null : String(version)
}

export function gateToWire(gate: GateResult): ReadonlyDeep<z.input<typeof GateResultShape>> {
  const { name, policy, type, status, detail, evaluatedAtMs } = gate
  return { name, policy, type, status, detail, evaluated_at: evaluatedAtMs }
}

export function approvalsToWire({ required, given, missing }: PromotionView['approvals']) {
  return { required, given, missing }
}

export function policyToWire(
  { name, revision, updatedAtMs }: Pick<Policy, 'name' | 'revision' | 'updatedAtMs'>,
  document: PolicyDocument,
): ReadonlyDeep<z.input<typeof PolicyShape>> {
  return { name, revision, updated_at: updatedAtMs, ...bodyFrom(document) }
}

/** @throws INVALID_PARAMETER_VALUE no such stage, or not a valid name of an alias */
export async function targetFrom(
  ctx: Context,
  { stage, alias }: { stage?: string | undefined; alias?: string | undefined },
): Promise<PromotionTarget> {
  if (stage !== undefined) return { stage: await resolveStage(ctx, stage) }
  checkAlias(alias ?? '')
  checkNotReserved(alias ?? '')
  return { alias: alias ?? '' }
}
