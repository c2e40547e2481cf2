import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { checkLength, checkWholeText } from '../core/names.ts'
import type { DatabricksTerms } from './events/databricks-events.ts'
import { isEventPattern } from './events/event-types.ts'
import { type Format, formats } from './formats/formats.ts'

const descriptionCharsMax = 5000
const secretCharsMax = 1000
const globCharsMax = 500
/** More than the number of types. */
const eventsMax = 100

export const statuses = ['ACTIVE', 'DISABLED'] as const
export type WebhookStatus = (typeof statuses)[number]

/**
 * The fields of a webhook that can be set. An absent one is not changed, or has its default in a
 * new webhook.
 */
export type WebhookFields = {
  readonly name?: string | undefined
  /** Empty: none. */
  readonly description?: string | undefined
  readonly url?: string | undefined
  readonly events?: readonly string[] | undefined
  /** A glob of model names; empty for all. */
  readonly models?: string | undefined
  /** A glob of stages that an event is of; empty for all, and for events of none. */
  readonly stage?: string | undefined
  /** A glob of aliases; as `stage`. With both, an event of either is wanted. */
  readonly alias?: string | undefined
  readonly format?: string | undefined
  /** Empty: deliveries are not signed. */
  readonly secret?: string | undefined
  readonly status?: WebhookStatus | undefined
  /**
   * Set by Databricks' API. A change of `events` without it makes the webhook one of our own API.
   */
  readonly databricks?: DatabricksTerms | undefined
}

/** Check all fields but the URL, which `checkUrl` checks. @throws INVALID_PARAMETER_VALUE */
export function checkFields(fields: WebhookFields): void {
  const { name, description = '', url = '', events, models = '', secret = '' } = fields
  const { stage = '', alias = '' } = fields
  checkText({ description, url, models, secret })
  if (name !== undefined) checkName(name)
  checkLength(description, descriptionCharsMax, 'description')
  checkLength(models, globCharsMax, 'models')
  checkLength(stage, globCharsMax, 'stage')
  checkLength(alias, globCharsMax, 'alias')
  checkLength(secret, secretCharsMax, 'secret')
  if (events) checkEvents(events)
  if (fields.format !== undefined) parseFormat(fields.format)
}

/** Refuses text that a database would not store unchanged. */
function checkText(fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) checkWholeText(value, name)
}

function checkName(name: string): void {
  if (/^[a-z\d]([a-z\d._-]{0,61}[a-z\d])?$/i.test(name)) return
  throw invalid(
    `${messages.wrongWebhookName(name)}. It must start and end with a letter or digit, be at most 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
  )
}

function checkEvents(events: readonly string[]): void {
  if (events.length === 0) throw invalid(`${messages.noEvents}; name one or more`)
  if (events.length > eventsMax) throw invalid(`A webhook has at most ${eventsMax} events`)
  if (new Set(events).size < events.length) throw invalid('Webhook events must not repeat')
  const unknown = events.find((event) => !isEventPattern(event))
  if (unknown === undefined) return
  throw invalid(
    `Unknown event '${excerpt(unknown)}': use a type of docs/events.md, such as model_version.created, all of one kind as model_version.*, or *`,
  )
}

/** @throws INVALID_PARAMETER_VALUE there is no such format */
export function parseFormat(text: string): Format {
  const format = formats.find((name) => name === text)
  if (format) return format
  throw invalid(`Unknown webhook format '${excerpt(text)}': use one of ${formats.join(', ')}`)
}
