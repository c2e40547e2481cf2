import { promptKey } from '../../core/names.ts'
import type { EventFields, RegistryEvent } from '../events/events.ts'
import { mlflowEventOf } from '../events/mlflow-events.ts'

const promptTypeKey = '_mlflow_prompt_type'
const promptTextKey = 'mlflow.prompt.text'

/**
 * An event as MLflow 3.17.2 sends it: entity and action in lower case, and for each the fields that
 * MLflow documents. Events that MLflow has no name for keep our name, with `before` and `after`.
 */
export function mlflowPayload(event: RegistryEvent): object {
  const named = mlflowEventOf(event.type)
  const [entity, action] = named
    ? [named.entity.toLowerCase(), named.action.toLowerCase()]
    : event.type.split('.')
  return {
    entity,
    action,
    timestamp: isoTime(event.atMs),
    data: dataOf(event, named !== undefined),
  }
}

/** As Python's isoformat() writes a time of UTC. */
function isoTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000+00:00')
}

function dataOf(event: RegistryEvent, hasMlflowName: boolean): object {
  const { model: name, version, before, after } = event
  const ofVersion = version === null ? { name } : { name, version }
  if (!hasMlflowName) return { ...ofVersion, before, after }
  switch (event.type) {
    case 'registered_model.created':
      return { name, tags: after.tags, description: after.description ?? '' }
    case 'prompt.created':
      return {
        name,
        tags: tagsWithout(after, [promptKey, promptTypeKey]),
        description: after.description ?? '',
      }
    case 'model_version.created':
      return {
        name,
        version,
        source: after.source,
        run_id: after.run_id || null,
        tags: after.tags,
        description: after.description || null,
      }
    case 'prompt_version.created':
      return {
        name,
        version,
        template: tagsOf(after)[promptTextKey] ?? null,
        tags: tagsWithout(after, [promptKey, promptTypeKey, promptTextKey]),
        description: after.description || null,
      }
  }
  if (event.type.endsWith('.alias_set')) return { name, alias: after.alias, version }
  if (event.type.endsWith('.alias_deleted')) return { name, alias: before.alias }
  if (event.type.endsWith('.tag_deleted')) return { ...ofVersion, key: before.key }
  return { ...ofVersion, key: after.key, value: after.value }
}

function tagsOf(after: EventFields): EventFields {
  return (after.tags ?? {}) as EventFields
}

function tagsWithout(after: EventFields, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(tagsOf(after)).filter(([key]) => !keys.includes(key)))
}
