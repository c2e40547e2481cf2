import { stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanPath } from '../../../artifacts/path.ts'
import { excerpt } from '../../../core/error.ts'
import { listPlainFiles } from '../../../platform/node/plain-folder.ts'
import type { SourceFile } from './source.ts'
import { SourceError } from './source-error.ts'

/** The files of a folder of this machine; none where it is not there. Symbolic links are left out. */
export async function* listLocalFiles(folder: string): AsyncGenerator<SourceFile> {
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) return
  for await (const { path, sizeBytes, open } of listPlainFiles(folder)) {
    yield { path, sizeBytes, open: async () => open() }
  }
}

/** An address in a store that clients open by themselves: kept as it is, and its files stay there. */
export function isElsewhere(address: string): boolean {
  return /^(s3a?|gs|gcs|dbfs|wasbs?|oss):/i.test(address)
}

/** How an address of a file store or a database is kept here; undefined: in the usual place. */
export function keptLocally(address: string): string | undefined {
  if (isElsewhere(address)) return address
  return /^mlflow-artifacts:\/(?!\/)/.test(address) ? address : undefined
}

/**
 * The folder of this machine that an address stands for. What a database names is read only below
 * the folder that the operator gave, since it could name any.
 *
 * @param root where the artifacts are
 * @throws SourceError it lies outside of that
 */
export function localFolder(address: string, root: string): string {
  const proxied = /^mlflow-artifacts:\/*(?:\/\/[^/]*\/)?([^?#]*)/.exec(address)
  if (proxied) return join(root, cleanPath(proxied[1] ?? ''))
  const path = address.startsWith('file:') ? pathOf(address) : resolve(address)
  const below = relative(resolve(root), path)
  if (!below.startsWith('..') && !below.startsWith(sep)) return path
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
