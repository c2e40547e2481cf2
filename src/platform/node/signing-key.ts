import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The signing key kept in `folder`, made at the first start and readable by its owner alone. Of
 * two processes that start at once both get the same key: a link takes its name once.
 */
export async function keptSigningKey(folder: string): Promise<string> {
  const path = join(folder, 'signing-key')
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept) return kept.trim()
  const made = join(folder, `signing-key.${process.pid}.${randomBytes(4).toString('hex')}`)
  await writeFile(made, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    await link(made, path).catch((err: NodeJS.ErrnoException) => {
      if (err.code !== 'EEXIST') throw err
    })
  } finally {
    await rm(made, { force: true })
  }
  return (await readFile(path, 'utf8')).trim()
}
