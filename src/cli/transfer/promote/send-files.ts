import { createHash } from 'node:crypto'
import { storePathOf } from '../../../artifacts/path.ts'
import { type GatehouseClient, mayPass } from '../../../client/client.ts'
import { chunksOf } from '../../../core/bytes.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import { StartError } from '../../../platform/start-error.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'
import { UnreachableError } from '../../with-server.ts'
import { runPool } from '../pool.ts'
import { webStreamOf } from '../sources/json-server.ts'

export type SentFile = { readonly path: string; readonly size: number; readonly sha256: string }

/** Where files are read, and the address in the artifact store that they go to. */
export type FileRoute = {
  readonly open: (file: SentFile) => Promise<AsyncIterable<Uint8Array>>
  readonly target: GatehouseClient
  readonly to: string
  readonly onFile: () => void
}

export type FileCounts = { sent: number; sentBytes: number; known: number }

const jobs = 4
const attemptsMax = 4
const waitMs = 1000

/**
 * Bring files to the other server. Bytes that are there, and may be read there, do not travel.
 *
 * @throws StartError a folder lies outside of a server's artifact store, or a file arrives otherwise
 */
export async function sendFiles(files: readonly SentFile[], route: FileRoute): Promise<FileCounts> {
  const counts = { sent: 0, sentBytes: 0, known: 0 }
  await runPool(files, jobs, async (file) => {
    const isSent = await sendAgain(() => sendFile(file, route))
    if (isSent) {
      counts.sent++
      counts.sentBytes += file.size
    } else counts.known++
    route.onFile()
  })
  return counts
}

/** What fails for the moment is tried again. */
async function sendAgain(send: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (err) {
      const isFinal = err instanceof StartError && !(err instanceof UnreachableError)
      if (attempt === attemptsMax || isFinal || !mayPass(err)) throw err
      await new Promise((done) => setTimeout(done, waitMs * attempt))
    }
  }
}

/** @returns whether its bytes were sent */
async function sendFile(file: SentFile, { open, target, to }: FileRoute): Promise<boolean> {
  const there = pathOf(to, file.path)
  const headers = { 'X-Checksum-Sha256': file.sha256 }
  if (file.size > 0) {
    const known = await target.fetch(there, {
      method: 'PUT',
      headers: { ...headers, 'X-Checksum-Deploy': 'true', 'Content-Length': '0' },
    })
    if (known.status === 201) {
      await known.body?.cancel()
      return false
    }
    if (known.status !== 404) throw await target.refusalOf(known)
    await known.body?.cancel()
  }
  const reading: Reading = {}
  const sending = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(file.size),
    ...headers,
  }
  const body = webStreamOf(readNoting(checkBytes(await open(file), file), reading))
  const init = { method: 'PUT', headers: sending, body, ...halfDuplex }
  const res = await target.fetch(there, init).catch((err) => {
    // What could not be read is not the fault of whoever was to take it.
    throw reading.problem ?? err
  })
  if (reading.problem) throw reading.problem
  if (!res.ok) throw await target.refusalOf(res)
  await res.body?.cancel()
  return true
}

/** Why the bytes of a file could not be read. */
type Reading = { problem?: unknown }

async function* readNoting(
  chunks: AsyncIterable<Uint8Array>,
  reading: Reading,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (err) {
    reading.problem = err
    throw err
  }
}

/** `fetch` wants it beside a body that streams; its types do not know it everywhere. */
const halfDuplex: object = { duplex: 'half' }

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

/** A file at a server, below an address of its artifact store. @throws ApiError it cannot be read */
export async function openSentFile(
  source: GatehouseClient,
  from: string,
  { path }: SentFile,
): Promise<AsyncIterable<Uint8Array>> {
  const found = await source.fetch(pathOf(from, path), {})
  if (!found.ok) throw await source.refusalOf(found)
  return found.body ? chunksOf(found.body) : emptyBody()
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

function pathOf(address: string, path: string): string {
  const folder = storePathOf(address, defaultWorkspace)
  if (folder === undefined) {
    throw new StartError(`${address} lies outside of the server's artifact store`)
  }
  return artifactPathOf(`${folder}/${path}`)
}
