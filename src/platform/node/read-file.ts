import { type FileHandle, open } from 'node:fs/promises'
import type { ByteRange, ByteStream, OpenBlob } from '../ports.ts'

const readBytesMax = 1024 * 1024

/**
 * The bytes of a file, or of a part of it, or undefined when there is no such file. The file stays
 * readable to the end even if it is removed meanwhile.
 */
export async function readFile(path: string, range?: ByteRange): Promise<OpenBlob | undefined> {
  const file = await openIfThere(path)
  if (!file) return undefined
  const { size: sizeBytes } = await file.stat()
  const chunks = fileChunks(file, range?.start ?? 0, Math.min(range?.end ?? sizeBytes, sizeBytes))
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      // A generator that has not begun would skip its `finally`.
      cancel: () => file.close(),
    },
    { highWaterMark: 2 },
  )
  return { body, sizeBytes }
}

/** The bytes of a file that must be there. */
export async function* readFileBytes(path: string): ByteStream {
  yield* fileChunks(await open(path, 'r'), 0)
}

/**
 * Closes the file at its end and on failure. Of a small file no more memory is asked for than it has
 * bytes: a megabyte for each of many makes the runtime collect garbage all the time.
 */
async function* fileChunks(file: FileHandle, start: number, until?: number) {
  try {
    const end = until ?? (await file.stat()).size
    for (let at = start; at < end; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(readBytesMax, end - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield bytesRead < buffer.byteLength ? buffer.subarray(0, bytesRead) : buffer
    }
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}

/** Whether a call failed because there is no such file or folder. */
export function isMissing(err: unknown): boolean {
  return err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'ENOTDIR')
}
