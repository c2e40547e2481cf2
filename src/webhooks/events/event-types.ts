import type { Action } from '../../audit/actions.ts'
import { matchesGlob } from '../../core/glob.ts'

/**
 * Actions of the audit log that are events under the same name. For prompts the names have `prompt`
 * instead of `registered_model`, and `prompt_version` instead of `model_version`.
 */
const ofModels = [
  'registered_model.created',
  'registered_model.updated',
  'registered_model.renamed',
  'registered_model.deleted',
  'registered_model.tag_set',
  'registered_model.tag_deleted',
  'model_version.created',
  'model_version.updated',
  'model_version.deleted',
  'model_version.transitioned',
  'model_version.rolled_back',
  'model_version.tag_set',
  'model_version.tag_deleted',
  'model_version.alias_set',
  'model_version.alias_deleted',
  'model_version.card_changed',
  'model_version.hold_placed',
  'model_version.hold_lifted',
  'model_version.linked',
  'model_version.unlinked',
  'model_version.damaged',
  'model_version.flagged',
  'registered_model.card_template_set',
  'registered_model.card_template_deleted',
] as const satisfies readonly Action[]

const others = [
  'version_comment.created',
  'promotion.opened',
  'promotion.approved',
  'promotion.commented',
  'promotion.checked',
  'promotion.rejected',
  'promotion.merged',
  'promotion.closed',
  'promotion.expired',
  'promotion.superseded',
  'promotion.followed_up',
  'gate.failed',
  'serving.failed',
  'deployment.set',
  'deployment.deleted',
  // A name of MLflow's gateway, which webhooks may ask for; this server has no gateway.
  'budget_policy.exceeded',
] as const

/**
 * Every type of event. docs/events.md has a row for each, with what its `before` and `after` hold.
 */
export const eventTypes: readonly string[] = [
  ...ofModels,
  ...ofModels.map((type) => typeOf(type, true)),
  ...others,
]
const known = new Set(eventTypes)

/** The event type of an action on models; for a prompt, the prompts' name for it. */
export function typeOf(action: string, isPrompt: boolean): string {
  if (!isPrompt) return action
  return action
    .replace(/^registered_model\./, 'prompt.')
    .replace(/^model_version\./, 'prompt_version.')
}

export function isEventType(type: string): boolean {
  return known.has(type)
}

/** Whether `pattern` is an event type, `*`, or all of one kind: `model_version.*`. */
export function isEventPattern(pattern: string): boolean {
  return (
    known.has(pattern) || eventTypes.some((type) => pattern === allOfKind(type)) || pattern === '*'
  )
}

export function matchesAny(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, type))
}

function allOfKind(type: string): string {
  return `${type.slice(0, type.indexOf('.'))}.*`
}
