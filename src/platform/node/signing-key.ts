import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundleKeyPlace } from '../bundle-key.ts'
import { StartError } from '../start-error.ts'
import { keepText, readKeptText } from './kept-text.ts'
import { isMissing } from './read-file.ts'

/**
 * The signing key kept in `folder`, made at the first start and readable by its owner alone. Two
 * processes that start at once get the same key.
 *
 * @throws StartError the kept key is empty
 */
export async function keepSigningKey(folder: string): Promise<string> {
  const path = join(folder, 'signing-key')
  const kept = await readKeptText(path)
  if (kept !== undefined) return kept
  await keepText(path, randomBytes(32).toString('hex'), false)
  const key = await readKeptText(path)
  if (key === undefined) throw new StartError(`${path} went while it was to be read; start again`)
  return key
}

/** Where the key of bundles lies in the data folder. */
export function bundleKeyPathOf(folder: string): string {
  return join(folder, 'bundle-key')
}

/** The key of bundles in a file of its own, which is read anew each time: another process may renew it. */
export function bundleKeyIn(folder: string): BundleKeyPlace {
  const path = bundleKeyPathOf(folder)
  const nextPath = (hint: string) => `${path}.next-${hint}`
  return {
    read: () => readKeptText(path),
    keep: (pkcs8) => keepText(path, pkcs8, false),
    next: {
      keep: (hint, pkcs8) => keepText(nextPath(hint), pkcs8, true),
      take: (hint) => moveFile(nextPath(hint), path),
      drop: (hint) => rm(nextPath(hint), { force: true }),
    },
  }
}

/** @returns false: there is no such file */
async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (err) {
    if (isMissing(err)) return false
    throw err
  }
}
