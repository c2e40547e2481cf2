import { constants, existsSync } from 'node:fs'
import { access, chmod, mkdir, open, stat } from 'node:fs/promises'
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
 * Make `folder` where it is missing, for its owner alone.
 *
 * @throws what the file system says, if it cannot be made or written to
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  await access(folder, constants.W_OK)
}

/** Make a file where it is missing, for its owner alone, ahead of a driver that would let all read it. */
export async function makePrivateFile(path: string): Promise<void> {
  await open(path, 'a', fileMode).then((file) => file.close())
}

/**
 * Take from others what they may do with what was there before and is ours, and log it. A home, and a
 * folder that many write to such as /tmp, stay as they are; what is missing is no error.
 */
export async function takeFromOthers(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await closeToOthers(path)
    } catch (err) {
      // Some file systems have no rights to change.
      if (!isMissing(err)) logWarning({ event: 'rights not changed', path, error: String(err) })
    }
  }
}

async function closeToOthers(path: string): Promise<void> {
  const found = await stat(path)
  const { mode, uid } = found
  if ((mode & othersBits) === 0 || process.getuid?.() !== uid) return
  if (!found.isDirectory() && !found.isFile()) return
  const isHome = `${homedir()}${sep}`.startsWith(path === sep ? sep : `${path}${sep}`)
  if (isHome || (mode & stickyBit) !== 0) return
  const wanted = found.isDirectory() ? folderMode : fileMode
  await chmod(path, wanted)
  const before = (mode & 0o777).toString(8)
  logWarning({ event: 'rights taken from others', path, before, mode: wanted.toString(8) })
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
