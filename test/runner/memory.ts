import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Where Linux has a file system in memory. */
const memory = '/dev/shm'
const bytesMin = 2 ** 31

/** A folder in memory, which goes with this process. @returns undefined where there is no room */
export function temporaryInMemory(): string | undefined {
  if (bytesFree() < bytesMin) return undefined
  const folder = mkdtempSync(join(memory, 'gatehouse-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function bytesFree(): number {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return 0
    throw err
  }
}
