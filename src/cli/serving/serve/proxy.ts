import {
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { createHttpServer } from '../../../platform/node/http-server.ts'
import type { RequestSpan, Tracing } from '../../../platform/node/observed/tracing.ts'
import { refusalOf, statusOfLeft } from '../../../router/handle-request.ts'
import { idHeader, keptHeaders } from '../../../router/headers.ts'
import type { Mirror, Shadows } from '../../../router/mirror.ts'
import { headersOfAnswer, type Router, type VariantRoute } from '../../../router/router.ts'
import type { ServingMetrics } from './serving-metrics.ts'

/** Where the requests to a variant go: a scorer of this process, or one elsewhere. */
export type Upstream = {
  /** 0 where only the scorer knows. */
  readonly version: number
  readonly url: URL
  readonly agent: HttpAgent
  /** Note that a request begins; the answer is to be called when it has ended. */
  begin(): () => void
  /** Note that it has answered. */
  hear(): void
}

type ProxyTerms = {
  readonly router: Router
  readonly shadows: Shadows
  /** Where the requests to a variant go; undefined: nothing is live. */
  readonly live: (variant: string) => Upstream | undefined
  /** How long a scorer may be silent. */
  readonly silenceMsMax: number
  readonly tracing: Tracing | undefined
  /** What `/metrics` answers; undefined: it is passed on like other paths. */
  readonly metrics:
    | { readonly of: ServingMetrics; readonly text: () => Promise<string> }
    | undefined
}

const agents = {
  'http:': new HttpAgent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
}

/** A scorer that others run. */
export function upstreamAt(text: string): Upstream {
  const url = new URL(text)
  const agent = url.protocol === 'https:' ? agents['https:'] : agents['http:']
  return { version: 0, url, agent, begin: () => () => {}, hear: () => {} }
}

/** A server that passes each request on to the variant that is chosen when it comes. */
export function createProxy(terms: ProxyTerms): Server {
  const { router, shadows, live, metrics, tracing } = terms
  return createHttpServer((incoming, outgoing) => {
    if (metrics && incoming.method === 'GET' && /^\/metrics(\?|$)/.test(incoming.url ?? '')) {
      void answerMetrics(outgoing, metrics)
      return
    }
    const asked = {
      method: incoming.method ?? 'GET',
      // `headers` has properties that nobody sent, such as `constructor`.
      header: (name: string) => incoming.headersDistinct[name.toLowerCase()]?.join(', '),
    }
    const route = router.choose(asked, live)
    const span = tracing && traceRequest(tracing, { incoming, outgoing, route })
    if (route) passOn(terms, { incoming, outgoing, route, mirror: shadows.begin(route), span })
    else {
      metrics?.of.countUnserved()
      refuse(outgoing, 503, 'No version is live; one is being started, or failed to start')
    }
  })
}

function traceRequest(
  tracing: Tracing,
  {
    incoming,
    outgoing,
    route,
  }: Pick<Passing, 'incoming' | 'outgoing'> & { readonly route: Passing['route'] | undefined },
): RequestSpan {
  const { method = 'GET', url = '/', headers } = incoming
  const span = tracing.begin(method, url.replace(/\?.*$/s, ''), headers)
  outgoing.once('close', () =>
    span.end({
      status: outgoing.headersSent ? outgoing.statusCode : statusOfLeft,
      attributes: route
        ? { 'gatehouse.variant': route.variant, 'gatehouse.model_version': route.version }
        : {},
    }),
  )
  return span
}

async function answerMetrics(
  outgoing: ServerResponse,
  { of, text }: NonNullable<ProxyTerms['metrics']>,
): Promise<void> {
  outgoing.writeHead(200, { 'Content-Type': of.contentType }).end(await text())
}

type Passing = {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly route: VariantRoute<Upstream>
  readonly mirror: Mirror | undefined
  readonly span: RequestSpan | undefined
}

function passOn({ router, silenceMsMax }: ProxyTerms, passing: Passing): void {
  const { incoming, outgoing, route, mirror, span } = passing
  const { target } = route
  const end = target.begin()
  const upstream = requestOf(target, incoming, { route, silenceMsMax, span })
  let sentMs: number | undefined
  incoming.once('end', () => {
    sentMs = router.now()
  })
  const waitedMs = () => router.now() - (sentMs ?? router.now())
  let isCounted = false
  const count = (status: number | undefined, ms: number) => {
    if (!isCounted) router.count(route, { status, ms })
    isCounted = true
  }
  outgoing.once('close', () => {
    end()
    if (outgoing.writableFinished) return
    // Who leaves before the request was whole has not waited for the scorer.
    if (!outgoing.headersSent && sentMs !== undefined) count(statusOfLeft, waitedMs())
    upstream.destroy()
    mirror?.drop()
  })
  upstream.once('response', (answer) => {
    target.hear()
    const ms = waitedMs()
    try {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
        ...keptHeaders(pairsOf(answer.rawHeaders)).flat(),
        ...headersOfAnswer(route).flat(),
      ])
    } catch (err) {
      count(undefined, ms)
      upstream.destroy()
      refuse(outgoing, 502, `${nameOf(route)} answered no HTTP: ${String(err)}`)
      return
    }
    let isBroken = false
    answer.once('error', () => {
      isBroken = !outgoing.destroyed
    })
    // An answer that breaks off breaks off for the caller too.
    pipeline(answer, outgoing, (err) => {
      count(isBroken ? undefined : answer.statusCode, ms)
      if (err || !incoming.complete) mirror?.drop()
      else void mirror?.send(originalOf(incoming))
    })
    if (mirror) answer.on('data', (part: Buffer) => mirror.addToAnswer(part))
  })
  let why = 'it answered no HTTP'
  let isLate = false
  upstream.once('timeout', () => {
    isLate = true
    upstream.destroy()
  })
  upstream.once('error', (err) => {
    why = err.message
  })
  // Not every end is an error: of a scorer that switches protocols only this is told.
  upstream.once('close', () => {
    if (outgoing.headersSent || outgoing.destroyed) return
    count(undefined, waitedMs())
    mirror?.drop()
    if (isLate) {
      const seconds = silenceMsMax / 1000
      const text = `said nothing for ${seconds} s; --timeout has the limit`
      refuse(outgoing, 504, `${nameOf(route)} ${text}`)
    } else {
      refuse(outgoing, 502, `${nameOf(route)} did not answer (${why}); try again`)
    }
  })
  incoming.pipe(upstream)
  if (mirror) incoming.on('data', (part: Buffer) => mirror.addToRequest(part))
}

