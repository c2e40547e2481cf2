import type { auditEntries } from '../../audit/tables.ts'
import { matchesGlob } from '../../core/glob.ts'
import { matchesPlace } from '../../core/place.ts'
import type { SomeAccount } from '../../core/principal.ts'
import type { ToldPromotion } from '../../governance/promotions/view.ts'
import { archivedStage } from '../../registry/stages/stages.ts'
import { isEventType, matchesAny, typeOf } from './event-types.ts'

export type EventEntryRow = typeof auditEntries.$inferSelect

/** A JSON object, as an entry holds it. */
export type EventFields = Readonly<Record<string, unknown>>

/** A change of one model, version or promotion, as receivers get it. */
export type RegistryEvent = {
  /** Its entry in the audit log, and its place among that entry's events, from 0. */
  readonly seq: number
  readonly n: number
  readonly type: string
  readonly atMs: number
  readonly actor: EventFields
  readonly isPrompt: boolean
  /**
   * `registered_models.id`, which stays when the model is renamed; null: the event has no model.
   */
  readonly registeredModelId: number | null
  readonly model: string | null
  readonly version: string | null
  readonly before: EventFields
  readonly after: EventFields
  readonly reason: string | null
  readonly promotionId: string | null
  readonly approvedBy: readonly string[]
  /** The same people with their accounts; empty in entries of older servers. */
  readonly approvers?: readonly SomeAccount[]
  /** The request that it belongs to, as it stands when a webhook is told. */
  readonly request?: ToldPromotion | undefined
}

/** `<seq>.<n>`: rises from event to event, and is the same for every receiver. */
export function eventId({ seq, n }: Pick<RegistryEvent, 'seq' | 'n'>): string {
  return `${seq}.${n}`
}

/**
 * The events of an entry of the audit log: one for each version that it changed, the requested
 * change first. Entries that are not events, such as refusals, have none.
 */
export function eventsOf(row: EventEntryRow): RegistryEvent[] {
  const first = firstEvent(row)
  if (!isEventType(first.type)) return []
  const further = [...archivedWith(first), ...deletedWith(first), ...mergedBy(first)]
  return [first, ...further.map((event, i) => ({ ...event, n: i + 1 }))]
}

function firstEvent(row: EventEntryRow): RegistryEvent {
  const isPrompt = row.is_prompt === 1
  const after = fields(row.after)
  return {
    seq: row.seq,
    n: 0,
    type: typeOf(actionOf(row.action, after), isPrompt),
    atMs: row.at_ms,
    actor: fields(row.actor),
    isPrompt,
    registeredModelId: row.registered_model,
    model: row.model,
    version: row.version === null ? null : String(row.version),
    before: fields(row.before),
    after,
    reason: row.reason,
    promotionId: row.promotion === null ? null : String(row.promotion),
    approvedBy: row.approved_by === null ? [] : (JSON.parse(row.approved_by) as string[]),
    approvers: row.approvers === null ? [] : (JSON.parse(row.approvers) as SomeAccount[]),
  }
}

/** The type of an entry whose action alone does not determine it. */
function actionOf(action: string, after: EventFields): string {
  if (action === 'promotion.reviewed') {
    return after.decision === 'approve' ? 'promotion.approved' : 'promotion.commented'
  }
  return action === 'request.refused' && Array.isArray(after.gates) ? 'gate.failed' : action
}

/** JSON columns always have an object, as all writers of entries ensure. */
function fields(json: string | null): EventFields {
  return json === null ? {} : (JSON.parse(json) as EventFields)
}

/** The versions that were archived by the change. */
function archivedWith(event: RegistryEvent): RegistryEvent[] {
  const { archived, stage } = event.after
  if (!Array.isArray(archived)) return []
  return archived.map((version) => ({
    ...event,
    type: typeOf('model_version.transitioned', event.isPrompt),
    version: String(version),
    before: { stage },
    after: { stage: archivedStage },
  }))
}

/** The versions that were deleted with their model. */
function deletedWith(event: RegistryEvent): RegistryEvent[] {
  const { versions } = event.before
  if (event.type !== typeOf('registered_model.deleted', event.isPrompt)) return []
  if (!Array.isArray(versions)) return []
  return (versions as { version: string; stage: string }[]).map(({ version, stage }) => ({
    ...event,
    type: typeOf('model_version.deleted', event.isPrompt),
    version,
    before: { stage },
    after: {},
  }))
}

/** A promotion that changes a version is merged by that change. */
function mergedBy(event: RegistryEvent): RegistryEvent[] {
  const isChange = event.type.startsWith('model_version.')
  return isChange && event.promotionId !== null ? [{ ...event, type: 'promotion.merged' }] : []
}

/** What a webhook or a stream wants to see. */
export type Wanted = {
  /** Event types and patterns of them. */
  readonly types: readonly string[]
  /** A glob of model names; undefined for all models, and for events without a model. */
  readonly models: string | undefined
  /** A glob of stages and one of aliases: with either, only events that are of such a place. */
  readonly stage?: string | undefined
  readonly alias?: string | undefined
}

/** Whether an event is wanted. A rename matches by either name. */
export function isWanted(wanted: Wanted, event: RegistryEvent): boolean {
  if (!matchesAny(wanted.types, event.type) || !isOfPlace(wanted, event)) return false
  const { models } = wanted
  if (models === undefined) return true
  const names = [event.model, event.after.name].filter((name) => typeof name === 'string')
  return names.some((name) => matchesGlob(models, name))
}

function isOfPlace({ stage, alias }: Wanted, { before, after }: RegistryEvent): boolean {
  if (stage === undefined && alias === undefined) return true
  const to = (after.to ?? {}) as EventFields
  const fits = (glob: string | undefined, key: 'stage' | 'alias') =>
    glob !== undefined &&
    [before[key], after[key], to[key]].some(
      (name) => typeof name === 'string' && matchesPlace(glob, name),
    )
  return fits(stage, 'stage') || fits(alias, 'alias')
}
