import type { Dirent } from 'node:fs'
import { mkdir, readdir, rm, stat, unlink, writeFile as writePlainly } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { chunksOf } from '../../core/bytes.ts'
import { measureBody } from '../hash.ts'
import { checkPartNumber, checkPartOrder, noSuchPart, noSuchUpload } from '../parts.ts'
import {
  type BlobStore,
  type ByteRange,
  type ByteStream,
  KeyTakenError,
  type Leftover,
  type MultipartStore,
  type NewPart,
  type OpenBlob,
  type Stored,
  type StoredObject,
  type UploadedPart,
} from '../ports.ts'
import { fileMode, folderMode } from './private-folder.ts'
import { isMissing, readFile, readFileBytes } from './read-file.ts'
import { sha256 } from './sha256.ts'
import { type Destination, FileTakenError, flushFile, writeFile } from './write-file.ts'

const partsPrefix = 'parts-'
const probeBytes = 64 * 1024

/**
 * Blobs as files below one folder. A body is written under a temporary name in `incoming/` and
 * renamed into place, so that a key is there whole or not at all, after a crash too.
 * The parts of an upload lie in `incoming/parts-<upload>/<part>/<ETag>`.
 */
export class DiskBlobStore implements BlobStore {
  readonly #root: string
  readonly #incoming: string
  readonly #flushed: boolean
  /** By key, the joins under way. */
  readonly #joining = new Map<string, Promise<Stored>>()

  /**
   * @param root an existing folder
   * @param durability FULL: a body is on the disk before `put` returns; NORMAL: the kernel has it
   */
  constructor(root: string, durability: 'NORMAL' | 'FULL' = 'NORMAL') {
    this.#flushed = durability === 'FULL'
    this.#root = resolve(root)
    this.#incoming = join(this.#root, 'incoming')
  }

  get folder(): string {
    return this.#root
  }

  readonly multipart: MultipartStore = {
    create: async () => {
      const uploadId = crypto.randomUUID()
      await mkdir(this.#partsFolder(uploadId), { recursive: true, mode: folderMode })
      return uploadId
    },
    putPart: async (_key, uploadId, part) => {
      checkPartNumber(part.part)
      return this.#putPart(uploadId, part)
    },
    complete: async (key, uploadId, parts) => {
      checkPartOrder(parts)
      return this.#joinOnce(key, async () => {
        const before = await this.#measure(key)
        if (before) return before
        await this.#refuseMissing(uploadId, parts)
        return this.#join(key, uploadId, parts)
      })
    },
    abort: async (_key, uploadId) => {
      await removeFolder(this.#partsFolder(uploadId))
    },
  }