function requestOf(
  { url, agent }: Upstream,
  incoming: IncomingMessage,
  {
    route,
    silenceMsMax,
    span,
  }: Pick<Passing, 'route' | 'span'> & { readonly silenceMsMax: number },
) {
  const isElsewhere = route.version === 0
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return request({
    host: url.hostname,
    port: url.port,
    agent,
    method: incoming.method,
    path: url.pathname.replace(/\/$/, '') + (incoming.url ?? '/'),
    headers: [
      ...headersOn(incoming, { host: isElsewhere ? url.host : undefined, isTraced: !!span }),
      ...(span?.headers.flat() ?? []),
      ...idHeader(route.requestId).flat(),
    ],
    timeout: silenceMsMax,
  })
}

/**
 * With the length of the body as it came, or in chunks where it came so.
 *
 * @param of.host of a scorer elsewhere, for which the request then is
 * @param of.isTraced the span of this process takes the place of the caller's
 */
function headersOn(
  incoming: IncomingMessage,
  { host, isTraced }: { readonly host: string | undefined; readonly isTraced: boolean },
): string[] {
  const isChunked = incoming.headers['transfer-encoding'] !== undefined
  const kept = keptHeaders(pairsOf(incoming.rawHeaders)).filter(
    ([name]) => !isTraced || !/^trace(parent|state)$/i.test(name),
  )
  const addressed =
    host === undefined
      ? kept
      : [['Host', host], ...kept.filter(([name]) => name.toLowerCase() !== 'host')]
  return [...addressed.flat(), ...(isChunked ? ['Transfer-Encoding', 'chunked'] : [])]
}

/** What shadows get of a request besides its body. */
function originalOf(incoming: IncomingMessage) {
  const { method = 'POST', url: path = '/', rawHeaders } = incoming
  return { method, path, headers: pairsOf(rawHeaders) }
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? ''])
  return pairs
}

function nameOf({ variant, version }: VariantRoute<Upstream>): string {
  return version === 0 ? `The scorer of variant '${variant}'` : `The scorer of version ${version}`
}

function refuse(outgoing: ServerResponse, status: 502 | 503 | 504, message: string): void {
  const { headers, body } = refusalOf(status, message)
  outgoing.writeHead(status, headers).end(body)
}
