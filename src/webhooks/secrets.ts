import { fromBase64UrlBytes, toBase64UrlBytes, toHex } from '../core/bytes.ts'
import { RegistryError } from '../core/error.ts'
import type { Settings } from '../platform/settings/settings.ts'
import { originOf } from './url.ts'

const utf8 = new TextEncoder()
const nonceBytes = 12

/**
 * What a secret is bound to: its webhook. A token for GitHub leaves the server as it is, so it is
 * bound to the format and the origin as well: who changes the URL has to know the token.
 */
export function secretPlaceOf({
  webhook_id: id,
  format,
  url,
}: {
  readonly webhook_id: string
  readonly format: string
  readonly url: string
}): string {
  return format === 'github' ? `${id} github ${originOf(url)}` : id
}

/**
 * A webhook's secret as the database stores it: `v1.<nonce>.<AES-256-GCM>`, bound to its webhook,
 * so that it cannot be decrypted for another one.
 *
 * @param place what `secretPlaceOf` says
 * @throws NOT_IMPLEMENTED the server has no key
 */
export async function sealSecret(
  settings: Settings,
  place: string,
  secret: string,
): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: utf8.encode(place) },
    await key(settings),
    utf8.encode(secret),
  )
  return `v1.${toBase64UrlBytes(iv)}.${toBase64UrlBytes(new Uint8Array(sealed))}`
}

/** The secret that `sealSecret` sealed; undefined if the key or the text has changed since. */
export async function unsealSecret(
  settings: Settings,
  place: string,
  sealed: string,
): Promise<string | undefined> {
  const [, nonce = '', text = ''] = sealed.split('.')
  const [iv, bytes] = [fromBase64UrlBytes(nonce), fromBase64UrlBytes(text)]
  if (!iv || !bytes) return undefined
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData: utf8.encode(place) },
      await key(settings),
      bytes,
    )
    return new TextDecoder().decode(opened)
  } catch (err) {
    if (err instanceof RegistryError) throw err
    return undefined
  }
}

type SignedParts = {
  readonly deliveryId: string
  /** Unix seconds. */
  readonly timestamp: string
  readonly body: string
}

/** `v1,` and the base64 of HMAC-SHA256 over `<delivery id>.<timestamp>.<body>`, as MLflow signs. */
export async function signDelivery(
  secret: string,
  { deliveryId, timestamp, body }: SignedParts,
): Promise<string> {
  const signed = await hmac(secret, `${deliveryId}.${timestamp}.${body}`)
  return `v1,${btoa(String.fromCharCode(...signed))}`
}

/** The hex of HMAC-SHA256 over the body, as Databricks signs. */
export async function signForDatabricks(secret: string, body: string): Promise<string> {
  return toHex(await hmac(secret, body))
}

async function hmac(secret: string, text: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(text)))
}

async function key(settings: Settings): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', utf8.encode(keyText(settings)), 'HKDF', false, [
    'deriveKey',
  ])
  const info = utf8.encode('gatehouse webhook secrets')
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

/** On a Worker without a signing key, reading it throws a message that is not about webhooks. */
function keyText(settings: Settings): string {
  try {
    return settings.webhooks.secretKey ?? settings.signingKey
  } catch (err) {
    throw new RegistryError(
      'NOT_IMPLEMENTED',
      'This server has no key to encrypt the secrets of webhooks with; set GATEHOUSE_WEBHOOK_SECRET_KEY or GATEHOUSE_SIGNING_KEY',
      { cause: err },
    )
  }
}
