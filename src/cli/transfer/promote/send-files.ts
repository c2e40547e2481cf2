import { createHash } from 'node:crypto'
import { storePathOf } from '../../../artifacts/path.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import { chunksOf } from '../../../core/bytes.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import { StartError } from '../../../platform/start-error.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'
import { runPool } from '../pool.ts'
import { sendAgain, sendBody } from './send-again.ts'
import { partsFromBytes, sendInParts } from './send-parts.ts'

export type SentFile = { readonly path: string; readonly size: number; readonly sha256: string }

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
  const there = pathOf(to, file.path)
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
    const path = placeOf(to, file.path)
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

/** A file at a server, below an address of its artifact store, from a byte on. @throws ApiError it cannot be read */
export async function openSentFile(
  source: GatehouseClient,
  { address, at: from }: { readonly address: string; readonly at: number },
  { path }: SentFile,
): Promise<AsyncIterable<Uint8Array>> {
  const headers: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {}
  const found = await source.fetch(pathOf(address, path), { headers })
  if (!found.ok) throw await source.refusalOf(found)
  const chunks = found.body ? chunksOf(found.body) : emptyBody()
  return found.status === 206 ? chunks : skipBytes(chunks, from)
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** What follows the first so many bytes. */
export async function* skipBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const chunk of chunks) {
    if (left < chunk.byteLength) yield left > 0 ? chunk.subarray(left) : chunk
    left = Math.max(0, left - chunk.byteLength)
  }
}

function pathOf(address: string, path: string): string {
  return artifactPathOf(placeOf(address, path))
}

function placeOf(address: string, path: string): string {
  const folder = storePathOf(address, defaultWorkspace)
  if (folder === undefined) {
    throw new StartError(`${address} lies outside of the server's artifact store`)
  }
  return `${folder}/${path}`
}
