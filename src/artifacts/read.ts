import { chunksOf, streamOf } from '../core/bytes.ts'
import { excerpt, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { measureBody } from '../platform/hash.ts'
import { logError } from '../platform/log.ts'
import type { ByteRange } from '../platform/ports.ts'
import type { ArtifactFile } from './files.ts'

type StoredFile = Pick<ArtifactFile, 'path' | 'key' | 'sizeBytes' | 'sha256'>

/** What is wrong with stored bytes. Bytes of another length are changed. */
export type Damage = 'missing' | 'changed'

/**
 * The bytes of a file, hashed as they are read. Where they are not the bytes that were stored, the
 * stream fails before its last chunk. A range cannot be checked and is read as it is.
 *
 * @param onDamage called before the stream or this function fails
 * @throws DATA_LOSS the blob is missing or has another size
 */
export async function openFile(
  ctx: Context,
  file: StoredFile,
  {
    onDamage,
    range,
  }: {
    readonly onDamage: (damage: Damage) => Promise<void>
    readonly range?: ByteRange | undefined
  },
): Promise<ReadableStream<Uint8Array>> {
  const blob = await ctx.blobs.get(file.key, range)
  if (blob?.sizeBytes !== file.sizeBytes) {
    await blob?.body.cancel()
    const found = blob ? `has ${blob.sizeBytes} bytes` : 'is missing'
    logDamage(ctx, file, found)
    await onDamage(blob ? 'changed' : 'missing')
    throw new RegistryError(
      'DATA_LOSS',
      `The stored bytes of '${excerpt(file.path)}' are lost: ${file.sizeBytes} bytes were kept and the blob ${found}; restore it from a backup`,
    )
  }
  return range ? blob.body : streamOf(verifyChunks(ctx, file, { stream: blob.body, onDamage }))
}

/** Read a file whole. @returns what is wrong with its stored bytes, or undefined */
export async function findDamage(ctx: Context, file: StoredFile): Promise<Damage | undefined> {
  const blob = await ctx.blobs.get(file.key)
  if (!blob) return 'missing'
  const { sha256, sizeBytes } = await measureBody(chunksOf(blob.body), ctx.sha256())
  const isSame = sha256 === file.sha256 && sizeBytes === file.sizeBytes
  return isSame ? undefined : 'changed'
}

async function* verifyChunks(
  ctx: Context,
  file: StoredFile,
  {
    stream,
    onDamage,
  }: {
    readonly stream: ReadableStream<Uint8Array>
    readonly onDamage: (damage: Damage) => Promise<void>
  },
) {
  const hash = ctx.sha256()
  let previous: Uint8Array | undefined
  for await (const chunk of chunksOf(stream)) {
    if (previous) yield previous
    await hash.update(chunk)
    previous = chunk
  }
  if ((await hash.digest()) !== file.sha256) {
    logDamage(ctx, file, 'has other bytes')
    await onDamage('changed')
    throw new Error(`blob ${file.key} does not match its hash; the download was cut off`)
  }
  if (previous) yield previous
}

function logDamage(ctx: Context, { key, path }: StoredFile, problem: string): void {
  logError({ event: 'blob damaged', requestId: ctx.requestId, key, path, problem })
}
