import type { RegistryEvent } from './events.ts'
import { cloudEvent } from './format-cloudevents.ts'
import { eventBridgeEvent } from './format-eventbridge.ts'
import { jsonEvent } from './format-json.ts'
import { mlflowPayload } from './format-mlflow.ts'
import { slackMessage } from './format-slack.ts'

/** The forms that a webhook may have its events in. */
export const formats = ['mlflow', 'json', 'cloudevents', 'slack', 'eventbridge'] as const
export type Format = (typeof formats)[number]

export type Payload = { readonly contentType: string; readonly body: string }

/** What is sent of an event: always the same for one event, so that a retry has the same signature. */
export function payload(format: Format, event: RegistryEvent, webhookId: string): Payload {
  switch (format) {
    case 'mlflow':
      return json(mlflowPayload(event))
    case 'json':
      return json(jsonEvent(event))
    case 'cloudevents':
      return json(cloudEvent(event, webhookId), 'application/cloudevents+json')
    case 'slack':
      return json(slackMessage(event))
    case 'eventbridge':
      return json(eventBridgeEvent(event))
  }
}

function json(value: object, contentType = 'application/json'): Payload {
  return { contentType, body: JSON.stringify(value) }
}
