import { idHeader, keptHeaders } from './headers.ts'
import { type Mirror, Shadows } from './mirror.ts'
import { headersOfAnswer, type Router, type VariantRoute } from './router.ts'
import type { SplitTarget } from './split.ts'

export type HandlerTerms = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** How long a scorer may be silent. */
  readonly silenceMsMax: number
  /** How long a shadow may take. */
  readonly shadowMsMax: number
}

/** Answers a request; `waitUntil` gets what goes on after the answer. */
export type RequestHandler = (
  request: Request,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Response>

/** A scorer with a URL. */
type UrlScorer = { readonly version: 0; readonly url: string }

/**
 * Makes what passes each request on to the scorer of a variant. It needs nothing but `fetch`, so it runs on
 * Workers as it runs elsewhere.
 */
export function handlerOf(router: Router, terms: HandlerTerms): RequestHandler {
  const scorerOf = (
    targets: readonly (SplitTarget & { readonly name: string })[],
    name: string,
  ) => {
    const url = targets.find((target) => target.name === name)?.url
    return url === undefined ? undefined : { version: 0 as const, url: withoutSlash(url) }
  }
  const shadows = new Shadows(router, {
    fetch: terms.fetch,
    msMax: terms.shadowMsMax,
    target: (name) => scorerOf(router.split.shadows ?? [], name),
  })
  return async (request, waitUntil) => {
    const route = router.choose<UrlScorer>(
      { method: request.method, header: (name) => request.headers.get(name) ?? undefined },
      (name) => scorerOf(router.split.variants, name),
    )
    if (!route) return refusalResponse(503, 'No variant with a URL has a weight')
    const passed = { router, terms, request, route }
    const mirror = shadows.begin(route)
    if (!mirror) return (await passOn(passed, request.body)).answer
    const [body, copy] = request.body ? request.body.tee() : [null, null]
    const isRequestCopied = copyParts(copy, mirror, (part) => mirror.addToRequest(part))
    const { answer, isScored } = await passOn(passed, body)
    const [given, compared] = answer.body ? answer.body.tee() : [null, null]
    const isAnswerCopied = copyParts(compared, mirror, (part) => mirror.addToAnswer(part))
    waitUntil(
      Promise.all([isRequestCopied, isAnswerCopied]).then((copied) =>
        isScored && copied.every(Boolean)
          ? mirror.send({
              method: request.method,
              path: pathOf(request),
              headers: [...request.headers],
            })
          : mirror.drop(),
      ),
    )
    return new Response(given, answer)
  }
}

type Passed = {
  readonly router: Router
  readonly terms: HandlerTerms
  readonly request: Request
  readonly route: VariantRoute<UrlScorer>
}

/** @returns the answer, and whether it is a scorer's */
async function passOn(
  { router, terms, request, route }: Passed,
  body: ReadableStream<Uint8Array> | null,
): Promise<{ readonly answer: Response; readonly isScored: boolean }> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), terms.silenceMsMax)
  const begunMs = router.now()
  const count = (status: number | undefined) =>
    router.count(route, { status, ms: router.now() - begunMs })
  try {
    const init = {
      method: request.method,
      headers: [
        ...keptHeaders([...request.headers]).filter(isSentOn),
        ...idHeader(route.requestId),
      ],
      body,
      redirect: 'manual' as const,
      signal: AbortSignal.any([late.signal, request.signal]),
      // Node wants it with a stream.
      duplex: 'half',
    }
    const res = await terms.fetch(route.target.url + pathOf(request), init)
    const { status, statusText } = res
    const headers = new Headers(keptHeaders([...res.headers]))
    for (const [name, value] of headersOfAnswer(route)) headers.set(name, value)
    const answer = new Response(res.body, { status, statusText, headers })
    count(status)
    return { answer, isScored: true }
  } catch (err) {
    count(request.signal.aborted ? statusOfLeft : undefined)
    const why = err instanceof Error ? err.message : String(err)
    const text = `The scorer of variant '${route.variant}'`
    const answer = late.signal.aborted
      ? refusalResponse(504, `${text} said nothing for ${terms.silenceMsMax / 1000} s`)
      : refusalResponse(502, `${text} did not answer (${why}); try again`)
    for (const [name, value] of headersOfAnswer(route)) answer.headers.set(name, value)
    return { answer, isScored: false }
  } finally {
    clearTimeout(timer)
  }
}

/** The caller went away before there was an answer; servers of others log the same number. */
export const statusOfLeft = 499

/** `fetch` asks the host of the URL, and decodes what it asked to be encoded. */
function isSentOn([name]: readonly [string, string]): boolean {
  return !['host', 'accept-encoding'].includes(name.toLowerCase())
}

function pathOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url
}

/** @returns whether all of it was copied; never rejects */
async function copyParts(
  stream: ReadableStream<Uint8Array> | null,
  mirror: Mirror,
  add: (part: Uint8Array) => void,
): Promise<boolean> {
  try {
    for await (const part of stream ?? []) {
      add(part)
      if (mirror.isOver) return false
    }
    return true
  } catch {
    // It broke off, which whoever reads the other half is told.
    return false
  }
}

/** What a router answers by itself, in the form of MLflow's own scorers. */
export function refusalOf(status: 502 | 503 | 504, message: string) {
  const error_code = status === 503 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR'
  const headers = { 'Content-Type': 'application/json', 'Retry-After': '1' }
  return { status, headers, body: JSON.stringify({ error_code, message }) }
}

function refusalResponse(status: 502 | 503 | 504, message: string): Response {
  const { body, ...init } = refusalOf(status, message)
  return new Response(body, init)
}
