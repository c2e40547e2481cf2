import { checkLength, workspacePath } from '../../core/names.ts'
import type { PrincipalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { ApprovalState } from '../approvals.ts'
import { commentCharsMax } from '../comments.ts'
import type { FilesRead } from '../policies/integrity-gate.ts'
import type { PromotionTarget } from '../policies/policy.ts'
import type { promotions } from '../tables.ts'
import type { GateResult } from './judge.ts'

export type PromotionStatus = 'open' | 'merged' | 'rejected' | 'closed' | 'expired' | 'superseded'

/** A request to let a version into a stage, or to point an alias at it: the pull request of models. */
export type Promotion = {
  readonly id: number
  readonly workspace: string
  /** `registered_models.id`, `model_versions.id`. */
  readonly registeredModelId: number
  readonly modelVersionId: number
  readonly model: string
  readonly version: number
  readonly fromStage: string
  readonly target: PromotionTarget
  readonly archiveExisting: boolean
  readonly status: PromotionStatus
  readonly requestedBy: PrincipalRecord
  readonly requestedAtMs: number
  readonly expiresAtMs: number
  readonly reason: string | null
  /** Why a superseded request was closed. */
  readonly closedBecause: string | null
  readonly decidedAtMs: number | null
  readonly decidedBy: PrincipalRecord | null
  readonly filesRead: FilesReadBefore | null
  /** The last judgement, frozen by the decision; null: there was none, or it did not decide. */
  readonly evidence: Evidence | null
  /** When `evidence` was judged; null also for requests that were decided before this was kept. */
  readonly judgedAtMs: number | null
  readonly breakGlass: boolean
  readonly followedUpBy: string | null
}

/** The address of a request's page; a path alone where nobody asks and no `public-url` is set. */
export function promotionUrl(
  { serverUrl, settings, workspace }: Pick<Context, 'serverUrl' | 'settings' | 'workspace'>,
  id: number,
): string {
  const server = serverUrl?.() ?? settings.publicUrl ?? ''
  return `${server}${workspacePath(workspace)}/promotions/${id}`
}

export type FilesReadBefore = FilesRead & {
  readonly at_ms: number
}

/** What a request was judged by. */
export type Evidence = {
  readonly gates: readonly GateResult[]
  readonly approvals: ApprovalState
  readonly policies: readonly { readonly name: string; readonly revision: number }[]
  readonly blocked_by: readonly string[]
  /** `model_versions.id` of the version that it was compared with; null: none. */
  readonly compared?: number | null
  /** Its number then; absent in rows that older servers wrote. */
  readonly compared_version?: number | null
  /** Of the files that were judged, null: not sealed; absent in rows that older servers wrote. */
  readonly digest?: string | null
  readonly card_revision?: number
  readonly facts_digest?: string | null
  /** Why reviews did not count any more, by their ids. */
  readonly dismissed?: Readonly<Record<string, string>>
}

export type PromotionRow = typeof promotions.$inferSelect

export function promotionFrom(row: PromotionRow): Promotion {
  return {
    id: row.id,
    workspace: row.workspace,
    registeredModelId: row.registered_model,
    modelVersionId: row.model_version,
    model: row.model,
    version: row.version,
    fromStage: row.from_stage,
    target: row.target_kind === 'stage' ? { stage: row.target } : { alias: row.target },
    archiveExisting: row.archive_existing === 1,
    // Only these are ever written.
    status: row.status as PromotionStatus,
    requestedBy: JSON.parse(row.requested_by),
    requestedAtMs: row.requested_at_ms,
    expiresAtMs: row.expires_at_ms,
    reason: row.reason,
    closedBecause: row.closed_because,
    decidedAtMs: row.decided_at_ms,
    decidedBy: parsed(row.decided_by),
    filesRead: parsed(row.files_read),
    evidence: parsed(row.evidence),
    judgedAtMs: row.judged_at_ms,
    breakGlass: row.break_glass === 1,
    followedUpBy: row.followed_up_by,
  }
}

/** JSON that this folder wrote. */
function parsed<T>(text: string | null): T | null {
  return text === null ? null : JSON.parse(text)
}

/** Refuses what people say of a request where it is too long, whichever way it came. @param field of the message */
export function checkSaid(text: string | undefined, field = 'comment'): void {
  checkLength(text ?? '', commentCharsMax, field)
}
