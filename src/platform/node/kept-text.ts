import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { StartError } from '../start-error.ts'
import { fileMode } from './private-folder.ts'
import { isMissing } from './read-file.ts'

/**
 * Write `text` to a file that its owner alone may read, whole or not at all. Of two processes that
 * write the first text at once one wins: a hard link can take the name only once.
 *
 * @param replacing whether it takes the place of what is there; if not, that stays
 */
export async function keepText(path: string, text: string, replacing: boolean): Promise<void> {
  const made = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(made, `${text.trim()}\n`, { mode: fileMode, flag: 'wx' })
  try {
    if (replacing) await rename(made, path)
    else {
      await link(made, path).catch((err: NodeJS.ErrnoException) => {
        if (err.code !== 'EEXIST') throw err
      })
    }
  } finally {
    await rm(made, { force: true })
  }
}

/**
 * The text of a file, without blanks around it; undefined: there is no such file.
 *
 * @throws StartError the file is empty, as a power cut may leave it
 */
export async function readKeptText(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    if (text === '') throw new StartError(`${path} is empty; remove it, and a new key is made`)
    return text
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}
