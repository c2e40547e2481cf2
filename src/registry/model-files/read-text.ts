import type { ArtifactFile } from '../../artifacts/files.ts'
import { chunksOf, toHex } from '../../core/bytes.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { openAudited } from '../files/damaged-files.ts'

/** Files that cards are made from are small; a larger one is not read at all. */
export const textBytesMax = 200_000

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** What it takes to read a file. */
export type StoredFile = Pick<ArtifactFile, 'path' | 'key' | 'sizeBytes' | 'sha256'>

/**
 * A stored file as text.
 *
 * @returns the text, or why the file is not text, in words for who logged it
 * @throws DATA_LOSS its stored bytes are not what was stored
 */
export async function readText(
  ctx: Context,
  file: StoredFile,
  bytesMax = textBytesMax,
): Promise<{ text: string } | { problem: string }> {
  if (file.sizeBytes > bytesMax) {
    return {
      problem: `it has ${file.sizeBytes} bytes and at most ${bytesMax} are read`,
    }
  }
  const bytes = await readBytes(ctx, file)
  if (toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))) !== file.sha256) {
    throw new RegistryError(
      'DATA_LOSS',
      `The stored bytes of '${excerpt(file.path)}' are not those that were stored; restore the blob from a backup`,
    )
  }
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return { problem: 'it is not UTF-8' }
  }
}

/**
 * Read as a range, which is not checked: the whole is checked here, before anything is answered.
 */
async function readBytes(ctx: Context, file: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(file.sizeBytes)
  if (file.sizeBytes === 0) return bytes
  let at = 0
  for await (const chunk of chunksOf(
    await openAudited(ctx, file, { start: 0, end: file.sizeBytes }),
  )) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
