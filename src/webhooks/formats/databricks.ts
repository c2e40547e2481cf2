import { type DatabricksEvent, databricksEventOf, toStage } from '../events/databricks-events.ts'
import type { RegistryEvent } from '../events/events.ts'

/**
 * An event as Databricks' registry webhooks send it. An event that Databricks has no name for keeps
 * our name, in capitals.
 *
 * @param among the names that the webhook is for; the first that fits is sent
 */
export function databricksPayload(
  event: RegistryEvent,
  webhookId: string,
  among: readonly DatabricksEvent[] | undefined,
): object {
  const name = databricksEventOf(event, among) ?? databricksEventOf(event)
  const { stage: fromStage } = event.before
  return {
    event: name ?? event.type.toUpperCase().replace('.', '_'),
    webhook_id: webhookId,
    event_timestamp: event.atMs,
    model_name: event.model ?? undefined,
    version: event.version ?? undefined,
    to_stage: toStage(event),
    from_stage: typeof fromStage === 'string' ? fromStage : undefined,
    text: textOf(event),
  }
}

function textOf(event: RegistryEvent): string {
  const { type, model, version, before, after, actor } = event
  const what = `registered model '${model}'${version === null ? '' : ` version ${version}`}`
  const to = toStage(event)
  switch (type) {
    case 'registered_model.created':
    case 'model_version.created':
      return `${capital(what)} created by ${actor.name}.`
    case 'model_version.tag_set':
      return `${capital(what)}: tag '${after.key}' set to '${after.value}' by ${actor.name}.`
    case 'version_comment.created':
      return `${actor.name} commented on ${what}: ${after.text}`
    case 'promotion.opened':
      return `${actor.name} requested that ${what} transition to ${to ?? 'an alias'}.`
    case 'model_version.transitioned':
    case 'model_version.rolled_back':
      return `${capital(what)} transitioned from ${before.stage} to ${to} by ${actor.name}.`
    default:
      return `${capital(what)}: ${type} by ${actor.name}.`
  }
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
