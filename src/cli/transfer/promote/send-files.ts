import { createHash } from 'node:crypto'
import { storePathOf } from '../../../artifacts/path.ts'
import { ApiError, type GatehouseClient, mayPass, readJson } from '../../../client/client.ts'
import { chunksOf } from '../../../core/bytes.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import { StartError } from '../../../platform/start-error.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'
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
      if (attempt === attemptsMax || err instanceof StartError || !mayPass(err)) throw err
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
    if (known.status !== 404) await refuse(known)
    await known.body?.cancel()
  }
  const body = webStreamOf(checkBytes(await open(file), file))
  const sending = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(file.size),
    ...headers,
  }
  const res = await target.fetch(there, { method: 'PUT', headers: sending, body, ...halfDuplex })
  if (!res.ok) await refuse(res)
  await res.body?.cancel()
  return true
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
  if (!found.ok) await refuse(found)
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

/** @throws ApiError what the server said */
async function refuse(res: Response): Promise<never> {
  const { error_code = 'INTERNAL_ERROR', message = `answered ${res.status}` } = (await readJson(
    res,
  )) as { error_code?: string; message?: string }
  throw new ApiError(res.status, error_code, message)
}
