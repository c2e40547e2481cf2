import { readFile, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { PageFiles } from '../ports.ts'
import { StartError } from '../start-error.ts'

/** What reading says of a path that leads to no file. */
const noFile: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL'])

/**
 * The files of a built page.
 *
 * @throws StartError the folder has no index.html
 */
export async function openPageFolder(path: string): Promise<PageFiles> {
  const folder = resolve(path)
  const index = await stat(join(folder, 'index.html')).catch((err: Error) => err)
  if (index instanceof Error || !index.isFile()) {
    throw new StartError(
      `the folder ${folder} has no index.html; give --mlflow-ui the folder mlflow/server/js/build of an installed mlflow`,
    )
  }
  return {
    async readFile(name) {
      const file = resolve(folder, name)
      if (!file.startsWith(folder + sep) || name.includes('\0')) return undefined
      try {
        return await readFile(file)
      } catch (err) {
        if (noFile.has((err as NodeJS.ErrnoException).code)) return undefined
        throw err
      }
    },
  }
}
