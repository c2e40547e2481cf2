import { decodePageToken, encodePageToken, foreignPageToken } from '../../core/page-token.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import {
  endOfLog,
  eventPage,
  type Place,
  placeAfter,
  wantedOf,
} from '../../webhooks/events/event-log.ts'
import { checkStreams, eventStream } from '../../webhooks/events/event-stream.ts'
import { jsonEvent } from '../../webhooks/formats/json.ts'
import * as endpoints from '../endpoints/events.ts'
import { type Served, serve } from '../serve.ts'
import { textStream } from '../text-stream.ts'

/** What happens; whoever has signed in sees the events of the models that they may read. */
export const eventRoutes: readonly Served[] = [
  serve(endpoints.streamEvents, anyone, async (ctx, { query }, c) => {
    const wanted = wantedOf(query.type, query.model)
    checkStreams(ctx)
    const from = await placeOf(ctx, c.req.header('last-event-id') ?? query.after)
    const ended = new AbortController()
    const events = eventStream(ctx, from, wanted, ended.signal)
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
    const { type, model, after } = query
    const asked = ['events', type, model ?? null, after ?? null]
    const from = resumed(decodePageToken(asked, query.page_token)) ?? placeAfter(after ?? '0')
    const page = await eventPage(ctx, from, wantedOf(type, model), query.max_results)
    const { next } = page
    return {
      items: page.events.map(jsonEvent),
      next_page_token: next && encodePageToken(asked, [next.seq, next.n]),
    }
  }),
]

/** An id that is still to come, as after a restore from a backup, is the log's end. */
async function placeOf(ctx: Context, id: string | undefined): Promise<Place> {
  const end = await endOfLog(ctx)
  if (id === undefined || id === '') return end
  const place = placeAfter(id)
  return place.seq > end.seq ? end : place
}

function resumed(key: ReturnType<typeof decodePageToken>): Place | undefined {
  if (!key) return undefined
  const [seq, n] = key
  if (typeof seq !== 'number' || typeof n !== 'number') throw foreignPageToken()
  return { seq, n }
}
