import { createHash } from 'node:crypto'
import type { GatehouseClient } from '../../../client/client.ts'
import { StartError } from '../../../platform/start-error.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'
import { runPool } from '../pool.ts'
import { sendAgain, sendBody } from './send-again.ts'
import { partsFromBytes, sendInParts } from './send-parts.ts'
import { placeOf, type SentFile } from './sent-file.ts'

/** Where files are read, and the address in the artifact store that they go to. */
export type FileRoute = {
  /** The file from this byte on. */
  readonly open: (file: SentFile, from: number) => Promise<AsyncIterable<Uint8Array>>
  readonly target: GatehouseClient
  readonly to: string
  readonly onFile: () => void
}

export type FileCounts = { sent: number; sentBytes: number; known: number }

const jobs = 4

/**
 * Bring files to the other server. Bytes that are there, and may be read there, do not travel.
 *
 * @throws StartError a folder lies outside of a server's artifact store, or a file arrives otherwise
 */
export async function sendFiles(files: readonly SentFile[], route: FileRoute): Promise<FileCounts> {
  const counts = { sent: 0, sentBytes: 0, known: 0 }
  await runPool(files, jobs, async (file) => {
    const sentBytes = await sendAgain(() => sendFile(file, route))
    if (sentBytes === undefined) counts.known++
    else {
      counts.sent++
      counts.sentBytes += sentBytes
    }
    route.onFile()
  })
  return counts
}

/** @returns the bytes that were sent; undefined: they were there */
async function sendFile(
  file: SentFile,
  { open, target, to }: FileRoute,
): Promise<number | undefined> {
  const path = placeOf(to, file.path)
  const there = artifactPathOf(path)
  const headers = { 'X-Checksum-Sha256': file.sha256 }
  if (file.size > 0) {
    const known = await target.fetch(there, {
      method: 'PUT',
      headers: { ...headers, 'X-Checksum-Deploy': 'true', 'Content-Length': '0' },
    })
    if (known.status === 201) {
      await known.body?.cancel()
      return undefined
    }
    if (known.status !== 404) throw await target.refusalOf(known)
    await known.body?.cancel()
  }
  if (file.size >= partsFromBytes) {
    return sendInParts(file, { open: (from) => open(file, from), target, path })
  }
  const body = checkBytes(await open(file, 0), file)
  await sendBody(target, there, { body, size: file.size, headers })
  return file.size
}

/** @throws Error the bytes are not those of the list, so that the upload breaks off */
async function* checkBytes(
  body: AsyncIterable<Uint8Array>,
  { path, size, sha256 }: SentFile,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of body) {
    hash.update(chunk)
    bytes += chunk.byteLength
    if (bytes > size) break
    yield chunk
  }
  if (bytes === size && hash.digest('hex') === sha256) return
  throw new StartError(`'${path}' is not what was sealed; \`gatehouse versions verify\` tells more`)
}
