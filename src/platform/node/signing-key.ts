import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from '../start-error.ts'
import { isMissing } from './read-file.ts'

/**
 * The signing key kept in `folder`, made at the first start and readable by its owner alone. Of
 * two processes that start at once both get the same key: a link takes its name once.
 *
 * @throws StartError the kept key is empty
 */
export async function keepSigningKey(folder: string): Promise<string> {
  const path = join(folder, 'signing-key')
  const kept = await readKey(path)
  if (kept !== undefined) return kept
  const made = join(folder, `signing-key.${process.pid}.${randomBytes(4).toString('hex')}`)
  await writeFile(made, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
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

/** @throws StartError an empty file, as a power cut may leave it, would sign nothing */
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
