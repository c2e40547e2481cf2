import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { excerpt } from '../../../core/error.ts'
import type { ByteStream } from '../../../platform/ports.ts'
import { StartError } from '../../../platform/start-error.ts'
import { SourceError } from './source-error.ts'

const attemptsMax = 5
const pagesMax = 1_000_000
const answerBytesMax = 256 * 1024 * 1024
const silenceMsMax = 120_000
const isSilent = new Error(`nothing came for ${silenceMsMax / 1000} seconds`)
const waitMsMax = 60_000

export type Query = Readonly<Record<string, string | number | undefined>>

/** What is asked of a server, and the shape that the answer must have. */
export type ServerQuestion<T extends z.ZodType> = Omit<ServerRequest, 'send'> & {
  readonly answer: T
}

type ServerRequest = {
  readonly path: string
  readonly query?: Query | undefined
  /** With one it is a POST, unless `method` says otherwise. */
  readonly body?: unknown
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Made twice it would make two things: it is not sent again where it may have arrived. */
  readonly isOnce?: boolean
  /** Bytes instead of a body, opened for each attempt. */
  readonly send?: { readonly sizeBytes: number; open(): Promise<ByteStream> }
}

/** How a path of the server is fetched. */
type FetchPath = (path: string, init: ServerInit) => Promise<Response>
type ServerInit = RequestInit & { readonly headers: Readonly<Record<string, string>> }

/**
 * Another server, asked for JSON and files. Answers are bounded in size and time; what fails for the
 * moment (429, 5xx, a cut connection) is asked again.
 */
export class JsonServer {
  readonly #fetch: FetchPath

  /** @param title the URL without credentials, for people */
  constructor(
    readonly title: string,
    fetchPath: FetchPath,
  ) {
    this.#fetch = fetchPath
  }

  /**
   * @throws SourceError it refused, or answered something else
   * @throws StartError it cannot be reached
   */
  async read<T extends z.ZodType>({ answer, ...request }: ServerQuestion<T>): Promise<z.output<T>> {
    const { path } = request
    const text = await this.#textOf(request)
    const read = answer.safeParse(parseExact(text, path))
    if (read.success) return read.data
    const issue = read.error.issues[0]
    throw new SourceError(
      `${path}: unexpected answer at '${excerpt(issue?.path.join('.') ?? '')}': ${issue?.message}`,
    )
  }

  /** Store bytes at a path. @throws SourceError it refused; StartError it cannot be reached */
  async upload(path: string, send: NonNullable<ServerRequest['send']>): Promise<void> {
    await this.#textOf({ path, method: 'PUT', send })
  }

  async #textOf(request: ServerRequest): Promise<string> {
    const { res, text } = await this.#ask(request, async (res, isComing) => ({
      res,
      text: await readText(res, isComing),
    }))
    if (!res.ok) throw refusalOf(request.path, res.status, text)
    return text
  }

  /** Every page of a list. @param pageOf makes the question from the token of the page before */
  async *pages<T extends z.ZodType<{ next_page_token?: string | undefined }>>(
    pageOf: (token: string | undefined) => ServerQuestion<T>,
  ): AsyncGenerator<z.output<T>> {
    const seen = new Set<string>()
    let token: string | undefined
    do {
      const question = pageOf(token)
      const page = await this.read(question)
      yield page
      token = page.next_page_token || undefined
      if (token === undefined) return
      if (seen.has(token)) throw new SourceError(`${question.path}: its pages go round in a circle`)
      seen.add(token)
    } while (seen.size < pagesMax)
    throw new SourceError(`its list at ${pageOf(undefined).path} has more than ${pagesMax} pages`)
  }

  /** The bytes at a path. @throws SourceError it refused */
  async open(path: string, query?: Query): Promise<ByteStream> {
    const res = await this.#ask({ path, query }, async (res) => res)
    if (res.ok && res.body) return res.body
    throw refusalOf(path, res.status, await readText(res))
  }

  /** @param take what is read of the answer before it counts as given; it says when more has come */
  async #ask<T>(
    request: ServerRequest,
    take: (res: Response, isComing: () => void) => Promise<T>,
  ): Promise<T> {
    const { path, query = {}, isOnce = false } = request
    const whole = `${path}${searchOf(query)}`
    for (let attempt = 1; ; attempt++) {
      let res: Response | undefined
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(isSilent), silenceMsMax)
      const isComing = () => void timer.refresh()
      try {
        res = await this.#askOnce(whole, request, { signal: silence.signal, isComing })
        isComing()
        if (attempt === attemptsMax || !mayAgain(res.status, isOnce)) {
          return await take(res, isComing)
        }
        await res.body?.cancel()
      } catch (err) {
        if (err instanceof SourceError) throw err
        if (isOnce || attempt === attemptsMax) throw unreachable(this.title, err)
      } finally {
        clearTimeout(timer)
      }
      await sleep(waitMs(res, attempt))
    }
  }

  async #askOnce(
    path: string,
    { body, method, send }: ServerRequest,
    { signal, isComing }: { readonly signal: AbortSignal; readonly isComing: () => void },
  ): Promise<Response> {
    const res = await this.#fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(send ? await bytesInit(send, isComing) : jsonInit(body)),
      signal,
      // It could lead to any host that this machine reaches.
      redirect: 'manual',
    })
    if (res.status < 300 || res.status > 399) return res
    const place = excerpt(res.headers.get('location') ?? '')
    throw new SourceError(
      `${this.title} sends elsewhere, to '${place}'; give the URL of that server`,
    )
  }
}

