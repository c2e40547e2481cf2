import { eventId, type RegistryEvent } from '../events/events.ts'

/** An event in our own form: webhooks of the format `json`, and the stream of events. */
export function jsonEvent(event: RegistryEvent) {
  return {
    id: eventId(event),
    type: event.type,
    at: event.atMs,
    actor: event.actor,
    ...(event.model === null ? {} : { model: event.model }),
    ...(event.version === null ? {} : { version: event.version }),
    before: event.before,
    after: event.after,
    ...(event.reason === null ? {} : { reason: event.reason }),
    ...(event.promotionId === null ? {} : { promotion_id: event.promotionId }),
    ...(event.approvedBy.length === 0 ? {} : { approved_by: event.approvedBy }),
    ...(event.approvers?.length ? { approvers: event.approvers } : {}),
    ...(event.request && { request: requestJson(event.request) }),
  }
}

function requestJson(request: NonNullable<RegistryEvent['request']>) {
  const { url, status, target, requestedBy, reason, gates, approvals, blockedBy } = request
  const { required, given, missing } = approvals
  return {
    ...{ url, status, to: { ...target }, requested_by: requestedBy },
    ...(reason === null ? {} : { reason }),
    gates: gates.map(({ name, policy, status: is, detail }) => ({
      ...{ name, policy, status: is, detail },
    })),
    approvals: { required, given, missing: [...missing] },
    blocked_by: [...blockedBy],
  }
}
