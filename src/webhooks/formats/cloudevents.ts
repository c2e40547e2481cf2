import { eventId, type RegistryEvent } from '../events/events.ts'
import { jsonEvent } from './json.ts'

/**
 * An event as CloudEvents 1.0 in structured JSON. Ids are unique within `source`: the webhook, since
 * two servers count their events alike.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function cloudEvent(event: RegistryEvent, webhookId: string): object {
  return {
    specversion: '1.0',
    id: eventId(event),
    source: `/gatehouse/webhooks/${webhookId}`,
    type: `gatehouse.${event.type}`,
    ...(event.model === null ? {} : { subject: subjectOf(event.model, event.version) }),
    time: new Date(event.atMs).toISOString(),
    datacontenttype: 'application/json',
    data: jsonEvent(event),
  }
}

function subjectOf(model: string, version: string | null): string {
  const path = `models/${encodeURIComponent(model)}`
  return version === null ? path : `${path}/versions/${version}`
}
