import type { AppContext } from '../../http/app-env.ts'
import { hasTag } from '../../http/etag.ts'
import { textStream } from '../../http/text-stream.ts'
import { requireToResolve } from '../../serving/permissions.ts'
import {
  isFingerprint,
  type ModelUri,
  type Resolution,
  readModelUri,
} from '../../serving/resolve.ts'
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

/** What model URIs mean: now, at the next change, and as a stream. */
export const resolveRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.resolveModel,
    (ctx, { query }) => requireToResolve(ctx, [readModelUri(query.uri)]),
    async (ctx, { query }, c) => {
      const uri = readModelUri(query.uri)
      const seen = await readMeaning(ctx, uri)
      const isKnown = hasSeen(c, seen)
      const waitMs = (query.wait ?? 0) * 1000
      const next = isKnown && waitMs > 0 ? await nextMeaning(c, uri, { seen, waitMs }) : undefined
      const meaning = next ?? seen
      if ('why' in meaning.told) throw meaning.told.why
      const headers = { ETag: `"${meaning.fingerprint}"`, 'Cache-Control': 'private, no-cache' }
      if (isKnown && !next) return c.body(null, 304, headers)
      return c.json(resolutionToWire(meaning.told), 200, headers)
    },
  ),

  serve(
    endpoints.watchModels,
    (ctx, { query }) => requireToResolve(ctx, query.uri.map(readModelUri)),
    async (ctx, { query }, c) => {
      watches.check(ctx)
      const uris = query.uri.map(readModelUri)
      const known = knownBefore(c, uris)
      const ended = new AbortController()
      const meanings = streamMeanings(ctx, c.var.admitAgain, {
        uris,
        known,
        ended: ended.signal,
      })
      const about = { requestId: ctx.requestId, operation: endpoints.watchModels.name }
      const texts = meaningTexts(meanings, uris, known)
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

/** Whether the caller has a meaning already, by `If-None-Match`. */
function hasSeen(c: AppContext, { told, fingerprint }: Meaning): boolean {
  return hasTag(c, fingerprint, !('why' in told))
}

/** The fingerprints in `Last-Event-ID`, one for each URI; empty ones where it is no id of these URIs. */
function knownBefore(c: AppContext, uris: readonly ModelUri[]): readonly string[] {
  const last = (c.req.header('last-event-id') ?? '').split('.')
  const isOurs =
    last.length === uris.length && last.every((part) => part === '' || isFingerprint(part))
  return isOurs ? last : uris.map(() => '')
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
  before: readonly string[],
): AsyncGenerator<string> {
  const known = [...before]
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
  registeredModelId: _,
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
