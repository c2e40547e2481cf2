import { invalid } from '../../core/error.ts'
import { matchesAny } from './event-types.ts'

/** An event as MLflow names it, in capitals. */
export type MlflowEvent = { readonly entity: string; readonly action: string }

/** MLflow 3.17.2 numbers its entities and actions by their places in these lists. */
export const mlflowEntities = [
  'ENTITY_UNSPECIFIED',
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
] as const
export const mlflowActions = [
  'ACTION_UNSPECIFIED',
  'CREATED',
  'UPDATED',
  'DELETED',
  'SET',
  'EXCEEDED',
] as const

/** Every event of MLflow, and our type for it. Sorted as MLflow lists a webhook's events. */
const names: readonly (readonly [entity: string, action: string, type: string])[] = [
  ['BUDGET_POLICY', 'EXCEEDED', 'budget_policy.exceeded'],
  ['MODEL_VERSION', 'CREATED', 'model_version.created'],
  ['MODEL_VERSION_ALIAS', 'CREATED', 'model_version.alias_set'],
  ['MODEL_VERSION_ALIAS', 'DELETED', 'model_version.alias_deleted'],
  ['MODEL_VERSION_TAG', 'DELETED', 'model_version.tag_deleted'],
  ['MODEL_VERSION_TAG', 'SET', 'model_version.tag_set'],
  ['PROMPT', 'CREATED', 'prompt.created'],
  ['PROMPT_ALIAS', 'CREATED', 'prompt_version.alias_set'],
  ['PROMPT_ALIAS', 'DELETED', 'prompt_version.alias_deleted'],
  ['PROMPT_TAG', 'DELETED', 'prompt.tag_deleted'],
  ['PROMPT_TAG', 'SET', 'prompt.tag_set'],
  ['PROMPT_VERSION', 'CREATED', 'prompt_version.created'],
  ['PROMPT_VERSION_TAG', 'DELETED', 'prompt_version.tag_deleted'],
  ['PROMPT_VERSION_TAG', 'SET', 'prompt_version.tag_set'],
  ['REGISTERED_MODEL', 'CREATED', 'registered_model.created'],
]

/** MLflow's name for an event, or undefined if it has none. */
export function mlflowEventOf(type: string): MlflowEvent | undefined {
  const found = names.find(([, , ours]) => ours === type)
  return found && { entity: found[0], action: found[1] }
}

/**
 * Our type for one of MLflow's events.
 *
 * @throws INVALID_PARAMETER_VALUE the entity has no such action
 */
export function typeOfMlflowEvent({ entity, action }: MlflowEvent): string {
  const found = names.find(([e, a]) => e === entity && a === action)
  if (found) return found[2]
  const actions = names.filter(([e]) => e === entity).map(([, a]) => `'${a.toLowerCase()}'`)
  throw invalid(
    `Invalid action '${action.toLowerCase()}' for entity '${entity.toLowerCase()}'. Valid actions are: [${actions.join(', ')}]`,
  )
}

/** Those of MLflow's events that a webhook with these patterns gets. */
export function mlflowEventsOf(patterns: readonly string[]): MlflowEvent[] {
  return names
    .filter(([, , type]) => matchesAny(patterns, type))
    .map(([entity, action]) => ({ entity, action }))
}
