import { completeResumedUpload, resumeUpload } from '../../../api/endpoints/transfers.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import { StartError } from '../../../platform/start-error.ts'
import { sendAgain, sendBody } from './send-again.ts'
import type { SentFile } from './sent-file.ts'

const mebibyte = 1024 * 1024
/** Files from this size on go in parts: where a connection breaks, one part is sent again and not all. */
export const partsFromBytes = 32 * mebibyte
const partBytesLeast = 16 * mebibyte
/** Of a file of any size. */
const partsMost = 5000

type PartsRoute = {
  /** The file from this byte on. */
  readonly open: (from: number) => Promise<AsyncIterable<Uint8Array>>
  readonly target: GatehouseClient
  /** In the artifact store there. */
  readonly path: string
}

/**
 * Send a large file in parts. What arrived before, by this command or one that was cut off, is not sent again;
 * the server joins the parts, and shows them if they have the sum of the file.
 *
 * @returns the bytes that were sent
 */
export async function sendInParts(
  { path: name, size, sha256 }: SentFile,
  { open, target, path }: PartsRoute,
): Promise<number> {
  const part_size = partBytesOf(size)
  const body = { path, sha256, size, part_size }
  const { upload_id, missing } = await target.call(resumeUpload, { body })
  const reader = new FileReader(name, open)
  let sent = 0
  try {
    for (const { part, url } of missing) {
      const from = (part - 1) * part_size
      const bytes = Math.min(part_size, size - from)
      await sendAgain(() =>
        sendBody(target, pathIn(url), { body: reader.take(from, bytes), size: bytes }),
      )
      sent += bytes
    }
  } finally {
    await reader.close()
  }
  await sendAgain(() => target.call(completeResumedUpload, { params: { upload_id } }))
  return sent
}

function partBytesOf(size: number): number {
  return Math.max(partBytesLeast, Math.ceil(size / partsMost / mebibyte) * mebibyte)
}

/** By the address that the command was given: the server may know itself by another one. */
function pathIn(url: string): string {
  return url.slice(url.indexOf('/api/v1/uploads/'))
}

/** Reads a file piece by piece, and opens it anew only where a piece does not follow the one before. */
class FileReader {
  readonly #name: string
  readonly #open: PartsRoute['open']
  #chunks: AsyncIterator<Uint8Array> | undefined
  #rest = new Uint8Array()
  /** Where the next piece begins; undefined while one is read, or after one broke off. */
  #at: number | undefined

  constructor(name: string, open: PartsRoute['open']) {
    this.#name = name
    this.#open = open
  }

  /** @throws StartError the file ends before */
  async *take(from: number, bytes: number): AsyncGenerator<Uint8Array> {
    const chunks = await this.#chunksFrom(from)
    let left = bytes
    // Where the piece broke off, and is read anew, the file was opened again meanwhile.
    while (left > 0 && this.#chunks === chunks) {
      if (this.#rest.byteLength === 0) {
        const next = await chunks.next()
        if (this.#chunks !== chunks) return
        if (next.done) throw new StartError(`'${this.#name}' is shorter than it was when sealed`)
        this.#rest = new Uint8Array(next.value)
        continue
      }
      const chunk = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(chunk.byteLength)
      left -= chunk.byteLength
      if (left === 0) this.#at = from + bytes
      yield chunk
    }
  }

  async close(): Promise<void> {
    const chunks = this.#chunks
    this.#chunks = undefined
    this.#rest = new Uint8Array()
    await chunks?.return?.()
  }

  async #chunksFrom(from: number): Promise<AsyncIterator<Uint8Array>> {
    const goesOn = this.#chunks && this.#at === from
    this.#at = undefined
    if (this.#chunks && goesOn) return this.#chunks
    await this.close()
    const chunks = (await this.#open(from))[Symbol.asyncIterator]()
    this.#chunks = chunks
    return chunks
  }
}
