import type { ByteStream, Stored } from './ports.ts'

/** A SHA-256 that takes its bytes as they come; `digest` ends it. */
export type Sha256 = {
  update(bytes: Uint8Array): void | Promise<void>
  /** Lower-case hex. */
  digest(): string | Promise<string>
}

/** Read `body` to its end and keep nothing of it. @param hash a fresh one */
export async function measured(body: ByteStream, hash: Sha256): Promise<Stored> {
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    await hash.update(chunk)
  }
  return { sizeBytes, sha256: await hash.digest() }
}
