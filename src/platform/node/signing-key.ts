import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from '../start-error.ts'
import { fileMode } from './private-folder.ts'
import { isMissing } from './read-file.ts'

/**
 * The signing key kept in `folder`, made at the first start and readable by its owner alone. Two
 * processes that start at once get the same key: a hard link can take the name only once.
 *
 * @throws StartError the kept key is empty
 */
export async function keepSigningKey(folder: string): Promise<string> {
  const path = join(folder, 'signing-key')
  const kept = await readKey(path)
  if (kept !== undefined) return kept
  const made = join(folder, `signing-key.${process.pid}.${randomBytes(4).toString('hex')}`)
  await writeFile(made, `${randomBytes(32).toString('hex')}\n`, { mode: fileMode, flag: 'wx' })
  try {
    await link(made, path).catch((err: NodeJS.ErrnoException) => {
      if (err.code !== 'EEXIST') throw err
    })
  } finally {
    await rm(made, { force: true })
  }
  const key = await readKey(path)
  if (key === undefined) throw new StartError(`${path} went while it was to be read; start again`)
  return key
}

/** @throws StartError the file is empty, as a power cut may leave it */
async function readKey(path: string): Promise<string | undefined> {
  try {
    const key = (await readFile(path, 'utf8')).trim()
    if (key === '') throw new StartError(`${path} is empty; remove it, and a new key is made`)
    return key
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}
