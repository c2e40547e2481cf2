import type { PackageSettings } from '../../platform/settings/settings.ts'
import type { DatabricksTerms } from '../events/databricks-events.ts'
import type { RegistryEvent } from '../events/events.ts'
import { withBeginnings } from '../events/whole-texts.ts'
import { cloudEvent } from './cloudevents.ts'
import { databricksPayload } from './databricks.ts'
import { eventBridgeEvent } from './eventbridge.ts'
import { repositoryDispatch } from './github.ts'
import { jsonEvent } from './json.ts'
import { mlflowPayload } from './mlflow.ts'
import { sageMakerEvent } from './sagemaker.ts'
import { slackMessage } from './slack.ts'

/** The forms in which a webhook may get its events. */
export const formats = [
  'mlflow',
  'json',
  'cloudevents',
  'slack',
  'eventbridge',
  'sagemaker',
  'databricks',
  'github',
] as const
export type Format = (typeof formats)[number]

export type Payload = { readonly contentType: string; readonly body: string }

type PayloadTerms = {
  readonly format: Format
  readonly webhookId: string
  /** For a webhook that was made by Databricks' API. */
  readonly terms?: DatabricksTerms | undefined
  readonly packages: PackageSettings
}

/** The body that is sent for an event, the same for the same event. */
export function payloadOf(
  event: RegistryEvent,
  { format, webhookId, terms, packages }: PayloadTerms,
): Payload {
  switch (format) {
    case 'mlflow':
      return json(mlflowPayload(event))
    case 'json':
      return json(jsonEvent(event))
    case 'cloudevents':
      return json(cloudEvent(event, webhookId), 'application/cloudevents+json')
    case 'slack':
      return json(slackMessage(forPeople(event)))
    case 'eventbridge':
      return json(eventBridgeEvent(event, packages))
    case 'sagemaker':
      return json(sageMakerEvent(event, packages))
    case 'databricks':
      return json(databricksPayload(forPeople(event), webhookId, terms?.events))
    case 'github':
      return json(repositoryDispatch(forPeople(event)))
  }
}

function forPeople(event: RegistryEvent): RegistryEvent {
  return { ...event, before: withBeginnings(event.before), after: withBeginnings(event.after) }
}

function json(value: object, contentType = 'application/json'): Payload {
  return { contentType, body: JSON.stringify(value) }
}
