import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../../../platform/node/read-file.ts'
import type { ResolvedModel } from '../pull-version.ts'

/**
 * What was live last, beside its files: a process that starts while the server is away goes on with it.
 *
 * @returns undefined: nothing was, or it cannot be read
 */
export async function readLastLive(root: string, uri: string): Promise<ResolvedModel | undefined> {
  try {
    const last: ResolvedModel = JSON.parse(await readFile(placeOf(root, uri), 'utf8'))
    return last.uri === uri && typeof last.digest === 'string' ? last : undefined
  } catch (err) {
    if (err instanceof SyntaxError || isMissing(err)) return undefined
    throw err
  }
}

/** Note what is live now. */
export async function writeLastLive(root: string, resolved: ResolvedModel): Promise<void> {
  await mkdir(root, { recursive: true })
  const path = placeOf(root, resolved.uri)
  await writeFile(`${path}.part`, JSON.stringify(resolved))
  await rename(`${path}.part`, path)
}

/** Of each URI that is followed. */
function placeOf(root: string, uri: string): string {
  return join(root, `live-${createHash('sha256').update(uri).digest('hex').slice(0, 16)}.json`)
}