  async probeWrite(): Promise<void> {
    await mkdir(this.#incoming, { recursive: true, mode: folderMode })
    const path = join(this.#incoming, `probe-${crypto.randomUUID()}`)
    try {
      await writePlainly(path, new Uint8Array(probeBytes), { flag: 'wx', mode: fileMode })
    } finally {
      await rm(path, { force: true })
    }
  }

  async put(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored> {
    const path = this.#path(key)
    await mkdir(this.#incoming, { recursive: true, mode: folderMode })
    try {
      return await writeFile(body, sizeBytes, {
        ...this.#destination(() => path),
        replacing: false,
      })
    } catch (err) {
      if (err instanceof FileTakenError) throw new KeyTakenError(key, { cause: err })
      throw err
    }
  }

  async flush(key: string): Promise<void> {
    await flushFile(this.#path(key))
  }

  async get(key: string, range?: ByteRange): Promise<OpenBlob | undefined> {
    return readFile(this.#path(key), range)
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await sizeIfThere(this.#path(key)))?.sizeBytes
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await unlinkIfThere(this.#path(key))
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    for await (const path of filesBelow(this.#path(prefix))) {
      const found = await sizeIfThere(path)
      if (!found || path.startsWith(this.#incoming + sep)) continue
      const key = relative(this.#root, path).replaceAll(sep, '/')
      yield { key, ...found }
    }
  }

  async *leftovers(): AsyncIterable<Leftover> {
    for (const entry of await entriesOf(this.#incoming)) {
      const found = await sizeIfThere(join(this.#incoming, entry.name))
      if (!found) continue
      const { writtenAtMs } = found
      const uploadId = entry.name.startsWith(partsPrefix)
        ? entry.name.slice(partsPrefix.length)
        : undefined
      yield { id: entry.name, writtenAtMs, ...(uploadId === undefined ? {} : { uploadId }) }
    }
  }

  async discard(leftovers: readonly Leftover[]): Promise<void> {
    for (const { id } of leftovers) {
      await removeFolder(inside(this.#incoming, id))
    }
  }

  /** Who asks again while a large file is being joined waits for that, and begins no second copy. */
  #joinOnce(key: string, join: () => Promise<Stored>): Promise<Stored> {
    const underWay = this.#joining.get(key)
    if (underWay) return underWay
    const joined = join().finally(() => this.#joining.delete(key))
    this.#joining.set(key, joined)
    return joined
  }

  /** If another process joins the same upload at once, the second returns what the first one stored. */
  async #join(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<Stored> {
    const folder = this.#partsFolder(uploadId)
    try {
      const stored = await this.put(key, joined(folder, parts))
      await removeFolder(folder)
      return stored
    } catch (err) {
      if (!(err instanceof KeyTakenError) && !isMissing(err)) throw err
      const stored = await this.#measure(key)
      if (stored) return stored
      await this.#refuseMissing(uploadId, parts)
      throw noSuchUpload(uploadId, { cause: err })
    }
  }

  /** @throws RESOURCE_DOES_NOT_EXIST no such upload; INVALID_PARAMETER_VALUE a part is not there */
  async #refuseMissing(uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const folder = this.#partsFolder(uploadId)
    if (!(await sizeIfThere(folder))) throw noSuchUpload(uploadId)
    for (const part of parts) {
      if (!isEtag(part.etag) || !(await sizeIfThere(partPath(folder, part)))) throw noSuchPart(part)
    }
  }

  async #measure(key: string): Promise<Stored | undefined> {
    const found = await this.get(key)
    return found && measureBody(chunksOf(found.body), sha256())
  }

  async #putPart(uploadId: string, { part, body, sizeBytes }: NewPart): Promise<string> {
    const partFolder = join(this.#partsFolder(uploadId), String(part))
    try {
      await mkdir(partFolder, folderMode)
    } catch (err) {
      if (isMissing(err)) throw noSuchUpload(uploadId)
      if (!isThere(err)) throw err
    }
    const named = this.#destination((stored) => join(partFolder, stored.sha256))
    const etag = await writePart(uploadId, () =>
      writeFile(body, sizeBytes, { ...named, replacing: true }),
    )
    for (const older of await entriesOf(partFolder)) {
      if (older.name !== etag) await unlinkIfThere(join(partFolder, older.name))
    }
    return etag
  }

  #path(key: string): string {
    return inside(this.#root, key)
  }

  #destination(target: Destination['target']): Omit<Destination, 'replacing'> {
    const temporary = join(this.#incoming, crypto.randomUUID())
    return { temporary, target, flushed: this.#flushed }
  }

  #partsFolder(uploadId: string): string {
    return inside(this.#incoming, partsPrefix + uploadId)
  }
}

/** Keys and upload ids are our own; even one from outside could not lead out of the folder. */
function inside(folder: string, name: string): string {
  const path = resolve(folder, name)
  if (path === folder || path.startsWith(folder + sep)) return path
  throw new Error(`'${name}' leads out of the artifact store`)
}

function partPath(folder: string, { part, etag }: UploadedPart): string {
  return join(folder, String(part), etag)
}

/** @throws RESOURCE_DOES_NOT_EXIST the upload was ended while its part was written */
async function writePart(uploadId: string, write: () => Promise<Stored>): Promise<string> {
  try {
    return (await write()).sha256
  } catch (err) {
    throw isMissing(err) ? noSuchUpload(uploadId, { cause: err }) : err
  }
}

/** Others may still write into the folder: it is tried a few times. */
function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
}

function isEtag(etag: string): boolean {
  return /^[0-9a-f]{64}$/.test(etag)
}

async function* joined(folder: string, parts: readonly UploadedPart[]): ByteStream {
  for (const part of parts) yield* readFileBytes(partPath(folder, part))
}

async function* filesBelow(folder: string): AsyncIterable<string> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (err) {
    if (isMissing(err)) return []
    throw err
  }
}

async function sizeIfThere(path: string) {
  try {
    const { size, mtimeMs } = await stat(path)
    return { sizeBytes: size, writtenAtMs: mtimeMs }
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (err) {
    if (!isMissing(err)) throw err
  }
}

function isThere(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'EEXIST'
}
