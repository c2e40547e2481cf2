import type { Promotion } from '../../governance/promotions/promotion.ts'

type ActivityType =
  | 'REQUESTED_TRANSITION'
  | 'APPROVED_REQUEST'
  | 'APPLIED_TRANSITION'
  | 'REJECTED_REQUEST'
  | 'CANCELLED_REQUEST'

/** Databricks' `Activity`: what somebody did about a request. */
export type Activity = {
  readonly type: ActivityType
  readonly user: string
  readonly atMs: number
  readonly comment: string | undefined
  /** The server's message about it. */
  readonly systemComment?: string | undefined
}

/** The id is that of the promotion request, as in `/api/v1/promotions` and on the web page. */
export function activityToWire(promotion: Promotion, activity: Activity): object {
  const { type, user, atMs, comment, systemComment } = activity
  return {
    id: String(promotion.id),
    activity_type: type,
    user_id: user,
    creation_timestamp: atMs,
    last_updated_timestamp: atMs,
    from_stage: promotion.fromStage,
    to_stage: promotion.target.stage,
    comment,
    system_comment: systemComment,
  }
}

/** Databricks' `TransitionRequest`, with the other fields of an `Activity`. */
export function requestToWire(promotion: Promotion, actions: readonly string[]): object {
  const activity = activityToWire(promotion, {
    type: 'REQUESTED_TRANSITION',
    user: promotion.requestedBy.name,
    atMs: promotion.requestedAtMs,
    comment: promotion.reason ?? undefined,
  })
  return { ...activity, available_actions: actions }
}
