import type { z } from 'zod'
import { invalid } from '../../core/error.ts'
import type { Policy, PolicyDocument, PromotionTarget } from '../../governance/policies/policy.ts'
import type { GateResult } from '../../governance/promotions/judge.ts'
import { promotionUrl } from '../../governance/promotions/promotion.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import type { Seen } from '../../governance/seen.ts'
import type { Context } from '../../platform/context.ts'
import { checkAlias, checkNotReserved } from '../../registry/check-names.ts'
import { resolveStage } from '../../registry/stages/stages.ts'
import type { ReadonlyDeep } from '../endpoints/endpoint.ts'
import type { GateResultShape, PolicyBody, PolicyShape } from '../endpoints/policies.ts'
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
  }
}

export function gateToWire(gate: GateResult): ReadonlyDeep<z.input<typeof GateResultShape>> {
  const { name, policy, type, status, detail, evaluatedAtMs } = gate
  return { name, policy, type, status, detail, evaluated_at: evaluatedAtMs }
}

export function approvalsToWire({ required, given, missing }: PromotionView['approvals']) {
  return { required, given, missing }
}

/**
 * A policy as its author wrote it, with the short form of approvals spelled out.
 *
 * @throws INVALID_PARAMETER_VALUE the short form and the rules differ
 */
export function documentFrom(body: z.output<typeof PolicyBody>): PolicyDocument {
  const { required, from = [], rules, ...terms } = body.approvals
  const counted = required ?? 0
  const spelled = rules ?? (counted > 0 ? [{ required: counted, from }] : [])
  const sum = spelled.reduce((total, rule) => total + rule.required, 0)
  if (required !== undefined && required !== sum) {
    throw invalid(
      `'approvals' requires ${required}, and its 'rules' ${sum} together; leave one of them out`,
    )
  }
  return {
    applies_to: body.applies_to,
    approvals: { ...terms, rules: spelled, only: spelled.length === 0 ? from : [] },
    gates: body.gates,
    // Left out where it says nothing, so that an older policy put again is the same.
    ...(body.facts === 'registered' && { facts: body.facts }),
    auto_promote: body.auto_promote,
    rollback: body.rollback,
    break_glass: body.break_glass,
  }
}

export function policyToWire(
  policy: Pick<Policy, 'name' | 'revision' | 'updatedAtMs'>,
  document: PolicyDocument,
): ReadonlyDeep<z.input<typeof PolicyShape>> {
  const { only, rules, ...terms } = document.approvals
  const [first] = rules
  const from = rules.length === 1 && first ? first.from : only
  return {
    name: policy.name,
    revision: policy.revision,
    updated_at: policy.updatedAtMs,
    applies_to: { ...document.applies_to },
    approvals: {
      ...terms,
      required: rules.reduce((sum, rule) => sum + rule.required, 0),
      from: [...from],
      rules: rules.map((rule) => ({ required: rule.required, from: [...rule.from] })),
    },
    // The shape validated these when the policy was written.
    gates: document.gates as ReadonlyDeep<z.input<typeof PolicyShape>>['gates'],
    facts: document.facts ?? 'latest',
    auto_promote: document.auto_promote,
    rollback: { ...document.rollback },
    break_glass: { from: [...document.break_glass.from] },
  }
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
