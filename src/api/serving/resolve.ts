import type { AppContext } from '../../http/app-env.ts'
import { requireToResolve } from '../../serving/permissions.ts'
import { type ModelUri, type Resolution, readModelUri } from '../../serving/resolve.ts'
import {
  type Meaning,
  readMeaning,
  streamMeanings,
  waitForChange,
  watches,
} from '../../serving/watch.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/serving.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { textStream } from '../text-stream.ts'

/** What model URIs mean: now, at the next change, and as a stream. */
export const resolveRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.resolveModel,
    (ctx, { query }) => requireToResolve(ctx, [readModelUri(query.uri)]),
    async (ctx, { query }, c) => {
      const uri = readModelUri(query.uri)
      const known = knownOf(c)
      const seen = await readMeaning(ctx, uri)
      const waitMs = (query.wait ?? 0) * 1000
      const isNews = !known.includes(seen.fingerprint)
      const meaning =
        isNews || waitMs === 0 ? seen : ((await nextMeaning(c, uri, { seen, waitMs })) ?? seen)
      if ('why' in meaning.told) throw meaning.told.why
      const headers = { ETag: `"${meaning.fingerprint}"`, 'Cache-Control': 'private, no-cache' }
      if (known.includes(meaning.fingerprint)) return c.body(null, 304, headers)
      return c.json(resolutionToWire(meaning.told), 200, headers)
    },
  ),

  serve(
    endpoints.watchModels,
    (ctx, { query }) => requireToResolve(ctx, query.uri.map(readModelUri)),
    async (ctx, { query }, c) => {
      watches.check(ctx)
      const uris = query.uri.map(readModelUri)
      const last = (c.req.header('last-event-id') ?? '').split('.')
      const ended = new AbortController()
      const meanings = streamMeanings(ctx, c.var.admitAgain, {
        uris,
        known: last.length === uris.length ? last : [],
        ended: ended.signal,
      })
      const about = { requestId: ctx.requestId, operation: endpoints.watchModels.name }
      const texts = meaningTexts(meanings, uris, last)
      return c.body(
        textStream(texts, about, () => ended.abort()),
        200,
        {
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-store',
          'X-Accel-Buffering': 'no',
        },
      )
    },
  ),
]

/** The fingerprints in `If-None-Match`. */
function knownOf(c: AppContext): string[] {
  const header = c.req.header('if-none-match') ?? ''
  return [...header.matchAll(/"([^"]*)"/g)].map(([, tag = '']) => tag)
}

/** What differs from what was seen, unless the caller goes away first. */
async function nextMeaning(
  c: AppContext,
  uri: ModelUri,
  { seen, waitMs }: { readonly seen: Meaning; readonly waitMs: number },
): Promise<Meaning | undefined> {
  const { ctx } = c.var
  watches.check(ctx)
  return waitForChange(ctx, c.var.admitAgain, {
    uri,
    known: seen.fingerprint,
    ms: waitMs,
    ended: c.req.raw.signal,
  })
}

/** Each event's id has the fingerprint of every URI, in the order in which they were asked for. */
async function* meaningTexts(
  meanings: AsyncGenerator<Meaning | undefined>,
  uris: readonly ModelUri[],
  last: readonly string[],
): AsyncGenerator<string> {
  const known = uris.map((_, place) => (last.length === uris.length ? (last[place] ?? '') : ''))
  yield 'retry: 1000\n\n'
  for await (const meaning of meanings) {
    if (!meaning) {
      yield ': still here\n\n'
      continue
    }
    for (const [place, { uri }] of uris.entries()) {
      if (uri === meaning.uri) known[place] = meaning.fingerprint
    }
    yield `id: ${known.join('.')}\n${meaningText(meaning)}\n\n`
  }
}

function meaningText({ told }: Meaning): string {
  if (!('why' in told)) return `event: resolved\ndata: ${JSON.stringify(resolutionToWire(told))}`
  const { code, message } = told.why
  return `event: unresolved\ndata: ${JSON.stringify({ uri: told.uri, error_code: code, message })}`
}

function resolutionToWire({
  version,
  downloadUri,
  runId,
  ...told
}: Resolution): Answer<typeof endpoints.resolveModel> {
  return {
    ...told,
    version: String(version),
    download_uri: downloadUri,
    run_id: runId,
  }
}
