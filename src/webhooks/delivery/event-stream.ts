import { readAccessEpoch } from '../../access/accounts/epoch.ts'
import type { Context } from '../../platform/context.ts'
import { OpenStreams } from '../../platform/open-streams.ts'
import { pollerOf } from '../events/audit-poller.ts'
import { type EventPlace, eventFilterOf, idBefore, readEvents } from '../events/event-log.ts'
import { eventId, isWanted, type RegistryEvent, type Wanted } from '../events/events.ts'
import { jsonEvent } from '../formats/json.ts'

const heartbeatMs = 15_000

/**
 * A stream ends after a while and clients go on from its last id. So permissions are checked again,
 * and a Worker stays within the queries that it may make for one request.
 */
const lifetimeMs = 240_000

/** More would only wait for one another; a client that is refused tries again. */
export const eventStreams = new OpenStreams('streams of events', { max: 256, maxOfOne: 16 })

/** Credentials also expire with time, which is not a change that can be noticed. */
const admittedMs = 15_000

/** The reader of a stream, with their present rights; undefined: they may no longer read it. */
export type Readmit = () => Promise<Context | undefined>

/**
 * The events from `from` on, as the text of Server-Sent Events. It is as fast as its reader: a slow
 * one gets every event, only later. It ends within a second after the reader's credentials do.
 *
 * @param ended aborted when nobody reads any more
 */
export async function* streamEventText(
  ctx: Context,
  readmit: Readmit,
  {
    from,
    wanted,
    ended,
  }: { readonly from: EventPlace; readonly wanted: Wanted; readonly ended: AbortSignal },
): AsyncGenerator<string> {
  const poller = pollerOf(ctx)
  if (eventStreams.whyNot(ctx) !== undefined) return
  const untilMs = ctx.now() + lifetimeMs
  let place = from
  eventStreams.count(ctx, 1)
  try {
    let reader: Reader | undefined
    let toldAtMs = ctx.now()
    // An id alone is not an event. Clients go on from it if the connection breaks before the first
    // event.
    yield `retry: 1000\nid: ${idBefore(place)}\n\n`
    while (!ended.aborted && ctx.now() < untilMs) {
      reader = await readerNow(ctx, reader, readmit)
      if (!reader) return
      const { events, next } = await readEvents(ctx, place)
      for await (const text of textsOf(events, wanted, reader)) {
        yield text
        toldAtMs = ctx.now()
      }
      const isEnd = next.seq === place.seq
      place = next
      const { epoch } = reader
      const isQuiet = isEnd && !(await poller.until({ seq: place.seq, epoch }, heartbeatMs, ended))
      // Events that this reader does not want, or may not read, are no sign of life.
      if (!ended.aborted && (isQuiet || ctx.now() - toldAtMs >= heartbeatMs)) {
        yield `: still here\nid: ${idBefore(place)}\n\n`
        toldAtMs = ctx.now()
      }
    }
  } finally {
    eventStreams.count(ctx, -1)
  }
}

/** A reader with the rights of one moment. */
type Reader = {
  readonly epoch: number
  readonly atMs: number
  readonly mayRead: ReturnType<typeof eventFilterOf>
}

/** The reader with their present rights, read again when access changed or time passed. */
async function readerNow(
  ctx: Context,
  known: Reader | undefined,
  readmit: Readmit,
): Promise<Reader | undefined> {
  // The epoch is read before the reader, so that a change in between is noticed next time.
  const epoch = await readAccessEpoch(ctx)
  const atMs = ctx.now()
  if (known && known.epoch === epoch && atMs - known.atMs < admittedMs) return known
  const reader = await readmit()
  return reader && { epoch, atMs, mayRead: eventFilterOf(reader) }
}

async function* textsOf(
  events: readonly RegistryEvent[],
  wanted: Wanted,
  { mayRead }: Reader,
): AsyncGenerator<string> {
  for (const event of events) {
    if (isWanted(wanted, event) && (await mayRead(event))) yield eventText(event)
  }
}

function eventText(event: RegistryEvent): string {
  return `id: ${eventId(event)}\nevent: ${event.type}\ndata: ${JSON.stringify(jsonEvent(event))}\n\n`
}