function jsonInit(body: unknown): Pick<ServerInit, 'headers' | 'body'> {
  if (body === undefined) return { headers: {} }
  return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

async function bytesInit(
  { sizeBytes, open }: NonNullable<ServerRequest['send']>,
  isComing: () => void,
): Promise<Pick<ServerInit, 'headers' | 'body'>> {
  const bytes = await open()
  async function* chunks() {
    for await (const chunk of bytes) {
      isComing()
      yield chunk
    }
  }
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
  }
  // `duplex` is wanted beside a body that streams, and the types do not know it everywhere.
  const init = { headers, body: webStreamOf(chunks()), duplex: 'half' }
  return init
}

/** A stream as `fetch` takes it. */
export function webStreamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  // Node's own stream is the standard one, under another name.
  return Readable.toWeb(Readable.from(chunks)) as unknown as ReadableStream<Uint8Array>
}

/**
 * The server at a URL.
 *
 * @param server a user and a password in it are sent as Basic credentials
 */
export function jsonServerOf(
  server: string,
  headers: Readonly<Record<string, string>> = {},
): JsonServer {
  const url = parseServer(server)
  const pair = `${decodeCredential(url.username)}:${decodeCredential(url.password)}`
  const basic = { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  const sent = { ...(url.username && basic), ...headers }
  url.username = ''
  url.password = ''
  const base = url.href.replace(/[/?#]+$/, '')
  return new JsonServer(base, (path, init) =>
    fetch(`${base}${path}`, { ...init, headers: { ...sent, ...init.headers } }),
  )
}

function parseServer(server: string): URL {
  const url = URL.parse(server)
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new StartError(`'${server}' is no URL of a server, such as http://localhost:5000`)
}

function decodeCredential(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch (err) {
    const problem = 'user or password of the URL has a % that begins no escape; write %25 for it'
    throw new StartError(problem, { cause: err })
  }
}

function searchOf(query: Query): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  )
  return given.length > 0 ? `?${new URLSearchParams(given)}` : ''
}

/** Whether a request that was answered so is made again: one of `isOnce` where nothing was done. */
function mayAgain(status: number, isOnce: boolean): boolean {
  if (isOnce) return status === 429 || status === 503
  return status === 429 || status === 408 || status >= 500
}

function waitMs(res: Response | undefined, attempt: number): number {
  const seconds = Number(res?.headers.get('retry-after') ?? Number.NaN)
  return Math.min(waitMsMax, Number.isFinite(seconds) ? seconds * 1000 : 200 * 2 ** attempt)
}

function unreachable(server: string, err: unknown): StartError {
  const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StartError(`cannot reach ${server}: ${why}`, { cause: err })
}

async function readText(res: Response, isComing = () => {}): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of res.body ?? []) {
    isComing()
    bytes += chunk.byteLength
    if (bytes > answerBytesMax)
      throw new SourceError(`an answer has more than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refusalOf(path: string, status: number, text: string): SourceError {
  return new SourceError(`${path}: ${status} ${messageOf(text)}`, { status })
}

const Refusal = z.object({ message: z.string() })

function messageOf(text: string): string {
  try {
    return excerpt(Refusal.parse(JSON.parse(text)).message, 500)
  } catch {
    return excerpt(text.replace(/\s+/g, ' '), 200)
  }
}

/** Not yet in TypeScript's library: the third argument of a reviver. */
type JsonWithSource = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, at: { source?: string }) => unknown,
  ): unknown
}

/** JSON in which integers past 2^53 come as text, since a number would round them. */
function parseExact(text: string, path: string): unknown {
  try {
    if (!/(?<![\d.])\d{16}/.test(text)) return JSON.parse(text)
    return (JSON as unknown as JsonWithSource).parse(text, (_key, value, { source }) =>
      typeof value === 'number' &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value) &&
      /^-?\d+$/.test(source ?? '')
        ? source
        : value,
    )
  } catch (err) {
    throw new SourceError(`${path}: the answer is no JSON: ${excerpt(text, 100)}`, { cause: err })
  }
}
