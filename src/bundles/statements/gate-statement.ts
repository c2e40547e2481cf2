import type { GateResult } from '../../governance/promotions/judge.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'

/** The policies that a request was merged under, each with the hash of what it said. */
export type PolicyDigest = {
  readonly name: string
  readonly revision: number
  /** `sha256:` and hex, of its name, revision and document as RFC 8785 JSON. */
  readonly digest: string
}

/**
 * How the gates of a merged request came out, as in-toto's test result. A gate that failed was
 * overruled by break-glass.
 */
export function testResultOf(
  { id, gates }: Pick<PromotionView, 'id' | 'gates'>,
  policies: readonly PolicyDigest[],
): Record<string, unknown> {
  const named = (wanted: (gate: GateResult) => boolean) =>
    gates.filter(wanted).map(({ policy, name }) => `${policy}/${name}`)
  const failed = named(({ status }) => status !== 'passed')
  return {
    result: failed.length === 0 ? 'PASSED' : 'FAILED',
    configuration: policies.map(({ name, revision, digest }) => ({
      name,
      digest: { sha256: digest.replace('sha256:', '') },
      annotations: { revision },
    })),
    passedTests: named(({ status }) => status === 'passed'),
    warnedTests: [],
    failedTests: failed,
    annotations: { promotion: String(id) },
  }
}

/** A request in words of the release statement. */
export function promotionToStatement(promotion: PromotionView): Record<string, unknown> {
  const { id, target, status, reason, gates, approvals, policies, reviews, breakGlass } = promotion
  return {
    id: String(id),
    to: target,
    status,
    requestedBy: promotion.requestedBy,
    requestedAt: promotion.requestedAtMs,
    decidedBy: promotion.decidedBy,
    decidedAt: promotion.decidedAtMs,
    ...(reason !== null && { reason }),
    ...(breakGlass && { breakGlass }),
    policies,
    gates: gates.map(({ evaluatedAtMs, ...gate }) => ({ ...gate, evaluatedAt: evaluatedAtMs })),
    approvals: {
      ...approvals,
      reviews: reviews.map(({ principal, decision, comment, atMs, reviewed, dismissed }) => ({
        by: principal,
        decision,
        ...(comment !== null && { comment }),
        at: atMs,
        boundTo: boundTo(reviewed),
        ...(dismissed !== undefined && { dismissed }),
      })),
    },
    checks: promotion.checks.map(({ atMs, postedBy, ...check }) => ({
      ...check,
      by: postedBy,
      at: atMs,
    })),
  }
}

/** The files and the card that a review was about, of the text that is kept with it. */
function boundTo(reviewed: string): Record<string, unknown> {
  const [digest, cardRevision] = JSON.parse(reviewed) as unknown[]
  return { digest, cardRevision }
}
