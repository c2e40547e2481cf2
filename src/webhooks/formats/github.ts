import { cutText } from '../../core/error.ts'
import type { EventFields, RegistryEvent } from '../events/events.ts'
import { jsonEvent } from './json.ts'

/** GitHub takes no longer name of an event. */
const eventTypeCharsMax = 100

/**
 * An event as a repository dispatch of GitHub, which starts the workflows that listen to
 * `repository_dispatch`. GitHub takes ten fields of `client_payload`, so the event lies in one.
 *
 * @see https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
 */
export function repositoryDispatch(event: RegistryEvent): object {
  const { type, model, version, after, request } = event
  const { stage, alias } = (after.to ?? after) as EventFields
  return {
    event_type: cutText(type, eventTypeCharsMax),
    client_payload: {
      ...(model === null ? {} : { model }),
      ...(version === null ? {} : { version }),
      ...(typeof stage === 'string' && { stage }),
      ...(typeof alias === 'string' && { alias }),
      ...(request && { url: request.url }),
      event: jsonEvent(event),
    },
  }
}
