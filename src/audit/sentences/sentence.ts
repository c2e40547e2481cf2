import type { Action } from '../actions.ts'
import {
  commentOf,
  gatesOf,
  grantOf,
  holderOf,
  inExperiment,
  listOf,
  namesOf,
  shown,
  stagesOf,
  type Told,
  targetOf,
} from './sentence-words.ts'

/** An entry of the audit log, or an event, as the API answers it. */
export type Happening = {
  readonly actor: { readonly name?: string | undefined; readonly verified?: boolean | undefined }
  /** An action of the audit log, or the type of an event. */
  readonly action: string
  readonly model?: string | undefined
  readonly version?: string | undefined
  readonly before?: Told | undefined
  readonly after?: Told | undefined
  readonly reason?: string | undefined
  readonly promotion_id?: string | undefined
  readonly approved_by?: readonly string[] | undefined
}

type Scene = {
  /** `fraud version 3`, or `the model fraud`. */
  readonly what: string
  readonly model: string
  readonly before: Told
  readonly after: Told
  readonly isPrompt: boolean
  /** ` #24`, or empty. */
  readonly request: string
}
type Teller = (scene: Scene) => string

/** Events that have another name than their action. */
type OtherEvent =
  | 'promotion.approved'
  | 'promotion.commented'
  | 'promotion.merged'
  | 'gate.failed'
  | 'budget_policy.exceeded'

/**
 * Who did what to which, from where to where, why, by which request and with whose approval:
 * `ann moved fraud version 1 from None to Production (request #1, approved by rita): it is better`.
 */
export function sentenceOf(happening: Happening): string {
  const { actor, action, reason, promotion_id: id, approved_by: approvers = [] } = happening
  const name = `${actor.name ?? 'somebody'}${actor.verified === false ? ' (not verified)' : ''}`
  const aside = [
    ...(id !== undefined && !action.startsWith('promotion.') ? [`request #${id}`] : []),
    ...(approvers.length > 0 ? [`approved by ${approvers.join(', ')}`] : []),
  ]
  return [
    `${name} ${deedOf(happening)}`,
    aside.length > 0 ? ` (${aside.join(', ')})` : '',
    reason ? `: ${shown(reason)}` : '',
  ].join('')
}

function deedOf({ action, model = '', version, before = {}, after = {}, ...more }: Happening) {
  const isPrompt = action.startsWith('prompt')
  const noun = isPrompt ? 'prompt' : 'model'
  const name = action
    .replace(/^prompt_version\./, 'model_version.')
    .replace(/^prompt\./, 'registered_model.')
  const what = version === undefined ? `the ${noun} ${model}` : `${model} version ${version}`
  const id = more.promotion_id ?? after.promotion ?? before.promotion
  const request = id === undefined ? '' : ` #${shown(id)}`
  const tell = Object.hasOwn(tellers, name) ? tellers[name as Action] : undefined
  if (tell) return tell({ what, model, before, after, isPrompt, request })
  // Of a newer server.
  return `${action.replaceAll('_', ' ').replace('.', ' ')} ${model === '' ? '' : what}`.trimEnd()
}

const moved: Teller = ({ what, before, after }) =>
  `moved ${what} from ${shown(before.stage)} to ${shown(after.stage)}${byForce(after)}${archiving(after)}`

