import { eventId, type Fields, type RegistryEvent } from '../events/events.ts'

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

/** What happened, by the part of the type behind the dot; what is missing here is told by the type's own words. */
const tellers: Readonly<Record<string, (event: RegistryEvent) => string>> = {
  transitioned: moved,
  rolled_back: moved,
  alias_set: ({ after }) => `alias ${said(after.alias)} set`,
  alias_deleted: ({ before }) => `alias ${said(before.alias)} deleted`,
  tag_set: ({ after }) => `tag ${said(after.key)} set to ${said(after.value)}`,
  tag_deleted: ({ before }) => `tag ${said(before.key)} deleted`,
  renamed: ({ after }) => `renamed to ${said(after.name)}`,
  card_changed: ({ after }) => `model card changed, revision ${said(after.revision)}`,
  hold_placed: () => 'legal hold placed',
  hold_lifted: () => 'legal hold lifted',
  damaged: ({ after }) => `file ${said(after.path)} is ${said(after.problem)}`,
  checked: (event) =>
    `check ${said(event.after.check)} ${said(event.after.status)}, ${asked(event)}`,
  failed: ({ after }) => `gates failed: ${gateTexts(after.gates)}`,
}

function happened(event: RegistryEvent): string {
  const [kind = '', action = ''] = event.type.split('.')
  const tell = tellers[action]
  if (tell && event.type !== 'serving.failed') return tell(event)
  if (kind === 'promotion') return `${asked(event)} ${action.replaceAll('_', ' ')}`
  return `${kind.replaceAll('_', ' ')} ${action.replaceAll('_', ' ')}`
}

function moved({ type, before, after }: RegistryEvent): string {
  const how = type.endsWith('.rolled_back') ? 'rolled back' : 'transitioned'
  const broken = after.break_glass === true ? ' by break-glass' : ''
  return `${how} from ${said(before.stage)} to ${said(after.stage)}${broken}`
}

/** `promotion #12 to Production`. */
function asked({ promotionId, after }: RegistryEvent): string {
  const { stage, alias } = (after.to ?? after) as Fields
  const target = stage ?? (alias === undefined ? undefined : `alias ${said(alias)}`)
  return `promotion #${said(promotionId)}${target === undefined ? '' : ` to ${said(target)}`}`
}

/** Of a `gate.failed`: each gate and why. */
function gateTexts(gates: unknown): string {
  const failed = Array.isArray(gates) ? (gates as Fields[]) : []
  return failed.map(({ name, detail }) => `${said(name)} (${said(detail)})`).join('; ')
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
