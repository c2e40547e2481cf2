import { eventId, type RegistryEvent } from './events.ts'

/** Slack refuses a block's text of more than 3,000 characters. */
const textCharsMax = 2500

/**
 * An event as a message for Slack's incoming webhooks: one line that says what happened, and one
 * that says by whom.
 *
 * @see https://api.slack.com/reference/surfaces/formatting
 */
export function slackMessage(event: RegistryEvent): object {
  const text = bounded(`*${escaped(subjectOf(event))}*: ${escaped(happened(event))}`)
  const by = [`by ${String(event.actor.name ?? 'unknown')}`]
  if (event.reason !== null) by.push(event.reason)
  by.push(`${event.type} ${eventId(event)}`)
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: bounded(by.map(escaped).join(' | ')) }],
      },
    ],
  }
}

function subjectOf({ model, version, type }: RegistryEvent): string {
  if (model === null) return type
  return version === null ? model : `${model} version ${version}`
}

function happened({ type, before, after }: RegistryEvent): string {
  const [kind = '', action = ''] = type.split('.')
  switch (action) {
    case 'transitioned':
    case 'rolled_back':
      return `${action.replace('_', ' ')} from ${said(before.stage)} to ${said(after.stage)}`
    case 'alias_set':
      return `alias ${said(after.alias)} set`
    case 'alias_deleted':
      return `alias ${said(before.alias)} deleted`
    case 'tag_set':
      return `tag ${said(after.key)} set to ${said(after.value)}`
    case 'tag_deleted':
      return `tag ${said(before.key)} deleted`
    case 'renamed':
      return `renamed to ${said(after.name)}`
    default:
      return `${kind.replace('_', ' ')} ${action.replace('_', ' ')}`
  }
}

function said(value: unknown): string {
  return String(value ?? 'none').slice(0, 200)
}

/** The three characters that mean something to Slack, and those that would change the line's look. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, '$&\u200b')
    .replace(/\s+/g, ' ')
}

function bounded(text: string): string {
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}...` : text
}
