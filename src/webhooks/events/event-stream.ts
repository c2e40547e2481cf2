import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { jsonEvent } from '../formats/json.ts'
import { watchOf } from './audit-poller.ts'
import { eventsFrom, idBefore, type Place, reader } from './event-log.ts'
import { eventId, isWanted, type RegistryEvent, type Wanted } from './events.ts'

const heartbeatMs = 15_000

/**
 * A stream ends after a while and is taken up again by its last id: so that who may no longer ask
 * is found out, and because a Worker can ask its database only so often for one request.
 */
const lifetimeMs = 240_000

/** More would only wait for one another; a client that is refused comes back. */
const streamsMax = 256

/**
 * What happens from `place` on, as the text of Server-Sent Events. It runs as far ahead as it is
 * read: whoever reads slowly gets all, later.
 *
 * @param ended aborted when nobody reads any more
 */
export async function* eventStream(
  ctx: Context,
  from: Place,
  wanted: Wanted,
  ended: AbortSignal,
): AsyncGenerator<string> {
  const watch = watchOf(ctx)
  const mayRead = reader(ctx)
  const untilMs = ctx.now() + lifetimeMs
  let place = from
  watch.streams++
  try {
    // An id alone is no event, but where to go on from should the connection break before one comes.
    yield `retry: 1000\nid: ${idBefore(place)}\n\n`
    while (!ended.aborted && ctx.now() < untilMs) {
      const { events, next } = await eventsFrom(ctx, place)
      for (const event of events) {
        if (isWanted(wanted, event) && (await mayRead(event))) yield eventText(event)
      }
      if (next.seq !== place.seq) {
        place = next
        continue
      }
      if (!(await watch.until(place.seq, heartbeatMs, ended)) && !ended.aborted) {
        yield `: still here\nid: ${idBefore(place)}\n\n`
      }
    }
  } finally {
    watch.streams--
  }
}

/** @throws REQUEST_LIMIT_EXCEEDED there are as many streams as there may be */
export function checkStreams(ctx: Context): void {
  if (watchOf(ctx).streams < streamsMax) return
  throw new RegistryError(
    'REQUEST_LIMIT_EXCEEDED',
    `${streamsMax} streams of events are open, which is as many as there may be; try again later`,
  )
}

function eventText(event: RegistryEvent): string {
  return `id: ${eventId(event)}\nevent: ${event.type}\ndata: ${JSON.stringify(jsonEvent(event))}\n\n`
}
