import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type {
  BlobStore,
  ByteRange,
  ByteStream,
  MultipartStore,
  Stored,
  UploadedPart,
} from '../ports.ts'

const readBytes = 512 * 1024

/**
 * Blobs as files below one folder. A body is written under a temporary name, flushed, and renamed
 * into place, so that a key is there whole or not at all, after a crash too.
 */
export class DiskBlobStore implements BlobStore {
  readonly #root: string

  /** @param root an existing folder; `incoming/` in it holds what is not complete */
  constructor(root: string) {
    this.#root = root
  }

  readonly multipart: MultipartStore = {
    create: async (key) => {
      const uploadId = crypto.randomUUID()
      await mkdir(this.#partsFolder(uploadId), { recursive: true })
      void key
      return uploadId
    },
    putPart: async (_key, uploadId, part, body, sizeBytes) => {
      const stored = await this.#write(
        join(this.#partsFolder(uploadId), String(part)),
        body,
        sizeBytes,
      )
      return stored.sha256
    },
    complete: async (key, uploadId, parts) => {
      const folder = this.#partsFolder(uploadId)
      const stored = await this.put(key, joinedParts(folder, parts))
      await rm(folder, { recursive: true, force: true })
      return stored
    },
    abort: async (_key, uploadId) => {
      await rm(this.#partsFolder(uploadId), { recursive: true, force: true })
    },
  }

  async put(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored> {
    return this.#write(this.#path(key), body, sizeBytes)
  }

  async get(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const path = this.#path(key)
    if ((await this.sizeOf(key)) === undefined) return undefined
    const options = range ? { start: range.start, end: range.end - 1 } : {}
    const file = createReadStream(path, { ...options, highWaterMark: readBytes })
    return Readable.toWeb(file) as ReadableStream<Uint8Array>
  }

  async sizeOf(key: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(key))).size
    } catch (err) {
      if (isMissing(err)) return undefined
      throw err
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await rm(this.#path(key), { force: true })
  }

  async *list(prefix: string): AsyncIterable<{ key: string; writtenAtMs: number }> {
    const folder = this.#path(prefix)
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((err) => {
      if (isMissing(err)) return []
      throw err
    })
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      yield { key: path.slice(this.#root.length + 1), writtenAtMs: (await stat(path)).mtimeMs }
    }
  }

  async #write(path: string, body: ByteStream, sizeBytes: number | undefined): Promise<Stored> {
    const incoming = join(this.#root, 'incoming', crypto.randomUUID())
    await mkdir(dirname(incoming), { recursive: true })
    const file = await open(incoming, 'wx')
    try {
      const stored = await copy(body, file, sizeBytes)
      await file.sync()
      await file.close()
      await mkdir(dirname(path), { recursive: true })
      await rename(incoming, path)
      return stored
    } catch (err) {
      await file.close().catch(() => undefined)
      await rm(incoming, { force: true })
      throw err
    }
  }

  #path(key: string): string {
    return join(this.#root, key)
  }

  #partsFolder(uploadId: string): string {
    return join(this.#root, 'incoming', `parts-${uploadId}`)
  }
}

async function copy(body: ByteStream, file: FileHandle, sizeBytes?: number): Promise<Stored> {
  const hash = createHash('sha256')
  let written = 0
  for await (const chunk of body) {
    hash.update(chunk)
    await file.write(chunk)
    written += chunk.byteLength
  }
  if (sizeBytes !== undefined && written !== sizeBytes) {
    throw new Error(`body of ${written} bytes where ${sizeBytes} were declared`)
  }
  return { sizeBytes: written, sha256: hash.digest('hex') }
}

async function* joinedParts(folder: string, parts: readonly UploadedPart[]): ByteStream {
  for (const { part } of parts) {
    yield* createReadStream(join(folder, String(part)), { highWaterMark: readBytes })
  }
}

function isMissing(err: unknown): boolean {
  return err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'ENOTDIR')
}