const tellers: Readonly<Record<Action | OtherEvent, Teller>> = {
  'registered_model.recorded': ({ what }) => `found ${what} when the audit log began`,
  'registered_model.created': ({ what }) => `created ${what}`,
  'registered_model.updated': ({ what, after }) => `changed ${namesOf(after)} of ${what}`,
  'registered_model.renamed': ({ before, after, isPrompt }) =>
    `renamed the ${isPrompt ? 'prompt' : 'model'} ${shown(before.name)} to ${shown(after.name)}`,
  'registered_model.deleted': ({ what }) => `deleted ${what}`,
  'registered_model.tag_set': tagSet,
  'registered_model.tag_deleted': tagDeleted,
  'registered_model.card_template_set': ({ what }) => `set the template of cards of ${what}`,
  'registered_model.card_template_deleted': ({ what }) =>
    `deleted the template of cards of ${what}`,
  'model_version.recorded': ({ what }) => `found ${what} when the audit log began`,
  'model_version.created': ({ what, after }) =>
    `registered ${what}${after.run_id ? ` of run ${shown(after.run_id)}` : ''}`,
  'model_version.updated': ({ what, after }) => `changed ${namesOf(after)} of ${what}`,
  'model_version.deleted': ({ what, before }) =>
    `deleted ${what}, which was in ${shown(before.stage)}`,
  'model_version.transitioned': moved,
  'model_version.rolled_back': ({ what, before, after }) =>
    `rolled ${what} back from ${shown(before.stage)} to ${shown(after.stage)}${archiving(after)}`,
  'model_version.tag_set': tagSet,
  'model_version.tag_deleted': tagDeleted,
  'model_version.alias_set': ({ what, before, after }) =>
    `pointed the alias ${shown(after.alias)} at ${what}${
      before.version ? `, from version ${shown(before.version)}` : ''
    }${byForce(after)}`,
  'model_version.alias_deleted': ({ what, before }) =>
    `took the alias ${shown(before.alias)} from ${what}`,
  'model_version.facts_changed': ({ what, after }) =>
    `found other facts of ${what}, now at revision ${shown(after.revision)}`,
  'model_version.hold_placed': ({ what }) => `placed a legal hold on ${what}`,
  'model_version.hold_lifted': ({ what }) => `lifted the legal hold on ${what}`,
  'model_version.sent': ({ what, after }) => `began to send ${what} to ${shown(after.to)}`,
  'model_version.arrived': ({ what, after }) =>
    `brought ${what} to ${shown(after.to)}, as ${shown(after.model)} version ${shown(after.version)}`,
  'model_version.linked': ({ what, after }) =>
    `linked ${what} in the collection ${shown(after.collection)} of workspace ${shown(after.collection_workspace)}`,
  'model_version.unlinked': ({ what, before }) =>
    `took ${what} out of the collection ${shown(before.collection)} of workspace ${shown(before.collection_workspace)}`,
  'model_version.damaged': ({ what, after }) =>
    `found ${shown(after.path)} of ${what} ${shown(after.problem)}`,
  'model_version.flagged': ({ what, after }) =>
    `found what may run when ${what} is loaded (${shown(after.count)})`,
  'serving.failed': ({ what, after }) =>
    `could not serve ${what} on ${shown(after.host)}: ${shown(after.message)}`,
  'deployment.set': ({ what, after }) =>
    `split the requests to ${what} by the deployment ${shown(after.deployment)}`,
  'deployment.deleted': ({ what, before }) =>
    `deleted the deployment ${shown(before.deployment)} of ${what}`,
  'model_version.card_changed': ({ what, before, after }) =>
    `changed the card of ${what} from revision ${shown(before.revision ?? 'none')} to ${shown(after.revision)}`,
  'model_version.signed': ({ what, after }) => `signed ${what} as bundle ${shown(after.bundle)}`,
  'model_version.attested': ({ what, after }) =>
    `sent a statement of the type ${shown(after.predicate_type)} about ${what}, signed by the key ${shown(after.key)}`,
  'trusted_key.set': ({ after }) =>
    `let the key ${shown(after.hint)} be trusted as ${shown(after.name)}`,
  'trusted_key.deleted': ({ before }) => `trusted the key ${shown(before.name)} no more`,
  'bundle_key.published': ({ after }) =>
    `let the key ${shown(after.hint)} sign bundles${after.replaces ? `, in place of ${shown(after.replaces)}` : ''}`,
  'artifact.damaged': ({ after }) => `found ${shown(after.path)} ${shown(after.problem)}`,
  'stages.changed': ({ before, after }) =>
    `changed the stages from ${stagesOf(before)} to ${stagesOf(after)}`,
  'policy.created': ({ after }) => `wrote the policy ${shown(after.policy)}`,
  'policy.changed': ({ before, after }) =>
    `changed the policy ${shown(after.policy)} from revision ${shown(before.revision)} to ${shown(after.revision)}`,
  'policy.deleted': ({ before }) => `deleted the policy ${shown(before.policy)}`,
  'promotion.opened': ({ what, after, request }) =>
    `opened request${request} for ${what} to enter ${targetOf(after)}`,
  'promotion.reviewed': ({ what, after, request }) =>
    `${after.decision === 'approve' ? 'approved' : 'commented on'} request${request} for ${what} to enter ${targetOf(after)}${commentOf(after)}`,
  'promotion.approved': ({ what, after, request }) =>
    `approved request${request} for ${what} to enter ${targetOf(after)}${commentOf(after)}`,
  'promotion.commented': ({ what, after, request }) =>
    `commented on request${request} for ${what} to enter ${targetOf(after)}${commentOf(after)}`,
  'promotion.merged': ({ what, after, request }) =>
    `merged request${request}: ${what} is in ${targetOf(after)}${byForce(after)}`,
  'promotion.checked': ({ what, after, request }) =>
    `posted the check ${shown(after.check)} as ${shown(after.status)} on request${request} for ${what}`,
  'promotion.rejected': ({ what, after, request }) =>
    `rejected request${request} for ${what} to enter ${targetOf(after)}${commentOf(after)}`,
  'promotion.closed': ({ what, after, request }) =>
    `closed request${request} for ${what} to enter ${targetOf(after)}`,
  'promotion.expired': ({ what, after, request }) =>
    `let request${request} for ${what} to enter ${targetOf(after)} expire`,
  'promotion.superseded': ({ what, after, request }) =>
    `superseded request${request} for ${what} to enter ${targetOf(after)}, as ${shown(after.because)}`,
  'promotion.followed_up': ({ what, after, request }) =>
    `reviewed the break-glass merge of request${request} for ${what} to enter ${targetOf(after)}`,
  'gate.failed': ({ what, after }) => `was refused: gates of ${what} failed: ${gatesOf(after)}`,
  'version_comment.created': ({ what, after }) => `commented on ${what}: ${shown(after.text)}`,
  'version_comment.updated': ({ what, after }) =>
    `changed a comment on ${what} to: ${shown(after.text)}`,
  'version_comment.deleted': ({ what, before }) =>
    `deleted a comment on ${what}: ${shown(before.text)}`,
  'scorer.registered': ({ after }) =>
    `registered version ${shown(after.version)} of the scorer ${shown(after.name)} in experiment ${shown(after.experiment)}`,
  'scorer.deleted': ({ before }) =>
    `deleted versions of the scorer ${shown(before.name)} in experiment ${shown(before.experiment)}`,
  'scorer.sampling_changed': ({ after }) =>
    `set how much the scorer ${shown(after.name)} scores by itself to ${shown(after.sample_rate)}`,
  'issue.created': ({ after }) => `reported the issue ${inExperiment(after)}`,
  'issue.changed': ({ after }) =>
    `changed the issue ${inExperiment(after)}, ${shown(after.status)}`,
  'label_schema.created': ({ after }) => `made the label schema ${inExperiment(after)}`,
  'label_schema.changed': ({ after }) => `changed the label schema ${inExperiment(after)}`,
  'label_schema.deleted': ({ before }) => `deleted the label schema ${inExperiment(before)}`,
  'review_queue.created': ({ after }) => `made the review queue ${inExperiment(after)}`,
  'review_queue.changed': ({ after }) => `changed the review queue ${inExperiment(after)}`,
  'review_queue.deleted': ({ before }) => `deleted the review queue ${inExperiment(before)}`,
  'trace_intake.changed': ({ after }) =>
    `changed what is redacted and left out of traces of ${after.experiment === null ? 'every experiment' : `experiment ${shown(after.experiment)}`}`,
  'retention_rule.changed': ({ after }) => `wrote the retention rule ${shown(after.name)}`,
  'retention_rule.deleted': ({ before }) => `deleted the retention rule ${shown(before.name)}`,
  'trace_retention.changed': ({ after }) =>
    `changed how long traces of experiment ${shown(after.experiment)} are kept`,
  'traces.deleted': ({ before }) =>
    `deleted ${shown(before.count)} traces of experiment ${shown(before.experiment)}`,
  'webhook.created': ({ after }) =>
    `made the webhook ${shown(after.name)} to ${shown(after.origin)}`,
  'webhook.updated': ({ after }) => `changed the webhook ${shown(after.name)}`,
  'webhook.deleted': ({ before }) => `deleted the webhook ${shown(before.name)}`,
  'user.created': ({ after }) =>
    `made the ${after.is_admin === true ? 'administrator' : 'user'} ${shown(after.name)}`,
  'user.deleted': ({ before }) => `deleted the user ${shown(before.name)}`,
  'user.password_changed': ({ after }) => `set the password of ${shown(after.name)}`,
  'user.admin_changed': ({ after }) =>
    `made ${shown(after.name)} ${after.is_admin === true ? 'an' : 'no'} administrator`,
  'service_account.created': ({ after }) => `made the service account ${shown(after.name)}`,
  'service_account.deleted': ({ before }) => `deleted the service account ${shown(before.name)}`,
  'group.set': ({ after }) => `set the group ${shown(after.name)} to ${listOf(after.members)}`,
  'group.deleted': ({ before }) => `deleted the group ${shown(before.name)}`,
  'token.created': ({ after }) => `made the token ${shown(after.name)} for ${shown(after.for)}`,
  'token.revoked': ({ before }) =>
    `revoked the token ${shown(before.name)} of ${shown(before.for)}`,
  'permission.granted': ({ before, after }) =>
    `gave ${holderOf(after)} ${shown(after.permission)} on ${shown(after.resource_type)} ${shown(after.resource_id)}${
      before.permission ? `, from ${shown(before.permission)}` : ''
    }`,
  'permission.revoked': ({ before }) =>
    `took ${shown(before.permission)} on ${shown(before.resource_type)} ${shown(before.resource_id)} from ${holderOf(before)}`,
  'role.created': ({ after }) => `made the role ${shown(after.name)}`,
  'role.updated': ({ after }) => `changed the role ${shown(after.name)}`,
  'role.deleted': ({ before }) => `deleted the role ${shown(before.name)}`,
  'registered_model.imported': ({ what, after }) => `took ${what} over from ${shown(after.source)}`,
  'model_version.imported': ({ what, after }) =>
    `took ${what} over from ${shown(after.imported_from)}`,
  'tracking.imported': ({ after }) =>
    `took over ${shown(after.count)} ${shown(after.kind)} from ${shown(after.source)}`,
  'workspace.created': ({ after }) => `made the workspace ${shown(after.name)}`,
  'workspace.updated': ({ after }) => `changed the workspace ${shown(after.name)}`,
  'workspace.deleted': ({ before }) => `deleted the workspace ${shown(before.name)}`,
  'role.assigned': ({ after }) => `gave the role ${shown(after.role)} to ${shown(after.username)}`,
  'role.unassigned': ({ before }) =>
    `took the role ${shown(before.role)} from ${shown(before.username)}`,
  'grant.created': ({ after }) => `let ${grantOf(after)}`,
  'grant.deleted': ({ before }) => `no longer lets ${grantOf(before)}`,
  'request.refused': ({ after, model, what }) =>
    `was refused ${shown(after.operation)}${model === '' ? '' : ` on ${what}`}: ${
      after.more === undefined ? shown(after.message) : `${shown(after.more)} more times`
    }`,
  'account.signed_up': ({ after }) =>
    `signed up as ${shown(after.name)}, who is ${shown(after.subject)} of ${shown(after.issuer)}`,
  'identity.linked': ({ after }) =>
    `linked ${shown(after.account)} to ${shown(after.subject)} of ${shown(after.issuer)}`,
  'identity.unlinked': ({ before }) =>
    `unlinked ${shown(before.account)} from ${shown(before.subject)} of ${shown(before.issuer)}`,
  'identity.barred': ({ after }) => `barred ${shown(after.subject)} of ${shown(after.issuer)}`,
  'identity.admitted': ({ before }) =>
    `admitted ${shown(before.subject)} of ${shown(before.issuer)} again`,
  'session.started': ({ after }) =>
    `signed in as ${shown(after.account)}${after.issuer ? ` by ${shown(after.issuer)}` : ' by password'}`,
  'session.ended': ({ before }) => `ended a session of ${shown(before.account)}`,
  'budget_policy.exceeded': () => 'exceeded a budget',
}

function tagSet({ what, before, after }: Scene): string {
  const from = (before.value ?? null) === null ? '' : ` from ${shown(before.value)}`
  return `set the tag ${shown(after.key)} of ${what}${from} to ${shown(after.value)}`
}

function tagDeleted({ what, before }: Scene): string {
  return `deleted the tag ${shown(before.key)} of ${what}, which was ${shown(before.value)}`
}

function byForce({ break_glass: isForced }: Told): string {
  return isForced === true ? ' by break-glass' : ''
}

function archiving({ archived }: Told): string {
  if (!Array.isArray(archived) || archived.length === 0) return ''
  return `, archiving version${archived.length > 1 ? 's' : ''} ${archived.map(shown).join(', ')}`
}
