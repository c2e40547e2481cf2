import { realpathSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanPath } from '../../../artifacts/path.ts'
import { excerpt } from '../../../core/error.ts'
import { listPlainFiles } from '../../../platform/node/plain-folder.ts'
import { isMissing } from '../../../platform/node/read-file.ts'
import { StartError } from '../../../platform/start-error.ts'
import { keptAddress } from './mlflow-items.ts'
import type { SourceFile } from './source.ts'
import { SourceError } from './source-error.ts'

/** The path of a folder without links. @throws StartError there is no such folder */
export function rootOf(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(folder)
  throw new StartError(`there is no folder '${resolve(folder)}'`)
}

/**
 * Whether something is at a path of a store. What a symbolic link leads to may be anything of this
 * machine, so nothing is read through one.
 *
 * @param path below a folder whose own path has no links
 * @throws SourceError a link is on the way, or it cannot be looked at
 */
export async function isThere(path: string): Promise<boolean> {
  const real = await tryRead(realpath(path))
  if (real === undefined || real === path) return real !== undefined
  throw new SourceError(`'${excerpt(path)}' is behind a symbolic link, which is not followed`)
}

/** What this machine's files told; undefined: nothing is there. @throws SourceError it failed */
export async function tryRead<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look
  } catch (err) {
    if (isMissing(err)) return undefined
    throw asSourceError(err)
  }
}

/**
 * The files of a folder of this machine; none where it is not there. Symbolic links are left out.
 *
 * @param folder below a folder whose own path has no links
 * @throws SourceError it is behind a link, or cannot be read
 */
export async function* listLocalFiles(folder: string): AsyncGenerator<SourceFile> {
  if (!(await isThere(folder))) return
  try {
    for await (const { path, sizeBytes, open } of listPlainFiles(folder)) {
      yield { path, sizeBytes, open: async () => open() }
    }
  } catch (err) {
    throw asSourceError(err)
  }
}

/** What the system refused is no bug of ours. */
function asSourceError(err: unknown): unknown {
  const isOfSystem = err instanceof StartError || (err instanceof Error && 'code' in err)
  return isOfSystem ? new SourceError(err.message, { cause: err }) : err
}

/** An address in a store that clients open by themselves: kept as it is, and its files stay there. */
export function isElsewhere(address: string): boolean {
  return /^(s3a?|gs|gcs|dbfs|wasbs?|oss):/i.test(address)
}

/** How an address of a file store or a database is kept here; undefined: in the usual place. */
export function keptLocally(address: string): string | undefined {
  return isElsewhere(address) ? address : keptAddress(address)
}

/**
 * The folder of this machine that an address stands for. What a database names is read only below
 * the folder that the operator gave, since it could name any.
 *
 * @param artifacts where the artifacts are
 * @throws SourceError it lies outside of that
 */
export function localFolder(address: string, artifacts: string): string {
  const root = rootOf(artifacts)
  const proxied = /^mlflow-artifacts:\/*(?:\/\/[^/]*\/)?([^?#]*)/.exec(address)
  if (proxied) return join(root, cleanPath(proxied[1] ?? ''))
  const path = address.startsWith('file:') ? pathOf(address) : resolve(address)
  const below = relative(resolve(artifacts), path)
  if (below.split(sep)[0] !== '..' && !below.startsWith(sep)) return join(root, below)
  throw new SourceError(
    `they lie at '${excerpt(address)}', outside of the folder of --artifacts-from`,
  )
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address)
  } catch (err) {
    throw new SourceError(`'${excerpt(address)}' is no folder of this machine`, { cause: err })
  }
}
