import { SHA256 } from '@stablelib/sha256'
import { chunksOf, fromHex, toHex } from '../core/bytes.ts'
import { letOthersRun } from '../core/rounds.ts'
import type { BlobStore } from '../platform/ports.ts'

/** What is read at once of an object that is hashed in pieces; a multiple of SHA-256's blocks of 64 bytes. */
export const pieceBytes = 64 * 1024 ** 2

/** What is hashed while other requests wait: some 10 ms. */
const turnBytes = 2 * 1024 ** 2

/** Which bytes of an object come next. */
export type PieceToHash = {
  /** Of the whole object. */
  readonly sizeBytes: number
  readonly from: number
  /** The end of the object, or a multiple of 64. */
  readonly to: number
  /** What the piece before gave; undefined: this one is the first. */
  readonly state: string | undefined
}

/**
 * Hash the next piece of an object.
 *
 * @returns what the next piece goes on with, and of the last one the SHA-256, in hex; or what is wrong: how
 *   many bytes the object has, undefined where there is none
 */
export async function hashPiece(
  blobs: Pick<BlobStore, 'get'>,
  key: string,
  { sizeBytes, from, to, state }: PieceToHash,
): Promise<{ readonly state: string } | { readonly sizeFound: number | undefined }> {
  const blob = await blobs.get(key, { start: from, end: to })
  if (blob?.sizeBytes !== sizeBytes) {
    await blob?.body.cancel()
    return { sizeFound: blob?.sizeBytes }
  }
  const hash = resumedHash(from, state)
  let at = from
  let turnAt = from
  for await (const chunk of chunksOf(blob.body, to - from)) {
    hash.update(chunk)
    at += chunk.byteLength
    if (at - turnAt < turnBytes) continue
    turnAt = at
    await letOthersRun()
  }
  if (at !== to) return { sizeFound: at }
  return { state: to === sizeBytes ? toHex(hash.digest()) : stateOf(hash) }
}

function resumedHash(bytesHashed: number, state: string | undefined): SHA256 {
  const hash = new SHA256()
  if (state === undefined) return hash
  const words = new DataView(fromHex(state).buffer)
  const chain = Int32Array.from({ length: 8 }, (_, i) => words.getInt32(i * 4))
  return hash.restoreState({ state: chain, buffer: undefined, bufferLength: 0, bytesHashed })
}

/** What goes on with a hash that has taken whole blocks. */
function stateOf(hash: SHA256): string {
  const { state, bufferLength } = hash.saveState()
  if (bufferLength > 0) throw new Error('a hash is kept between two blocks only')
  const words = new DataView(new ArrayBuffer(32))
  for (const [i, word] of state.entries()) words.setInt32(i * 4, word)
  return toHex(new Uint8Array(words.buffer))
}
