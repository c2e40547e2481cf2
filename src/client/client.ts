import type { z } from 'zod'
import type { Endpoint, RequestOf } from '../api/endpoints/endpoint.ts'

/** How requests are sent: `fetch`, or an application in the same process. */
export type Send = (request: Request) => Promise<Response>

/** The server refused a request; `message` is the server's own. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** URL of the server, where a client of it was refused. */
  server?: string
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** The move that was asked for waits in a promotion request. */
export class WaitingError extends ApiError {
  constructor(
    message: string,
    readonly promotionRequest: string,
  ) {
    super(403, 'PERMISSION_DENIED', message)
  }
}

/** Whether a failure may pass by itself: no refusal of the server's, but for its being too busy. */
export function mayPass(err: unknown): err is Error {
  const isRefusal = err instanceof ApiError && err.status < 500 && err.status !== 429
  return err instanceof Error && !isRefusal
}

/** The arguments of a call: the parts of a request that its endpoint takes. */
export type CallInput<E> = {
  readonly [K in keyof RequestOf<E> as RequestOf<E>[K] extends undefined ? never : K]: InputOf<E, K>
}
type InputOf<E, K> =
  E extends Endpoint<infer P, infer Q, infer B, z.ZodType>
    ? K extends 'params'
      ? z.input<P>
      : K extends 'query'
        ? z.input<Q>
        : z.input<B>
    : never
type Reply<E> = E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer A> ? z.output<A> : never

/**
 * A typed client of Gatehouse's own API: `client.call(listGroups, { query: {} })`. It makes its
 * requests from the declarations by which the server validates them.
 */
export class GatehouseClient {
  /** Its URL, without a slash at the end. */
  readonly server: string
  readonly #send: Send
  readonly #headers: Readonly<Record<string, string>>

  /**
   * @param server its URL, with a path prefix where it has one
   * @param headers of every request, such as `Authorization`, or `X-MLFLOW-WORKSPACE` with the workspace to
   *   work in
   */
  constructor(server: string, headers: Readonly<Record<string, string>> = {}, send: Send = fetch) {
    this.server = server.replace(/\/+$/, '')
    this.#headers = headers
    this.#send = send
  }

  /** @returns the answer, as text where it is not JSON. @throws ApiError the server refused */
  async call<E extends Endpoint>(endpoint: E, given: CallInput<E>): Promise<Reply<E>> {
    const {
      params = {},
      query = {},
      body,
    } = given as Record<string, Readonly<Record<string, unknown>>>
    const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(params[name])),
    )
    const res = await this.request(endpoint.method, path, { query, body })
    return (endpoint.media ? await res.text() : await readJson(res)) as Reply<E>
  }

  /** A request to any path of the server with the client's headers, answered whatever it is. */
  fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string>) }
    return this.#send(new Request(`${this.server}${path}`, { ...init, headers }))
  }

  /** The error of an answer to `fetch` that is no success. */
  async refusalOf(res: Response): Promise<ApiError> {
    return Object.assign(await refusal(res), { server: this.server })
  }

  /** Send a file to a path of the server. @throws ApiError */
  async upload(path: string, body: ReadableStream<Uint8Array>, sizeBytes: number): Promise<void> {
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(sizeBytes),
    }
    const res = await this.fetch(path, { method: 'PUT', headers, body, ...halfDuplex })
    if (!res.ok) throw await this.refusalOf(res)
    await res.body?.cancel()
  }

  /** A request to any path of the server, MLflow's surface included. @throws ApiError */
  async request(
    method: string,
    path: string,
    {
      query = {},
      body,
      headers = {},
    }: {
      query?: Readonly<Record<string, unknown>> | undefined
      body?: unknown
      headers?: Readonly<Record<string, string>>
    } = {},
  ): Promise<Response> {
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([key, value]) =>
        value === undefined ? [] : [value].flat().map((item) => [key, String(item)]),
      ),
    )
    const url = `${this.server}${path}${search.size > 0 ? `?${search}` : ''}`
    const res = await this.#send(
      new Request(url, {
        method,
        headers: {
          ...this.#headers,
          ...headers,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
    if (!res.ok) throw await this.refusalOf(res)
    return res
  }
}

/** The JSON of an answer. @throws ApiError it is none, so whoever answered is no Gatehouse */
export async function readJson(res: Response): Promise<unknown> {
  const text = await res.text()
  const value = parsedJson(text)
  if (value === undefined) throw strange(res, text)
  return value
}
/** `fetch` wants it beside a body that streams; its types do not know it everywhere. */
const halfDuplex: object = { duplex: 'half' }

async function refusal(res: Response): Promise<ApiError> {
  const text = await res.text()
  const { error_code, message } = (parsedJson(text) ?? {}) as Readonly<Record<string, unknown>>
  if (typeof error_code !== 'string' || typeof message !== 'string') return strange(res, text)
  const request = res.headers.get('X-Promotion-Request')
  return request
    ? new WaitingError(message, request)
    : new ApiError(res.status, error_code, message)
}

/** An answer that is not this API's: of another server, a proxy, or a wrong path prefix. */
function strange({ status, url }: Response, text: string): ApiError {
  const line = text
    .slice(0, 1000)
    .replace(/<[^>]*>|\s/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  const begins = line.slice(0, 100).replace(/[\ud800-\udbff]$/, '')
  const where = url === '' ? 'the server' : url
  return new ApiError(
    status,
    'INTERNAL_ERROR',
    `${where} answered ${status} with no JSON of Gatehouse's API; is it a Gatehouse? The answer begins: ${begins === '' ? '(nothing)' : begins}`,
  )
}

function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
