import { type LookupAddress, lookup } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import {
  excerptBytesMax,
  excerptWaitMs,
  type Outbound,
  type OutboundAnswer,
  OutboundError,
  type OutboundRequest,
} from '../outbound.ts'

/** How long a resolver that does not answer is waited for. */
const resolveMsMax = 5000

/** Each look-up takes one of Node's four threads, which also read and write files. */
const lookUpsMax = 2

type Lookup = (
  host: string,
  options: { all: true },
  done: (err: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Requests by node:http, each on a connection of its own. The addresses of a name are checked where
 * the connection is made, so a name cannot resolve to another address between check and use.
 *
 * @param resolver the system's
 */
export function nodeOutbound(resolver: Lookup = lookup): Outbound {
  const lookUp = atMost(lookUpsMax, resolver)
  return {
    parallelMax: 32,
    post: (request) => post(request, lookUp),
    resolve: (host) => resolve(host, lookUp),
  }
}

/** `lookUp` with a limit on how many run at once; the others wait for their turn. */
function atMost(count: number, lookUp: Lookup): Lookup {
  const waiting: (() => void)[] = []
  let running = 0
  const next = () => {
    if (running < count) waiting.shift()?.()
  }
  return (host, options, done) => {
    waiting.push(() => {
      running++
      lookUp(host, options, (err, addresses) => {
        running--
        next()
        done(err, addresses)
      })
    })
    next()
  }
}

async function resolve(host: string, lookUp: Lookup): Promise<readonly string[]> {
  const found = new Promise<readonly string[]>((done, failed) => {
    lookUp(host, { all: true }, (err, addresses) => {
      if (err) failed(unreachable(err))
      else done(addresses.map(({ address }) => address))
    })
  })
  return Promise.race([found, timedOut(resolveMsMax)])
}

/** Rejects after `ms`; keeps no process alive. */
function timedOut(ms: number): Promise<never> {
  return new Promise((_done, failed) => {
    setTimeout(() => failed(timeout('the name was not resolved in time')), ms).unref()
  })
}

async function post(request: OutboundRequest, lookUp: Lookup): Promise<OutboundAnswer> {
  const { url } = request
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Literal addresses are never looked up, so the check of names would not see them.
  if (isIP(host) && !request.allows(host)) throw refused()
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const options: RequestOptions = {
    method: 'POST',
    agent: false,
    lookup: judged(lookUp, (address) => request.allows(address)),
    headers: { ...request.headers, 'Content-Length': Buffer.byteLength(request.body) },
  }
  return new Promise((done, failed) => {
    const sent = send(url, options, (answer) => {
      excerptOf(answer).then((excerpt) => {
        done({
          status: answer.statusCode ?? 0,
          retryAfter: answer.headers['retry-after'],
          excerpt,
        })
        clearTimeout(timer)
        sent.destroy()
      }, failed)
    })
    const timer = setTimeout(() => sent.destroy(timeout('no answer in time')), request.timeoutMs)
    sent.once('error', (err) => {
      clearTimeout(timer)
      failed(err instanceof OutboundError ? err : unreachable(err))
    })
    sent.end(request.body)
  })
}

/** The look-up for a connection: it fails unless all of a name's addresses are allowed. */
function judged(lookUp: Lookup, allows: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    lookUp(host, { all: true }, (err, addresses) => {
      const first = addresses?.[0]
      if (err || !first) done(err ?? refused(), '')
      else if (!addresses.every(({ address }) => allows(address))) done(refused(), '')
      else if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

/** The first bytes of the body, or as many as have come after a while. */
function excerptOf(answer: IncomingMessage): Promise<string> {
  return new Promise((done) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = () => {
      clearTimeout(timer)
      done(Buffer.concat(chunks).subarray(0, excerptBytesMax).toString('utf8'))
    }
    const timer = setTimeout(end, excerptWaitMs)
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= excerptBytesMax) end()
    })
    // The status is there even if the body breaks off.
    answer.once('close', end)
    answer.once('error', end)
  })
}

function refused(): OutboundError {
  return new OutboundError('refused', 'its address is not public')
}

function timeout(message: string): OutboundError {
  return new OutboundError('timeout', message)
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve at the moment',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
}

function unreachable(err: Error): OutboundError {
  const code = 'code' in err ? String(err.code) : ''
  const message = words[code] ?? (code === '' ? 'no valid answer' : `no answer (${code})`)
  return new OutboundError('unreachable', message, { cause: err })
}
