import canonicalize from 'canonicalize'
import { chunksOf } from '../core/bytes.ts'
import type { ByteStream, JoinedParts, OpenBlob, Stored } from './ports.ts'

/** A SHA-256 that takes its bytes as they come; `digest` ends it. */
export type Sha256 = {
  update(bytes: Uint8Array): void | Promise<void>
  /** Lower-case hex. */
  digest(): string | Promise<string>
}

const utf8 = new TextEncoder()

/**
 * SHA-256 of the UTF-8 of `text`, in lower-case hex. It uses the port, which for so few bytes is
 * 30 times as fast on Node as WebCrypto.
 */
export async function hashText(on: { sha256(): Sha256 }, text: string): Promise<string> {
  const hash = on.sha256()
  await hash.update(utf8.encode(text))
  return hash.digest()
}

/** `sha256:` and the hash of `value` as canonical JSON (RFC 8785): the same on every machine. */
export async function hashJson(on: { sha256(): Sha256 }, value: object): Promise<string> {
  return `sha256:${await hashText(on, canonicalize(value) ?? '')}`
}

/** Hash `body` to its end without keeping it. @param hash a new one */
export async function measureBody(body: ByteStream, hash: Sha256): Promise<Stored> {
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    await hash.update(chunk)
  }
  return { sizeBytes, sha256: await hash.digest() }
}

/** What is known of an object whose parts were joined; a larger one than `bytesMax` is not read for its hash. */
export async function measureJoined(
  { body, sizeBytes }: OpenBlob,
  bytesMax: number,
  hash: Sha256,
): Promise<JoinedParts> {
  if (sizeBytes <= bytesMax) return measureBody(chunksOf(body), hash)
  await body.cancel()
  return { sizeBytes, sha256: undefined }
}
