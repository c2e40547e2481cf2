import { chunksOf, joinBytes } from '../../core/bytes.ts'
import type { Platform } from '../../platform/context.ts'
import type { BlobStore, ByteRange } from '../../platform/ports.ts'

/** Folders of the blob store that packs lie in. */
export type PackFolder = 'traces' | 'metrics'

/** A new key for what is put together in the background. */
export function makePackKey(ctx: Pick<Platform, 'randomId'>, folder: PackFolder): string {
  const id = ctx.randomId()
  return `${folder}/${id.slice(0, 2)}/${id}`
}

/**
 * Store `members` one after another under `key`. What they were made of may be removed once this returns.
 *
 * @returns how many bytes they are
 */
export async function putPack(
  { blobs }: Pick<Platform, 'blobs'>,
  key: string,
  members: readonly Uint8Array[],
): Promise<number> {
  const size = members.reduce((sum, bytes) => sum + bytes.byteLength, 0)
  await blobs.put(key, streamEach(members), size)
  // The rows go now, at whatever durability a new file has.
  await blobs.flush?.(key)
  return size
}

/** What lies under a key, or a part of it; undefined when there is no such key. */
export async function readPacked(
  blobs: BlobStore,
  key: string,
  range?: ByteRange,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const blob = await blobs.get(key, range)
  if (!blob) return undefined
  const parts: Uint8Array[] = []
  for await (const chunk of chunksOf(blob.body)) parts.push(chunk)
  return joinBytes(parts)
}

async function* streamEach(members: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* members
}
