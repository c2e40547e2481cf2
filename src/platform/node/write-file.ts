import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RegistryError } from '../../core/error.ts'
import { checkLength } from '../parts.ts'
import type { ByteStream, Stored } from '../ports.ts'
import { fileMode, folderMode } from './private-folder.ts'
import { sha256 } from './sha256.ts'

const writeBytes = 1024 * 1024
/** A flush after every so many bytes, while more arrive, so that the last flush is short. */
const flushBytes = 32 * 1024 * 1024

/** Where a body goes, and how safely. */
export type Destination = {
  /** The name that it has while it is not complete. */
  readonly temporary: string
  /** The name that it gets once the hash is known. */
  target(stored: Stored): string
  /** Whether a file of that name is replaced; if not, it stays and the write fails. */
  readonly replacing: boolean
  /** Whether file and name are to be on the disk when the write returns. */
  readonly flushed: boolean
  /** Whether others may read it as the umask says; if not, it is its owner's alone. */
  readonly shared?: boolean
}

/**
 * Write `body` to `temporary` and give it the name `target`. The target appears whole or not at
 * all; after a failure the temporary file is gone.
 *
 * @throws FileTakenError `target` is there and is not to be replaced
 * @throws RESOURCE_EXHAUSTED the disk is full; REQUEST_LIMIT_EXCEEDED the quota is
 */
export async function writeFile(
  body: ByteStream,
  sizeBytes: number | undefined,
  { temporary, target, flushed, replacing, shared = false }: Destination,
): Promise<Stored> {
  try {
    const stored = await writeTemporary(temporary, body, { sizeBytes, flushed, shared })
    const path = target(stored)
    await makeFolder(dirname(path), { flushed, shared })
    if (replacing) await rename(temporary, path)
    else await nameOnce(temporary, path)
    if (flushed) await syncFolder(dirname(path))
    return stored
  } catch (err) {
    await rm(temporary, { force: true })
    throw outOfSpace(err) ?? err
  }
}

/** There is already a file where one was to be written once. */
export class FileTakenError extends Error {
  override name = 'FileTakenError'
}

/** Give a file its name unless another has it: a hard link fails where the name is taken. */
async function nameOnce(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (err) {
    if (isCode(err, 'EEXIST')) throw new FileTakenError(path, { cause: err })
    if (!isCode(err, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw err
    // The file system has no hard links: look first, then rename.
    return renameOnce(temporary, path)
  }
  await rm(temporary)
}

async function renameOnce(temporary: string, path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    (err: unknown) => {
      if (isCode(err, 'ENOENT')) return false
      throw err
    },
  )
  if (isThere) throw new FileTakenError(path)
  await rename(temporary, path)
}

function isCode(err: unknown, ...codes: readonly string[]): boolean {
  return err instanceof Error && 'code' in err && codes.includes(String(err.code))
}

async function makeFolder(
  folder: string,
  { flushed, shared }: { readonly flushed: boolean; readonly shared: boolean },
): Promise<void> {
  const made = await mkdir(folder, { recursive: true, ...(shared ? {} : { mode: folderMode }) })
  if (flushed && made !== undefined) await syncFolder(dirname(made))
}

async function writeTemporary(
  path: string,
  body: ByteStream,
  {
    sizeBytes,
    flushed,
    shared,
  }: Required<Pick<Destination, 'flushed' | 'shared'>> & { readonly sizeBytes: number | undefined },
) {
  const file = await open(path, 'wx', shared ? undefined : fileMode)
  try {
    const stored = await copy(body, new Writer(file, flushed), sizeBytes)
    if (flushed) await file.datasync()
    return stored
  } finally {
    await file.close()
  }
}

/**
 * Hashes and takes in more while the last megabyte is being written. After a failed write the body
 * is still read to its end: most senders read no answer before they have sent everything.
 */
async function copy(body: ByteStream, writer: Writer, sizeBytes?: number): Promise<Stored> {
  const hash = sha256()
  let received = 0
  let failed = false
  try {
    for await (const chunk of body) {
      received += chunk.byteLength
      if (failed) continue
      hash.update(chunk)
      if (writer.add(chunk)) failed = !(await writer.flush())
    }
  } finally {
    await writer.end()
  }
  checkLength(received, sizeBytes)
  return { sizeBytes: received, sha256: await hash.digest() }
}

/** Collects chunks and writes them a megabyte at a time, one write under way at once. */
class Writer {
  readonly #file: FileHandle
  readonly #flushed: boolean
  #chunks: Uint8Array[] = []
  #bytes = 0
  #unflushed = 0
  #isFlushing = false
  #failure: { readonly err: unknown } | undefined
  #writing: Promise<void> = Promise.resolve()
  #flushing: Promise<void> = Promise.resolve()

  constructor(file: FileHandle, flushed: boolean) {
    this.#file = file
    this.#flushed = flushed
  }

  /** @returns whether there is enough for a write */
  add(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    return this.#bytes >= writeBytes
  }

  /** Begin to write what was collected, once the last write is done. @returns false: one failed */
  async flush(): Promise<boolean> {
    await this.#writing
    if (this.#failure) return false
    const chunks = this.#chunks
    this.#unflushed += this.#bytes
    this.#chunks = []
    this.#bytes = 0
    this.#writing = this.#kept(writeAll(this.#file, chunks))
    const due = this.#flushed && this.#unflushed >= flushBytes
    if (due && !this.#isFlushing) this.#flushBehind()
    return true
  }

  #flushBehind(): void {
    this.#unflushed = 0
    this.#isFlushing = true
    this.#flushing = this.#kept(this.#file.datasync()).then(() => {
      this.#isFlushing = false
    })
  }

  /** Write the rest. @throws what the first failed write threw */
  async end(): Promise<void> {
    if (this.#chunks.length > 0) await this.flush()
    await this.#writing
    await this.#flushing
    if (this.#failure) throw this.#failure.err
  }

  /** Nobody waits for a write that is under way, so its failure is kept for `flush` and `end`. */
  #kept(work: Promise<void>): Promise<void> {
    return work.catch((err) => {
      this.#failure ??= { err }
    })
  }
}

/** A write may take less than it was given, e.g. just before the disk is full. */
async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  const { bytesWritten } = await file.writev(chunks)
  let at = bytesWritten
  if (at === total) return
  const rest = Buffer.concat(chunks)
  while (at < total) at += (await file.write(rest, at)).bytesWritten
}

/** Makes a rename in `folder` last through a power cut. */
/** Returns once the disk has the bytes of a file, its name, and that of its folder. */
export async function flushFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await syncFolder(dirname(path))
  await syncFolder(dirname(dirname(path)))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function outOfSpace(err: unknown): RegistryError | undefined {
  if (!isCode(err, 'ENOSPC', 'EDQUOT', 'EFBIG')) return undefined
  const message = 'The artifact store is full; free some space and upload again'
  return new RegistryError('RESOURCE_EXHAUSTED', message, { cause: err })
}
