import type { PageKey } from '../../core/page-token.ts'
import { anyone } from '../../http/guards/guard.ts'
import { textStream } from '../../http/text-stream.ts'
import type { Context } from '../../platform/context.ts'
import { readPageFrom } from '../../search/page.ts'
import { eventStreams, streamEventText } from '../../webhooks/delivery/event-stream.ts'
import {
  type EventPlace,
  endOfLog,
  placeAfter,
  readEventPage,
  wantedOf,
} from '../../webhooks/events/event-log.ts'
import { jsonEvent } from '../../webhooks/formats/json.ts'
import * as endpoints from '../endpoints/events.ts'
import { pageRequest, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Events: everybody who has signed in sees those of the models that they may read. */
export const eventRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.streamEvents, anyone, async (ctx, { query }, c) => {
    const wanted = wantedOf(query.type, query.model)
    eventStreams.check(ctx)
    const from = await placeOf(ctx, c.req.header('last-event-id') ?? query.after)
    const ended = new AbortController()
    const events = streamEventText(ctx, c.var.admitAgain, {
      from,
      wanted,
      ended: ended.signal,
    })
    const about = { requestId: ctx.requestId, operation: endpoints.streamEvents.name }
    return c.body(
      textStream(events, about, () => ended.abort()),
      200,
      {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      },
    )
  }),

  serve(endpoints.listEvents, anyone, async (ctx, { query }) => {
    const { type, model, after, max_results } = query
    const found = await readPageFrom(
      pageRequest(['events', type, model ?? null, after ?? null], query),
      isPlace,
      async (key) => {
        const from = key ? { seq: key[0], n: key[1] } : placeAfter(after ?? '0')
        const { events, next } = await readEventPage(ctx, from, {
          wanted: wantedOf(type, model),
          count: max_results,
        })
        return { items: events, next: next && ([next.seq, next.n] as const) }
      },
    )
    return pageToWire(found, jsonEvent)
  }),
]

/** An id beyond the end, as after a restore from a backup, means the end of the log. */
async function placeOf(ctx: Context, id: string | undefined): Promise<EventPlace> {
  const end = await endOfLog(ctx)
  if (id === undefined || id === '') return end
  const place = placeAfter(id)
  return place.seq > end.seq ? end : place
}

/** A `Place` as page tokens contain it. */
function isPlace(key: PageKey): key is readonly [seq: number, n: number] {
  return key.length === 2 && key.every((part) => typeof part === 'number')
}
