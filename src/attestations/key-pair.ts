import { fromBase64, toBase64 } from '../core/bytes.ts'
import { hashText, type Sha256 } from '../platform/hash.ts'

/** The one kind of key whose signatures OpenSSF's, Sigstore's and in-toto's tools all verify. */
const keyKind = { name: 'ECDSA', namedCurve: 'P-256' } as const
/** How such a key signs. */
export const signingKind = { name: 'ECDSA', hash: 'SHA-256' } as const

/** The public part of a key. */
export type PublicKey = {
  /** Lower-case hex SHA-256 of `pem`: what Sigstore bundles call it. */
  readonly hint: string
  /** SubjectPublicKeyInfo, in lines of 64 characters, with a line end at its end. */
  readonly pem: string
  readonly key: CryptoKey
}

/** A key that signs, with its public part. */
export type KeyPair = PublicKey & { readonly privateKey: CryptoKey }

type Hashing = { sha256(): Sha256 }

/** A new private key as PKCS#8 in PEM. */
export async function makePrivateKey(): Promise<string> {
  const made = await crypto.subtle.generateKey(keyKind, true, ['sign', 'verify'])
  const { privateKey } = made as CryptoKeyPair
  const bytes = await crypto.subtle.exportKey('pkcs8', privateKey)
  return pemOf('PRIVATE KEY', new Uint8Array(bytes as ArrayBuffer))
}

/**
 * A private key, and the public one that follows from it.
 *
 * @param pkcs8 as PEM or its base64 alone; line ends may be written `\n`
 * @returns undefined: it is no P-256 key
 */
export async function readKeyPair(on: Hashing, pkcs8: string): Promise<KeyPair | undefined> {
  const bytes = bytesIn(pkcs8, 'PRIVATE KEY')
  const readable = bytes && (await imported(() => importPkcs8(bytes, true)))
  if (!bytes || !readable) return undefined
  const { d: _secret, key_ops: _uses, ...shared } = await exportJwk(readable)
  const key = await crypto.subtle.importKey('jwk', shared, keyKind, true, ['verify'])
  const spki = await crypto.subtle.exportKey('spki', key)
  const pem = pemOf('PUBLIC KEY', new Uint8Array(spki as ArrayBuffer))
  const privateKey = await importPkcs8(bytes, false)
  return { hint: await hashText(on, pem), pem, key, privateKey }
}

/**
 * A public key from PEM, however it was wrapped.
 *
 * @returns undefined: it is no P-256 key
 */
export async function readPublicKey(on: Hashing, text: string): Promise<PublicKey | undefined> {
  const bytes = bytesIn(text, 'PUBLIC KEY')
  if (!bytes) return undefined
  const key = await imported(() =>
    crypto.subtle.importKey('spki', bytes, keyKind, true, ['verify']),
  )
  if (!key) return undefined
  // Written anew, so that one key has one hint, whatever its point was encoded as.
  const spki = await crypto.subtle.exportKey('spki', key)
  const pem = pemOf('PUBLIC KEY', new Uint8Array(spki as ArrayBuffer))
  return { hint: await hashText(on, pem), pem, key }
}

/** A public key as JWK. */
export async function jwkOf({ key, hint }: PublicKey) {
  const { kty, crv, x, y } = await exportJwk(key)
  return { kty, crv, x, y, kid: hint, use: 'sig', alg: 'ES256' }
}

async function exportJwk(key: CryptoKey): Promise<JsonWebKey> {
  // The form that was asked for; the types of Workers say that it may be bytes.
  return (await crypto.subtle.exportKey('jwk', key)) as JsonWebKey
}

function importPkcs8(bytes: Uint8Array<ArrayBuffer>, isReadable: boolean): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', bytes, keyKind, isReadable, ['sign'])
}

/** Every runtime has its own error for bytes that are no key of this kind. */
async function imported(read: () => Promise<CryptoKey>): Promise<CryptoKey | undefined> {
  try {
    return await read()
  } catch {
    return undefined
  }
}

function pemOf(label: string, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function bytesIn(text: string, label: string): Uint8Array<ArrayBuffer> | undefined {
  const lines = text.replaceAll('\\n', '\n').trim()
  const between = new RegExp(`^-----BEGIN ${label}-----([\\s\\S]*)-----END ${label}-----$`).exec(
    lines,
  )
  const bytes = fromBase64((between?.[1] ?? lines).replace(/\s/g, ''))
  return bytes && bytes.byteLength > 0 ? bytes : undefined
}
