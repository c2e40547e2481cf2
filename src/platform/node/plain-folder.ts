import { mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { ByteStream, Stored } from '../ports.ts'
import { StartError } from '../start-error.ts'
import { isMissing, readFileBytes } from './read-file.ts'
import { writeFile } from './write-file.ts'

/** A file of a folder that is not ours. */
export type PlainFile = {
  /** Relative to the folder, with slashes. */
  readonly path: string
  readonly sizeBytes: number
  readonly changedAtMs: number
  open(): ByteStream
}

/**
 * All files below `folder`, those of each folder by name. Symbolic links are left out: they may
 * lead anywhere.
 *
 * @throws StartError there is no such folder, or it cannot be looked at
 */
export async function* listPlainFiles(folder: string): AsyncIterable<PlainFile> {
  const root = resolve(folder)
  const found = await stat(root).catch((err: NodeJS.ErrnoException) => {
    throw new StartError(`'${folder}' is no folder that can be read: ${err.code}`, { cause: err })
  })
  if (!found.isDirectory()) throw new StartError(`'${folder}' is no folder`)
  yield* filesBelow(root, root)
}

async function* filesBelow(root: string, folder: string): AsyncIterable<PlainFile> {
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(root, path)
    if (!entry.isFile()) continue
    const { size, mtimeMs } = await stat(path)
    yield {
      path: relative(root, path).replaceAll(sep, '/'),
      sizeBytes: size,
      changedAtMs: mtimeMs,
      open: () => readFileBytes(path),
    }
  }
}

/**
 * Write `body` as the file `path` below `folder`, whole or not at all.
 *
 * @throws StartError it would lie outside of `folder`, by its name or through a symbolic link
 */
export async function writePlainFile(
  folder: string,
  path: string,
  body: ByteStream,
): Promise<Stored> {
  await mkdir(folder, { recursive: true })
  const root = await realpath(folder)
  const target = resolve(root, path)
  if (!target.startsWith(root + sep)) throw outside(path)
  await checkFolders(root, dirname(target), path)
  await mkdir(dirname(target), { recursive: true })
  const temporary = join(dirname(target), `.gatehouse-${crypto.randomUUID()}`)
  return writeFile(body, undefined, {
    temporary,
    target: () => target,
    flushed: false,
    replacing: true,
    shared: true,
  })
}

/** The nearest existing folder must not lie behind a link; then no folder made below it does. */
async function checkFolders(root: string, folder: string, path: string): Promise<void> {
  for (let at = folder; at.length >= root.length; at = dirname(at)) {
    const real = await realpath(at).catch(undefinedIfMissing)
    if (real === undefined) continue
    if (real !== at) throw outside(path)
    return
  }
}

function undefinedIfMissing(err: unknown): undefined {
  if (!isMissing(err)) throw err
}

function outside(path: string): StartError {
  return new StartError(`'${path}' would be written outside of the target folder`)
}
