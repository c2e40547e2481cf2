import { cutText } from '../../core/error.ts'
import { type EventFields, eventId, type RegistryEvent } from '../events/events.ts'

/** Slack refuses a block's text of more than 3,000 characters. */
const textCharsMax = 2500

/**
 * An event as a message for Slack's incoming webhooks: one line that says what happened, and one
 * that says by whom.
 *
 * @see https://api.slack.com/reference/surfaces/formatting
 */
export function slackMessage(event: RegistryEvent): object {
  const text = bound(`*${escapeText(subjectOf(event))}*: ${escapeText(changeText(event))}`)
  const by = [`by ${String(event.actor.name ?? 'unknown')}`]
  const reason = event.reason ?? event.request?.reason
  if (reason) by.push(reason)
  by.push(`${event.type} ${eventId(event)}`)
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      ...requestBlocks(event.request),
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: bound(by.map(escapeText).join(' | ')) }],
      },
    ],
  }
}

/** What an open request waits for, and the link to its page. */
function requestBlocks(request: RegistryEvent['request']): object[] {
  if (!request) return []
  const { status, url, blockedBy } = request
  const waits = status === 'open' ? blockedBy.map((why) => `waits for ${shorten(why)}`) : []
  // A link needs a whole address, which a server without `public-url` does not know.
  const link = url.startsWith('http') ? [`<${escapeUrl(url)}|Review it>`] : []
  const waiting = waits.length === 0 ? [] : [bound(waits.map(escapeText).join('\n'))]
  const text = [...waiting, ...link].join('\n')
  return text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text } }]
}

function subjectOf({ model, version, type }: RegistryEvent): string {
  if (model === null) return type
  return version === null ? model : `${model} version ${version}`
}

/**
 * What happened, by the type or the part of it behind the dot. Types without an entry are described by
 * the words of their name.
 */
const tellers: Readonly<Record<string, (event: RegistryEvent) => string>> = {
  transitioned: moveText,
  rolled_back: moveText,
  alias_set: ({ after }) => `alias ${shorten(after.alias)} set`,
  alias_deleted: ({ before }) => `alias ${shorten(before.alias)} deleted`,
  tag_set: ({ after }) => `tag ${shorten(after.key)} set to ${shorten(after.value)}`,
  tag_deleted: ({ before }) => `tag ${shorten(before.key)} deleted`,
  renamed: ({ after }) => `renamed to ${shorten(after.name)}`,
  card_changed: ({ after }) => `model card changed, revision ${shorten(after.revision)}`,
  hold_placed: () => 'legal hold placed',
  hold_lifted: () => 'legal hold lifted',
  damaged: ({ after }) => `file ${shorten(after.path)} is ${shorten(after.problem)}`,
  flagged: ({ after }) => `what may run when it is loaded was found (${shorten(after.count)})`,
  checked: (event) =>
    `check ${shorten(event.after.check)} ${shorten(event.after.status)}, ${promotionText(event)}`,
  'serving.failed': ({ after }) =>
    `cannot be served on ${shorten(after.host)}: ${shorten(after.message)}`,
  'deployment.set': ({ after }) => `deployment ${shorten(after.deployment)} written`,
  'deployment.deleted': ({ before }) => `deployment ${shorten(before.deployment)} deleted`,
  failed: ({ after }) => `gates failed: ${gateTexts(after.gates)}`,
}

function changeText(event: RegistryEvent): string {
  const [kind = '', action = ''] = event.type.split('.')
  const tell = tellers[event.type] ?? tellers[action]
  if (tell) return tell(event)
  if (kind === 'promotion') return `${promotionText(event)} ${action.replaceAll('_', ' ')}`
  return `${kind.replaceAll('_', ' ')} ${action.replaceAll('_', ' ')}`
}

function moveText({ type, before, after }: RegistryEvent): string {
  const how = type.endsWith('.rolled_back') ? 'rolled back' : 'transitioned'
  const broken = after.break_glass === true ? ' by break-glass' : ''
  return `${how} from ${shorten(before.stage)} to ${shorten(after.stage)}${broken}`
}

/** `promotion #12 to Production`. */
function promotionText({ promotionId, after }: RegistryEvent): string {
  const { stage, alias } = (after.to ?? after) as EventFields
  const target = stage ?? (alias === undefined ? undefined : `alias ${shorten(alias)}`)
  return `promotion #${shorten(promotionId)}${target === undefined ? '' : ` to ${shorten(target)}`}`
}

/** For a `gate.failed`: each gate and why it failed. */
function gateTexts(gates: unknown): string {
  const failed = Array.isArray(gates) ? (gates as EventFields[]) : []
  return failed.map(({ name, detail }) => `${shorten(name)} (${shorten(detail)})`).join('; ')
}

function shorten(value: unknown): string {
  return cutText(String(value ?? 'none'), 200)
}

/** In the address of a link Slack reads on to the bar, and shows all else as it is. */
function escapeUrl(url: string): string {
  return url
    .replaceAll('&', '&amp;')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
    .replaceAll('|', '%7C')
}

/** The three characters that are special in Slack, and those that would format the line. */
function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, '$&\u200b')
    .replace(/\s+/g, ' ')
}

function bound(text: string): string {
  return text.length > textCharsMax ? `${cutText(text, textCharsMax)}...` : text
}
