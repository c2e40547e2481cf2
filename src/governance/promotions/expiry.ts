import { conflict } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Policy } from '../policies/policy.ts'
import type { Promotion } from './promotion.ts'

const hourMs = 3_600_000
const hoursDefault = 720

/** How long a request stays open: as long as the strictest of its policies says. */
export function openForMs(policies: readonly Policy[]): number {
  const hours = policies.map(({ document }) => document.approvals.expire_after_hours)
  return Math.round(Math.min(...hours, hoursDefault) * hourMs)
}

/**
 * Whether a request is past its time, by the policies that guard its target now. Its column follows them
 * when they change, but not for requests of earlier releases.
 */
export function hasExpired(
  { now }: Pick<Context, 'now'>,
  { expiresAtMs, requestedAtMs }: Pick<Promotion, 'expiresAtMs' | 'requestedAtMs'>,
  openMs: number,
): boolean {
  return Math.min(expiresAtMs, requestedAtMs + openMs) <= now()
}

/** @throws RESOURCE_CONFLICT it is past its time by these policies */
export function refuseExpired(
  ctx: Pick<Context, 'now'>,
  promotion: Promotion,
  policies: readonly Policy[],
): void {
  if (!hasExpired(ctx, promotion, openForMs(policies))) return
  throw conflict(`Promotion request #${promotion.id} has expired; open another one`)
}
