import { createHash } from 'node:crypto'
import * as endpoints from '../../../api/endpoints/imports.ts'
import { cleanFilePath, joinPaths, storePathOf } from '../../../artifacts/path.ts'
import { ApiError, type GatehouseClient } from '../../../client/client.ts'
import { readEveryPage } from '../../../client/every-page.ts'
import { RegistryError } from '../../../core/error.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'
import { webStreamOf } from '../sources/json-server.ts'
import type { FilesOf, ImportSource, SourceFile } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import type { Tally } from '../tally.ts'

type Stored = { readonly size: number; readonly sha256: string }

type Work = {
  readonly client: GatehouseClient
  readonly source: ImportSource
  readonly tally: Tally
}

/**
 * Copy the files of a run or a logged model into a folder of our store. What is there already with the
 * same size is not read again. One file that cannot be copied is one difference.
 *
 * @param address of the folder; files that lie outside of our store stay where they are
 * @returns whether all of them are here, so that they need not be looked at again
 */
export async function takeFiles(work: Work, of: FilesOf, address: string): Promise<boolean> {
  const what = of.kind === 'run' ? `run ${of.run.run_id}` : `logged model ${of.model.model_id}`
  let isWhole = true
  const differs = (which: string, problem: string) => {
    isWhole = false
    work.tally.differs(`${what}, ${which}`, problem)
  }
  try {
    // The server puts it below the folder of the workspace.
    const folder = storePathOf(address, defaultWorkspace)
    if (folder !== undefined) await copyFiles(work, { of, folder, differs })
  } catch (err) {
    if (!(err instanceof SourceError || err instanceof RegistryError)) throw err
    differs('files', err.message)
  }
  return isWhole
}

type Folder = {
  readonly of: FilesOf
  /** In our store. */
  readonly folder: string
  readonly differs: (which: string, problem: string) => void
}

async function copyFiles(
  { client, source, tally }: Work,
  { of, folder, differs }: Folder,
): Promise<void> {
  const counts = tally.of('files')
  const copied = new Map<string, string>()
  let there: ReadonlyMap<string, Stored> | undefined
  try {
    for await (const file of source.files(of)) {
      counts.source++
      there ??= await readFolder(client, folder)
      const known = there.get(file.path)
      if (known?.size === file.sizeBytes) {
        counts.unchanged++
        continue
      }
      const done = await copyFile(client, file, folder)
      if ('problem' in done) {
        counts.refused++
        differs(`file '${file.path}'`, done.problem)
        continue
      }
      counts[known ? 'updated' : 'added']++
      tally.bytes += file.sizeBytes
      copied.set(file.path, done.sha256)
    }
  } finally {
    const now = copied.size > 0 ? await readFolder(client, folder) : new Map<string, Stored>()
    for (const [path, sha256] of copied) {
      if (now.get(path)?.sha256 === sha256) continue
      differs(`file '${path}'`, 'other bytes are here than were read')
    }
  }
}

async function readFolder(
  client: GatehouseClient,
  folder: string,
): Promise<ReadonlyMap<string, Stored>> {
  const files = await readEveryPage((page_token) =>
    client.call(endpoints.listStoredFiles, {
      query: { path: folder, page_token, max_results: 10_000 },
    }),
  )
  return new Map(files.map((file) => [file.path, file]))
}

type Copied = { readonly sha256: string } | { readonly problem: string }

async function copyFile(
  client: GatehouseClient,
  file: SourceFile,
  folder: string,
): Promise<Copied> {
  const hash = createHash('sha256')
  let unread: Error | undefined
  let bytes = 0
  async function* body() {
    try {
      for await (const chunk of await file.open()) {
        bytes += chunk.byteLength
        // Else the server would wait for the end of a request that has ended for it.
        if (bytes > file.sizeBytes)
          throw new SourceError(`the list says ${file.sizeBytes} bytes, and more came`)
        hash.update(chunk)
        yield chunk
      }
    } catch (err) {
      unread = err instanceof Error ? err : new Error(String(err))
      throw err
    }
  }
  try {
    const path = joinPaths(folder, cleanFilePath(file.path))
    await client.upload(artifactPathOf(path), webStreamOf(body()), file.sizeBytes)
    return { sha256: hash.digest('hex') }
  } catch (err) {
    if (unread) return { problem: `it could not be read: ${unread.message}` }
    if (err instanceof RegistryError || err instanceof ApiError) return { problem: err.message }
    // The connection ends where more or less comes than was announced.
    if (bytes !== file.sizeBytes) {
      return { problem: `the list says ${file.sizeBytes} bytes, and ${bytes} came` }
    }
    throw err
  }
}
