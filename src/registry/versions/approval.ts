import { type SQL, sql } from 'drizzle-orm'
import { type PrincipalRecord, principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { modelVersions } from '../tables.ts'

/** As SageMaker names them. */
export type ApprovalStatus = 'PendingManualApproval' | 'Approved' | 'Rejected'

/** The outcome of the last request to promote a version. */
export type Approval = {
  readonly status: ApprovalStatus
  readonly by: PrincipalRecord
  readonly atMs: number
  readonly reason: string | null
}

type ApprovalNote = {
  readonly status: ApprovalStatus
  readonly reason: string | undefined
  readonly guard: SQL
}

/**
 * The statement that notes the outcome of a version's last request. It belongs into the batch that
 * changes the request.
 *
 * @param id of the version, `model_versions.id`
 * @param note.guard holds where the request has come to this
 */
export function noteApproval(
  ctx: Context,
  id: number,
  { status, reason, guard }: ApprovalNote,
): SQL {
  return sql`update model_versions set approval_status = ${status},
      approval_by = ${principalText(ctx.principal)}, approval_at_ms = ${ctx.now()},
      approval_reason = ${reason ?? null}
    where id = ${id} and ${guard}`
}

/**
 * The statement that gives a version the approval status of an earlier request, when the last one
 * ended undecided, or no status where there is no earlier one.
 *
 * @param earlier a select of at most one row: status, who as JSON, Unix milliseconds, and the
 *   reason
 */
export function restoreApproval(id: number, earlier: SQL, guard: SQL): SQL {
  return sql`update model_versions set
      (approval_status, approval_by, approval_at_ms, approval_reason) = (${earlier})
    where id = ${id} and ${guard}`
}

type Columns = Pick<
  typeof modelVersions.$inferSelect,
  'approval_status' | 'approval_by' | 'approval_at_ms' | 'approval_reason'
>

/**
 * The approval in a row of `model_versions`; null if there was none. All columns are set at once.
 */
export function approvalFrom(row: Columns): Approval | null {
  const { approval_status, approval_by, approval_at_ms, approval_reason } = row
  if (approval_status === null || approval_by === null || approval_at_ms === null) return null
  return {
    // No other values are ever written.
    status: approval_status as ApprovalStatus,
    by: JSON.parse(approval_by),
    atMs: approval_at_ms,
    reason: approval_reason,
  }
}
