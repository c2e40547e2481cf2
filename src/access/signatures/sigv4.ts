import { fromHex, toBase64UrlBytes, toHex, toUtf8 } from '../../core/bytes.ts'
import { excerpt, RegistryError } from '../../core/error.ts'

/** A request that AWS's Signature Version 4 may sign, as it was received. */
export type SignedRequest = {
  readonly method: string
  /**
   * Where the client may have sent it: what it names as Host, and the path as it wrote it. A proxy in front
   * changes both, so there may be several.
   */
  readonly places: readonly { readonly host: string; readonly path: string }[]
  /** The value of a header, by its name in lower case. */
  header(name: string): string | undefined
  /** The body as it was sent. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** What an `Authorization: AWS4-HMAC-SHA256` says. */
type Signature = {
  readonly keyId: string
  /** `20261126/eu-west-1/sagemaker/aws4_request` */
  readonly scope: readonly [day: string, region: string, service: string, end: string]
  /** In the order in which they were signed, lower case. */
  readonly signedHeaders: readonly string[]
  /** Lower-case hex. */
  readonly signature: string
}

/** What is wrong with a signature: AWS's clients tell these apart by a code each. */
export class SignatureError extends RegistryError {
  constructor(
    readonly flaw: 'form' | 'key' | 'signature',
    message: string,
  ) {
    super('UNAUTHENTICATED', message)
  }
}

const algorithm = 'AWS4-HMAC-SHA256'
const service = 'sagemaker'
/** How far the client's clock may be off. */
const windowMs = 300_000
const mustBeSigned = ['host', 'x-amz-date', 'x-amz-target']

/** Whether a header is of Signature Version 4. */
export function isSignatureHeader(authorization: string | undefined): authorization is string {
  return authorization?.startsWith(`${algorithm} `) ?? false
}

/** Reads the Authorization header. @throws SignatureError it lacks a part */
export function parseSignature(authorization: string): Signature {
  const parts = new Map(
    authorization
      .slice(algorithm.length)
      .split(',')
      .map((part) => {
        const [name = '', ...value] = part.trim().split('=')
        return [name, value.join('=')] as const
      }),
  )
  const [keyId = '', day, region, of, end, ...rest] = (parts.get('Credential') ?? '').split('/')
  const signature = parts.get('Signature') ?? ''
  const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';')
  const isWhole = /^\w{1,128}$/.test(keyId) && region && of && end && rest.length === 0
  if (!isWhole || !/^\d{8}$/.test(day ?? '') || !/^[0-9a-f]{64}$/.test(signature)) {
    throw new SignatureError(
      'form',
      `The Authorization header is not of the form '${algorithm} Credential=<key id>/<day>/<region>/${service}/aws4_request, SignedHeaders=<names>, Signature=<64 hex digits>'`,
    )
  }
  return { keyId, scope: [day ?? '', region, of, end], signedHeaders, signature }
}

/**
 * Hold a request against its signature.
 *
 * @param nowMs the server's clock
 * @throws SignatureError another secret signed it, it was altered since, it is not meant for this service, or
 *   the clocks differ by more than five minutes
 */
export async function verifySignature(
  request: SignedRequest,
  { scope, signedHeaders, signature }: Signature,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): Promise<void> {
  const date = request.header('x-amz-date') ?? ''
  checkScope(scope, date)
  checkClock(date, nowMs)
  const needed = [
    ...mustBeSigned,
    ...(request.header('x-amz-security-token') === undefined ? [] : ['x-amz-security-token']),
  ]
  const unsigned = needed.find((name) => !signedHeaders.includes(name))
  if (unsigned !== undefined) throw refused(`the header ${unsigned} is not signed`)
  const key = await signingKeyOf(secret, scope)
  const bodyHash = await sha256(request.body)
  for (const place of request.places) {
    const canonical = canonicalRequest(request, { place, signedHeaders, bodyHash })
    const hash = await sha256(toUtf8(canonical))
    const text = [algorithm, date, scope.join('/'), hash].join('\n')
    if (await crypto.subtle.verify('HMAC', key, fromHex(signature), toUtf8(text))) return
  }
  throw refused(
    'the secret access key is another, or the request was changed on its way. A proxy in front has to pass Host and path on as they came, or the setting public-url has to name them',
  )
}

/**
 * The secret access key of a key id. It follows from the server's signing key, so that nothing secret is
 * kept for it.
 */
export async function deriveSecret(signingKey: string, keyId: string): Promise<string> {
  return toBase64UrlBytes(await hmac(toUtf8(signingKey), `sigv4:${keyId}`))
}

function checkScope([day, , of, end]: Signature['scope'], date: string): void {
  if (of !== service || end !== 'aws4_request') {
    throw refused(`its scope is for '${excerpt(`${of}/${end}`)}', not '${service}/aws4_request'`)
  }
  if (!date.startsWith(`${day}T`)) throw refused('the day of its scope is not that of X-Amz-Date')
}

function checkClock(date: string, nowMs: number): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)?.slice(1)
  const [year, month, day, ...time] = parts ?? []
  const atMs = Date.parse(`${year}-${month}-${day}T${time.join(':')}Z`)
  if (Number.isNaN(atMs)) throw refused('X-Amz-Date is not of the form 20261126T120000Z')
  if (Math.abs(nowMs - atMs) <= windowMs) return
  const here = new Date(nowMs).toISOString()
  throw refused(
    `it was made at ${new Date(atMs).toISOString()} and the server's clock says ${here}: they may differ by five minutes; set the clock that is off`,
  )
}

function canonicalRequest(
  { method, header }: SignedRequest,
  {
    place,
    signedHeaders,
    bodyHash,
  }: {
    readonly place: SignedRequest['places'][number]
    readonly signedHeaders: readonly string[]
    readonly bodyHash: string
  },
): string {
  const sent = (name: string) => (name === 'host' ? place.host : (header(name) ?? ''))
  const lines = signedHeaders.map((name) => `${name}:${sent(name).trim().replace(/ +/g, ' ')}`)
  return [
    method,
    encodedOnce(place.path),
    '',
    ...lines,
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
}

/** The path is encoded once more than it was sent. */
function encodedOnce(path: string): string {
  return path.replace(
    /[^\w.~/-]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

async function signingKeyOf(
  secret: string,
  [day, region, of, end]: Signature['scope'],
): Promise<CryptoKey> {
  let key = toUtf8(`AWS4${secret}`)
  for (const part of [day, region, of, end]) key = await hmac(key, part)
  return crypto.subtle.importKey('raw', key, hmacSha256, false, ['verify'])
}

const hmacSha256 = { name: 'HMAC', hash: 'SHA-256' }

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, hmacSha256, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, toUtf8(text)))
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

function refused(why: string): SignatureError {
  return new SignatureError('signature', `The signature does not hold: ${why}`)
}
