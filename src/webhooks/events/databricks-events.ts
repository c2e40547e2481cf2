import type { EventFields, RegistryEvent } from './events.ts'
import { exampleEvent } from './example-event.ts'

/** Every event of Databricks' registry webhooks. */
export const databricksEvents = [
  'MODEL_VERSION_CREATED',
  'MODEL_VERSION_TRANSITIONED_STAGE',
  'TRANSITION_REQUEST_CREATED',
  'COMMENT_CREATED',
  'REGISTERED_MODEL_CREATED',
  'MODEL_VERSION_TAG_SET',
  'MODEL_VERSION_TRANSITIONED_TO_STAGING',
  'MODEL_VERSION_TRANSITIONED_TO_PRODUCTION',
  'MODEL_VERSION_TRANSITIONED_TO_ARCHIVED',
  'TRANSITION_REQUEST_TO_STAGING_CREATED',
  'TRANSITION_REQUEST_TO_PRODUCTION_CREATED',
  'TRANSITION_REQUEST_TO_ARCHIVED_CREATED',
] as const
export type DatabricksEvent = (typeof databricksEvents)[number]

const transitions = ['model_version.transitioned', 'model_version.rolled_back']
const requests = ['promotion.opened']

/** Our types for each, and the stage that the event must be about, if there is one. */
const meanings: Readonly<
  Record<DatabricksEvent, { readonly types: readonly string[]; readonly stage?: string }>
> = {
  MODEL_VERSION_CREATED: { types: ['model_version.created'] },
  MODEL_VERSION_TRANSITIONED_STAGE: { types: transitions },
  TRANSITION_REQUEST_CREATED: { types: requests },
  COMMENT_CREATED: { types: ['version_comment.created'] },
  REGISTERED_MODEL_CREATED: { types: ['registered_model.created'] },
  MODEL_VERSION_TAG_SET: { types: ['model_version.tag_set'] },
  MODEL_VERSION_TRANSITIONED_TO_STAGING: { types: transitions, stage: 'Staging' },
  MODEL_VERSION_TRANSITIONED_TO_PRODUCTION: { types: transitions, stage: 'Production' },
  MODEL_VERSION_TRANSITIONED_TO_ARCHIVED: { types: transitions, stage: 'Archived' },
  TRANSITION_REQUEST_TO_STAGING_CREATED: { types: requests, stage: 'Staging' },
  TRANSITION_REQUEST_TO_PRODUCTION_CREATED: { types: requests, stage: 'Production' },
  TRANSITION_REQUEST_TO_ARCHIVED_CREATED: { types: requests, stage: 'Archived' },
}

/** Our types of these events, each once. */
export function typesOfDatabricksEvents(events: readonly DatabricksEvent[]): string[] {
  return [...new Set(events.flatMap((name) => meanings[name].types))]
}

/** The first of these names that fits an event; undefined if none does. */
export function databricksEventOf(
  event: RegistryEvent,
  among: readonly DatabricksEvent[] = databricksEvents,
): DatabricksEvent | undefined {
  return among.find((name) => {
    const { types, stage } = meanings[name]
    if (!types.includes(event.type)) return false
    const to = toStage(event)
    // Databricks has no requests for aliases.
    if (types === requests && to === undefined) return false
    return stage === undefined || stage === to
  })
}

/** The stage that a version went to, or that a request is for. */
export function toStage({ after }: Pick<RegistryEvent, 'after'>): string | undefined {
  const stage = after.stage ?? (after.to as EventFields | undefined)?.stage
  return typeof stage === 'string' ? stage : undefined
}

/** An example of an event, about a model and a version that need not exist. */
export function databricksExample(name: DatabricksEvent, atMs: number): RegistryEvent {
  const { types, stage = 'Production' } = meanings[name]
  const example = exampleEvent(types[0] ?? name, atMs)
  if (types === requests) return { ...example, after: { to: { stage } } }
  return types === transitions ? { ...example, after: { stage } } : example
}

/** The additional fields of a webhook made by Databricks' API. */
export type DatabricksTerms = {
  readonly events: readonly DatabricksEvent[]
  /** It gets only examples. This matters only while it is disabled. */
  readonly testMode: boolean
}

/** The terms as they are stored in `webhooks.databricks`. */
export function databricksTerms(text: string | null): DatabricksTerms | undefined {
  return text === null ? undefined : JSON.parse(text)
}
