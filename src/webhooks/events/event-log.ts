import { sql } from 'drizzle-orm'
import { requireAdmin, requireVersionOfModelId } from '../../access/permissions/require.ts'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { isEventPattern } from './event-types.ts'
import {
  type EventEntryRow,
  eventId,
  eventsOf,
  isWanted,
  type RegistryEvent,
  type Wanted,
} from './events.ts'

/** A place in the audit log: event `n` of entry `seq` is the next to look at. */
export type EventPlace = { readonly seq: number; readonly n: number }

/** How many entries are read at once, and how many are looked through for one page. */
const entriesAtOnce = 200
const entriesOfPageMax = 5000

/** The place behind the last event. */
export async function endOfLog(ctx: Context): Promise<EventPlace> {
  const row = await ctx.db.first(newestRead)
  return { seq: (row?.seq ?? 0) + 1, n: 0 }
}

const newestRead = sql<{ seq: number }>`select coalesce(max(seq), 0) as seq from audit_entries`

/**
 * The place behind an event, as `Last-Event-ID` names it: `118.0`, or `118` for all events of an
 * entry.
 *
 * @throws INVALID_PARAMETER_VALUE it is not the id of an event
 */
export function placeAfter(id: string): EventPlace {
  const match = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(id)
  if (!match) {
    throw invalid(`Invalid event id '${excerpt(id)}': give one that a stream sent, such as 118.0`)
  }
  const [, seq, n] = match
  return n === undefined ? { seq: Number(seq) + 1, n: 0 } : { seq: Number(seq), n: Number(n) + 1 }
}

/** The id whose `placeAfter` is this place. */
export function idBefore({ seq, n }: EventPlace): string {
  return n === 0 ? String(seq - 1) : eventId({ seq, n: n - 1 })
}

/** The events that a query asks for. @throws INVALID_PARAMETER_VALUE there is no such type */
export function wantedOf(types: readonly string[], models: string | undefined): Wanted {
  const unknown = types.find((type) => !isEventPattern(type))
  if (unknown !== undefined) {
    throw invalid(
      `Unknown event type '${excerpt(unknown)}': use one of docs/events.md, all of one kind as model_version.*, or *`,
    )
  }
  return { types: types.length > 0 ? types : ['*'], models }
}

/** Some events from a place on, and the place behind them. */
export type EventStretch = {
  readonly events: readonly RegistryEvent[]
  readonly next: EventPlace
  readonly isEnd: boolean
}

/** All events from `place` on, of a bounded number of entries; at the end, `next` is that of the log. */
export async function readEvents(ctx: Context, place: EventPlace): Promise<EventStretch> {
  const { rows, newest } = await ctx.db.batch({
    rows: sql<EventEntryRow>`select * from audit_entries
      where seq >= ${place.seq} and +workspace = ${ctx.workspace}
      order by seq limit ${entriesAtOnce}`,
    newest: newestRead,
  })
  const isEnd = rows.length < entriesAtOnce
  const last = (isEnd ? newest[0] : rows.at(-1))?.seq ?? 0
  return {
    events: rows.flatMap(eventsOf).filter(({ seq, n }) => seq > place.seq || n >= place.n),
    next: last < place.seq ? place : { seq: last + 1, n: 0 },
    isEnd,
  }
}

/**
 * One page of events, oldest first. It may have fewer than `count`, or none, although more follow.
 * Without `next` it is the last page.
 */
export async function readEventPage(
  ctx: Context,
  from: EventPlace,
  { wanted, count }: { readonly wanted: Wanted; readonly count: number },
): Promise<{ events: RegistryEvent[]; next: EventPlace | undefined }> {
  const mayRead = eventFilterOf(ctx)
  const found: RegistryEvent[] = []
  let place = from
  for (let read = 0; read < entriesOfPageMax; read += entriesAtOnce) {
    const { events, next, isEnd } = await readEvents(ctx, place)
    for (const event of events) {
      if (!isWanted(wanted, event) || !(await mayRead(event))) continue
      found.push(event)
      if (found.length === count) return { events: found, next: { ...event, n: event.n + 1 } }
    }
    if (isEnd) return { events: found, next: undefined }
    place = next
  }
  return { events: found, next: place }
}

/** How long a permission that was looked up stays valid. */
const permissionMs = 5000
const permissionsMax = 1000

/**
 * A test whether the caller may read an event. It takes READ on its model, found by id, as the
 * model may have another name today. Events without a model are for administrators.
 */
export function eventFilterOf(ctx: Context): (event: RegistryEvent) => Promise<boolean> {
  const known = new Map<number, { isAllowed: boolean; untilMs: number }>()
  const mayReadModel = async (id: number) => {
    const found = known.get(id)
    if (found && found.untilMs > ctx.now()) return found.isAllowed
    if (known.size >= permissionsMax) known.clear()
    const isAllowed = await allows(() => requireVersionOfModelId(ctx, id, 'READ'))
    known.set(id, { isAllowed, untilMs: ctx.now() + permissionMs })
    return isAllowed
  }
  return async (event) => {
    if (!ctx.settings.auth) return true
    const model = await modelOf(ctx, event)
    return model === null ? allows(async () => requireAdmin(ctx)) : mayReadModel(model)
  }
}

/**
 * The id of an event's model. A refused move does not name it, but names the request it waits for.
 */
async function modelOf(
  ctx: Context,
  { registeredModelId, promotionId }: RegistryEvent,
): Promise<number | null> {
  if (registeredModelId !== null || promotionId === null) return registeredModelId
  const row = await ctx.db.first(sql<{ registered_model: number }>`
    select registered_model from promotions where id = ${promotionId}`)
  return row?.registered_model ?? null
}

/** Whether a rule lets the caller in. Only administrators read events of a model that is gone. */
async function allows(rule: () => Promise<void>): Promise<boolean> {
  try {
    await rule()
    return true
  } catch (err) {
    if (err instanceof RegistryError) return false
    throw err
  }
}
