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
  const counted: SourceFile = {
    ...file,
    open: async () => {
      sent = createHash('sha256')
      return hashed(await file.open(), sent)
    },
  }
  try {
    const folder = storePathOf(address, defaultWorkspace) ?? ''
    await work.target.upload(joinPaths(folder, cleanFilePath(file.path)), counted)
    const found = createHash('sha256')
    for await (const chunk of await work.there.open(of, file.path)) found.update(chunk)
    const isSame = found.digest('hex') === sent.digest('hex')
    return isSame ? undefined : 'other bytes are there than were sent'
  } catch (err) {
    if (!(err instanceof SourceError || err instanceof RegistryError)) throw err
    return err.message
  }
}

async function* hashed(
  bytes: ByteStream,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk)
    yield chunk
  }
}
