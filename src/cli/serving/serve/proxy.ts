import { type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { createHttpServer } from '../../../platform/node/http-server.ts'
import type { Scorer } from './scorer.ts'

/** What stands between two neighbours alone, and is not passed on (RFC 9110, 7.6.1). */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** What `Connection` cannot take out: how long the body is, and for whom the request is. */
const ofMessage = new Set(['content-length', 'host'])

const versionHeader = 'X-Gatehouse-Model-Version'
const variantHeader = 'X-Gatehouse-Variant'
const ours = new Set([versionHeader, variantHeader].map((name) => name.toLowerCase()))

/** Who answers a request; `variant` is its name in a deployment. */
export type ChosenScorer = { readonly scorer: Scorer; readonly variant?: string }

/**
 * A server that passes each request on to the scorer that is chosen when it comes.
 *
 * @param terms.silenceMsMax how long a scorer may be silent
 */
export function createProxy(terms: {
  readonly choose: (incoming: IncomingMessage) => ChosenScorer | undefined
  readonly silenceMsMax: number
}): Server {
  return createHttpServer((incoming, outgoing) => {
    const chosen = terms.choose(incoming)
    if (chosen) passOn(incoming, outgoing, { ...chosen, silenceMsMax: terms.silenceMsMax })
    else refuse(outgoing, 503, 'No version is live; one is being started, or failed to start')
  })
}

function passOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { scorer, variant, silenceMsMax }: ChosenScorer & { readonly silenceMsMax: number },
): void {
  const end = scorer.begin()
  const { version } = scorer.ready.resolved
  const upstream = request({
    host: '127.0.0.1',
    port: scorer.port,
    agent: scorer.agent,
    method: incoming.method,
    path: incoming.url,
    headers: headersOn(incoming),
    timeout: silenceMsMax,
  })
  outgoing.once('close', () => {
    end()
    if (!outgoing.writableFinished) upstream.destroy()
  })
  upstream.once('response', (answer) => {
    scorer.hear()
    try {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
        ...keptHeaders(answer.rawHeaders),
        ...[versionHeader, version],
        ...(variant === undefined ? [] : [variantHeader, variant]),
      ])
    } catch (err) {
      upstream.destroy()
      refuse(outgoing, 502, `The scorer of version ${version} answered no HTTP: ${String(err)}`)
      return
    }
    // An answer that breaks off breaks off for the caller too.
    pipeline(answer, outgoing, () => {})
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
    const text = `The scorer of version ${version}`
    if (isLate) {
      const seconds = silenceMsMax / 1000
      refuse(outgoing, 504, `${text} said nothing for ${seconds} s; --timeout has the limit`)
    } else {
      refuse(outgoing, 502, `${text} did not answer (${why}); try again`)
    }
  })
  incoming.pipe(upstream)
}

/** With the length of the body as it came, or in chunks where it came so. */
function headersOn(incoming: IncomingMessage): string[] {
  const isChunked = incoming.headers['transfer-encoding'] !== undefined
  return [
    ...keptHeaders(incoming.rawHeaders),
    ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
  ]
}

/** Names and values in turn. */
function keptHeaders(raw: readonly string[]): string[] {
  const named = new Set(
    raw.flatMap((value, i) =>
      i % 2 === 1 && raw[i - 1]?.toLowerCase() === 'connection'
        ? value.split(',').map((name) => name.trim().toLowerCase())
        : [],
    ),
  )
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]]
    const lower = name.toLowerCase()
    const isOfConnection = ofConnection.has(lower) || (named.has(lower) && !ofMessage.has(lower))
    if (!isOfConnection && !ours.has(lower)) kept.push(name, value)
  }
  return kept
}

/** In the form of MLflow's own scorers. */
function refuse(outgoing: ServerResponse, status: 502 | 503 | 504, message: string): void {
  const error_code = status === 503 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR'
  const headers = { 'Content-Type': 'application/json', 'Retry-After': '1' }
  outgoing.writeHead(status, headers).end(JSON.stringify({ error_code, message }))
}
