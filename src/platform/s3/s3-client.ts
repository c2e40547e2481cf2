import { AwsClient } from 'aws4fetch'
import { RegistryError } from '../../core/error.ts'
import { deadlineMs, withoutSilence } from '../deadline.ts'
import { xmlText } from './s3-xml.ts'

/** Where a bucket is, and the keys to it. */
export type S3Options = {
  readonly bucket: string
  /** Keys begin with it; empty, or ending with a slash. */
  readonly prefix: string
  /** URL of an S3-compatible store; undefined for Amazon's own. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  /** Undefined: by path where an endpoint is given, by host at Amazon. */
  readonly addressing?: 'path' | 'host' | undefined
}

export type S3Request = {
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

const attemptsMax = 4
const firstPauseMs = 100

/** An unexpected reply of the store. */
export class S3Error extends Error {
  override name = 'S3Error'
  readonly status: number
  /** S3's own code, e.g. `NoSuchUpload`. */
  readonly code: string

  constructor(method: string, status: number, code: string) {
    super(`S3 answered ${method} with ${status} ${code}`)
    this.status = status
    this.code = code
  }
}

/** One bucket, called by `fetch`, so that it runs on Node and on Workers. */
export class S3Client {
  readonly #aws: AwsClient
  readonly #base: string
  readonly prefix: string

  constructor(options: S3Options) {
    const { accessKeyId, secretAccessKey, sessionToken, region } = options
    this.#aws = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
      region,
      service: 's3',
      retries: 0,
    })
    this.#base = bucketUrl(options)
    this.prefix = options.prefix
  }

  /**
   * Send a request. Passing failures (5xx, 429, a broken connection) are tried again, four tries in
   * all; a store that falls silent is given up after ten seconds. That is safe for every request made here, since a key is written once.
   *
   * @param key the whole key, prefix included; empty for the bucket
   * @returns a reply with 2xx
   * @throws S3Error any other
   */
  async send(method: string, key: string, request: S3Request = {}): Promise<Response> {
    const url = this.#url(key, request.query)
    for (let attempt = 1; ; attempt++) {
      const res = await this.#try(method, url, { ...request, attempt })
      if (res?.ok) return boundedReply(res)
      if (res && !isPassing(res.status)) throw await errorOf(method, res)
      if (res && attempt === attemptsMax) throw await errorOf(method, res)
      await res?.body?.cancel()
      await pause(firstPauseMs * 2 ** attempt * (0.5 + Math.random()))
    }
  }

  /** A URL by which anybody may make one request until it ends. Host and query are signed, the body is not. */
  async presign(
    method: string,
    key: string,
    { query, lifetimeMs }: Required<Pick<S3Request, 'query'>> & { readonly lifetimeMs: number },
  ): Promise<string> {
    const expires = { 'X-Amz-Expires': String(Math.floor(lifetimeMs / 1000)) }
    const url = this.#url(key, { ...query, ...expires })
    return (await this.#aws.sign(url, { method, aws: { signQuery: true } })).url
  }

  /** @returns undefined when the connection broke and another try may help */
  async #try(
    method: string,
    url: string,
    { attempt, headers, body }: S3Request & { readonly attempt: number },
  ) {
    const signed = await this.#aws.sign(url, {
      method,
      // A store behind a proxy must not send bytes compressed: ranges and lengths would be off.
      headers: { 'accept-encoding': 'identity', ...headers },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    })
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), deadlineMs + uploadMs(body))
    try {
      return await fetch(signed, { signal: late.signal })
    } catch (err) {
      // A store that was silent once is not asked again: the caller has waited already.
      if (attempt < attemptsMax && !late.signal.aborted) return undefined
      const message = 'The artifact store cannot be reached; try again later'
      throw new RegistryError('TEMPORARILY_UNAVAILABLE', message, { cause: err })
    } finally {
      clearTimeout(timer)
    }
  }

  #url(key: string, query: Readonly<Record<string, string>> = {}): string {
    const path = key.split('/').map(encodeURIComponent).join('/')
    const params = new URLSearchParams(query).toString().replaceAll('+', '%20')
    return `${this.#base}/${path}${params ? `?${params}` : ''}`
  }
}

/** URL of the bucket, without trailing slash. */
export function bucketUrl({
  bucket,
  endpoint,
  region,
  addressing,
}: Pick<S3Options, 'bucket' | 'endpoint' | 'region' | 'addressing'>): string {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const path = base.pathname.replace(/\/$/, '')
  const byHost = (addressing ?? (endpoint ? 'path' : 'host')) === 'host'
  return byHost
    ? `${base.protocol}//${bucket}.${base.host}${path}`
    : `${base.origin}${path}/${encodeURIComponent(bucket)}`
}

/** How much longer a request may take for the bytes that it sends: a mebibyte a second is slow. */
function uploadMs(body: S3Request['body']): number {
  return ((body?.length ?? 0) / 1024 ** 2) * 1000
}

/** A reply whose body does not fall silent either. */
function boundedReply(res: Response): Response {
  if (!res.body) return res
  const { status, headers } = res
  return new Response(withoutSilence('the artifact store', res.body), { status, headers })
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500
}

async function errorOf(method: string, res: Response): Promise<S3Error> {
  const text = await res.text()
  return new S3Error(method, res.status, xmlText(text, 'Code') ?? 'without a code')
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
