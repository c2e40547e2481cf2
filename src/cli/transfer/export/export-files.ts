import { createHash } from 'node:crypto'
import { cleanFilePath, joinPaths, storePathOf } from '../../../artifacts/path.ts'
import { RegistryError } from '../../../core/error.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import type { ByteStream } from '../../../platform/ports.ts'
import type { FilesOf, SourceFile } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import type { Export, ThereLoggedModel } from './exported.ts'

/** The same run or logged model at the other server. */
export type FilesThere = Pick<ThereLoggedModel, 'address' | 'isNew'> & { readonly of: FilesOf }

/**
 * Copy the files of a run or a logged model. What is there already with the same size is not sent again.
 * What was sent is read back. One file that cannot be copied is one difference.
 *
 * @returns whether all of them are there
 */
export async function exportFiles(work: Export, of: FilesOf, there: FilesThere): Promise<boolean> {
  const { source, tally } = work
  const what = of.kind === 'run' ? `run ${of.run.run_id}` : `logged model ${of.model.model_id}`
  const counts = tally.of('files')
  let isWhole = true
  const differs = (which: string, problem: string) => {
    isWhole = false
    tally.differs(`${what}, ${which}`, problem)
  }
  try {
    if (addressOf(of) === undefined) {
      tally.loses('folders of files outside of the artifact store, which stay where they are')
      return true
    }
    let known: ReadonlyMap<string, SourceFile> | undefined
    for await (const file of source.files(of)) {
      counts.source++
      known ??= there.isNew ? new Map() : await readFolder(work, there.of)
      const found = known.get(file.path)
      if (found?.sizeBytes === file.sizeBytes) {
        counts.unchanged++
        continue
      }
      const problem = await copyFile(work, file, there)
      if (problem !== undefined) {
        counts.refused++
        differs(`file '${file.path}'`, problem)
        continue
      }
      counts[found ? 'updated' : 'added']++
      tally.bytes += file.sizeBytes
    }
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    differs('files', err.message)
  }
  return isWhole
}

function addressOf(of: FilesOf): string | undefined {
  return of.kind === 'run' ? of.run.artifact_uri : of.model.artifact_uri
}

async function readFolder(work: Export, of: FilesOf): Promise<ReadonlyMap<string, SourceFile>> {
  const files = new Map<string, SourceFile>()
  for await (const file of work.there.files(of)) files.set(file.path, file)
  return files
}

/** @returns why it is not there */
async function copyFile(
  work: Export,
  file: SourceFile,
  { address, of }: FilesThere,
): Promise<string | undefined> {
  if (address === undefined) return 'the other server does not take files into its artifact store'
  let sent = createHash('sha256')
  let unread: string | undefined
  async function* read(bytes: ByteStream): AsyncGenerator<Uint8Array> {
    try {
      yield* checkBytes(bytes, file, sent)
    } catch (err) {
      unread = err instanceof Error ? err.message : String(err)
      throw err
    }
  }
  // It is opened anew for each attempt.
  const open = async () => {
    if (unread !== undefined) throw new SourceError(unread)
    sent = createHash('sha256')
    return read(await file.open())
  }
  try {
    const folder = storePathOf(address, defaultWorkspace) ?? ''
    await work.target.upload(joinPaths(folder, cleanFilePath(file.path)), { ...file, open })
    const found = createHash('sha256')
    for await (const chunk of await work.there.open(of, file.path)) found.update(chunk)
    const isSame = found.digest('hex') === sent.digest('hex')
    return isSame ? undefined : 'other bytes are there than were sent'
  } catch (err) {
    // Whoever sends sees no more than a connection that ended.
    if (unread !== undefined) return `it could not be read: ${unread}`
    if (!(err instanceof SourceError || err instanceof RegistryError)) throw err
    return err.message
  }
}

/** @throws SourceError another number of bytes comes than was listed */
async function* checkBytes(
  stream: ByteStream,
  file: SourceFile,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.byteLength
    if (bytes > file.sizeBytes) break
    hash.update(chunk)
    yield chunk
  }
  if (bytes === file.sizeBytes) return
  throw new SourceError(`the list says ${file.sizeBytes} bytes, and ${bytes} came`)
}
