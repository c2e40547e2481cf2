import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
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

/** More would only wait for one another; a client that is refused comes back. */
const streamsMax = 256

/**
 * The events from `from` on, as the text of Server-Sent Events. It goes as fast as it is read: a slow
 * reader gets every event, later.
 *
 * @param ended aborted when nobody reads any more
 */
export async function* streamEventText(
  ctx: Context,
  from: EventPlace,
  wanted: Wanted,
  ended: AbortSignal,
): AsyncGenerator<string> {
  const poller = pollerOf(ctx)
  const mayRead = eventFilterOf(ctx)
  const untilMs = ctx.now() + lifetimeMs
  let place = from
  poller.streams++
  try {
    // An id alone is no event. Clients go on from it if the connection breaks before the first event.
    yield `retry: 1000\nid: ${idBefore(place)}\n\n`
    while (!ended.aborted && ctx.now() < untilMs) {
      const { events, next } = await readEvents(ctx, place)
      for (const event of events) {
        if (isWanted(wanted, event) && (await mayRead(event))) yield eventText(event)
      }
      if (next.seq !== place.seq) {
        place = next
        continue
      }
      if (!(await poller.until(place.seq, heartbeatMs, ended)) && !ended.aborted) {
        yield `: still here\nid: ${idBefore(place)}\n\n`
      }
    }
  } finally {
    poller.streams--
  }
}

/** @throws REQUEST_LIMIT_EXCEEDED there are as many streams as there may be */
export function checkStreams(ctx: Context): void {
  if (pollerOf(ctx).streams < streamsMax) return
  throw new RegistryError(
    'REQUEST_LIMIT_EXCEEDED',
    `${streamsMax} streams of events are open, which is as many as there may be; try again later`,
  )
}

function eventText(event: RegistryEvent): string {
  return `id: ${eventId(event)}\nevent: ${event.type}\ndata: ${JSON.stringify(jsonEvent(event))}\n\n`
}
