import { constants, existsSync } from 'node:fs'
import { access, chmod, lstat, mkdir, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, resolve, sep } from 'node:path'
import { logWarning } from '../log.ts'
import { isMissing } from './read-file.ts'

/** What others may do with what is ours: nothing. */
export const folderMode = 0o700
export const fileMode = 0o600
const othersBits = 0o077
const stickyBit = 0o1000

/**
 * Make `folder` where it is missing, for its owner alone, and take from others what they may do in
 * one that is there and ours. A home, and a folder that many write to such as /tmp, stay as they are.
 *
 * @throws what the file system says, if it cannot be made or written to
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  await access(folder, constants.W_OK)
  const { mode } = await lstat(folder)
  const isHome = `${homedir()}${sep}`.startsWith(folder === sep ? sep : `${folder}${sep}`)
  if (isHome || (mode & stickyBit) !== 0) return
  await takeFromOthers(folder, folderMode)
}

/**
 * Make a file where it is missing, for its owner alone, ahead of a driver that would make one that
 * all may read; take from others what they may do with one that is there and ours. The journal
 * beside a database gets the rights of the database.
 */
export async function makePrivateFile(path: string): Promise<void> {
  await open(path, 'a', fileMode).then((file) => file.close())
  for (const name of [path, `${path}-wal`, `${path}-shm`]) await takeFromOthers(name, fileMode)
}

/** Take from others what they may do with what is there and ours, and log it. */
export async function takeFromOthers(path: string, wanted: number): Promise<void> {
  try {
    const { mode, uid } = await lstat(path)
    if ((mode & othersBits) === 0 || process.getuid?.() !== uid) return
    await chmod(path, wanted)
    const before = (mode & 0o777).toString(8)
    logWarning({ event: 'rights taken from others', path, before, mode: wanted.toString(8) })
  } catch (err) {
    // Some file systems have no rights to change, and a journal may be gone by now.
    if (!isMissing(err)) logWarning({ event: 'rights not changed', path, error: String(err) })
  }
}

/** Step by step: Node's own recursive mkdir never ends where a file system refuses new names (/proc). */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  const above = dirname(resolve(folder))
  if (!existsSync(above)) await makeFolder(above)
  await mkdir(folder, folderMode).catch((err) => {
    if (!existsSync(folder)) throw err
  })
}
