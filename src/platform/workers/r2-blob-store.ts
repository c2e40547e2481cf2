import { chunksOf, streamOf } from '../../core/bytes.ts'
import { invalid } from '../../core/error.ts'
import { measureJoined } from '../hash.ts'
import {
  checkLength,
  checkPartNumber,
  checkPartOrder,
  measuredBytesMax,
  noSuchUpload,
  splitIntoSlices,
} from '../parts.ts'
import {
  type BlobStore,
  type ByteRange,
  type ByteStream,
  type JoinedParts,
  KeyTakenError,
  type Leftover,
  type MultipartStore,
  type OpenBlob,
  type Stored,
  type StoredObject,
} from '../ports.ts'
import { sha256 } from './sha256.ts'

/** The buffer for a body of unknown length; 10,000 parts of this size are 80 GB. */
const partBytes = 8 * 1024 * 1024
/** R2 takes up to 5 GiB in one piece. */
const singleBytesMax = 4 * 1024 ** 3
/** The most keys that the binding removes at once. */
const deletesMax = 1000

/** Makes the bucket itself refuse to overwrite a key, at the moment of writing. */
const ifFree = { etagDoesNotMatch: '*' }

/**
 * The most that one read asks of the bucket: what is longer goes out slice by slice. The simulated R2 of local runs
 * has all of an object that came in parts in memory before it answers the first byte.
 */
const readBytesMax = 64 * 1024 * 1024

type R2Uploads = {
  /** Up to which size an object is hashed as soon as its parts are joined. */
  readonly measuredMax?: number
  /** The most that one read asks of the bucket. */
  readonly readMax?: number
  /** What handles uploads in place of the binding: R2's other door, by which clients send parts themselves. */
  readonly multipart?: MultipartStore | undefined
}

/** Blobs in a Cloudflare R2 bucket. */
export class R2BlobStore implements BlobStore {
  readonly #bucket: R2Bucket
  readonly #measuredBytesMax: number
  readonly #readBytesMax: number

  constructor(bucket: R2Bucket, { measuredMax, readMax, multipart }: R2Uploads = {}) {
    this.#bucket = bucket
    this.#measuredBytesMax = measuredMax ?? measuredBytesMax
    this.#readBytesMax = readMax ?? readBytesMax
    this.multipart = multipart ?? this.#bound
  }

  readonly multipart: MultipartStore

  readonly #bound: MultipartStore = {
    create: async (key) => (await this.#bucket.createMultipartUpload(key)).uploadId,
    putPart: async (key, uploadId, { part, body, sizeBytes }) => {
      checkPartNumber(part)
      const upload = this.#bucket.resumeMultipartUpload(key, uploadId)
      const { result } = await piped(body, sizeBytes, (stream) =>
        clearly(uploadId, upload.uploadPart(part, stream)),
      )
      return result.etag
    },
    complete: async (key, uploadId, parts) => {
      checkPartOrder(parts)
      const upload = this.#bucket.resumeMultipartUpload(key, uploadId)
      const named = parts.map(({ part, etag }) => ({ partNumber: part, etag }))
      try {
        await clearly(uploadId, upload.complete(named))
      } catch (err) {
        // Already joined, by a call whose answer was lost or that ran at the same time.
        const before = await this.#joined(key)
        if (before) return before
        throw err
      }
      const joined = await this.#joined(key)
      if (!joined) throw new Error(`R2 has no '${key}' after its upload was completed`)
      return joined
    },
    abort: async (key, uploadId) => {
      try {
        await this.#bucket.resumeMultipartUpload(key, uploadId).abort()
      } catch (err) {
        if (!isCode(err, codes.noSuchUpload)) throw err
      }
    },
  }

  async put(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored> {
    if (sizeBytes === undefined || sizeBytes > singleBytesMax) {
      return this.#putInParts(key, body, sizeBytes)
    }
    const { result, stored } = await piped(body, sizeBytes, (stream) =>
      this.#bucket.put(key, stream, { onlyIf: ifFree }),
    )
    if (result === null) throw new KeyTakenError(key)
    return stored
  }

  async get(key: string, range?: ByteRange): Promise<OpenBlob | undefined> {
    if (range && range.end - range.start > this.#readBytesMax) {
      const sizeBytes = await this.sizeOf(key)
      return sizeBytes === undefined ? undefined : this.#inSlices(key, range, sizeBytes)
    }
    const object = await this.#bucket.get(key, range ? { range: r2Range(range) } : {})
    if (object === null) return undefined
    if (range || object.size <= this.#readBytesMax) {
      return { body: object.body, sizeBytes: object.size }
    }
    await object.body.cancel()
    return this.#inSlices(key, { start: 0, end: object.size }, object.size)
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await this.#bucket.head(key))?.size
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += deletesMax) {
      await this.#bucket.delete(keys.slice(at, at + deletesMax))
    }
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    let cursor: string | undefined
    do {
      const page = await this.#bucket.list(cursor ? { prefix, cursor } : { prefix })
      for (const object of page.objects) {
        const { key, size, uploaded } = object
        yield { key, sizeBytes: size, writtenAtMs: uploaded.getTime() }
      }
      cursor = page.truncated ? page.cursor : undefined
    } while (cursor)
  }

  /** None: a bucket drops uploads that were not completed within seven days. */
  async *leftovers(): AsyncIterable<Leftover> {}

  async discard(): Promise<void> {}

  /** R2 needs to know the length of a part, so each part is buffered. */
  async #putInParts(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored> {
    const hash = sha256()
    let received = 0
    let upload: R2MultipartUpload | undefined
    const uploaded: R2UploadedPart[] = []
    try {
      let slice: Uint8Array = new Uint8Array()
      for await (const next of splitIntoSlices(body, partBytes)) {
        await hash.update(next)
        received += next.byteLength
        if (received > next.byteLength) {
          upload ??= await this.#bucket.createMultipartUpload(key)
          uploaded.push(await upload.uploadPart(uploaded.length + 1, slice))
        }
        slice = next
      }
      checkLength(received, sizeBytes)
      if (upload) {
        uploaded.push(await upload.uploadPart(uploaded.length + 1, slice))
        // R2 has no conditional join; keys are random, and none is given out twice.
        if (await this.#bucket.head(key)) throw new KeyTakenError(key)
        await upload.complete(uploaded)
      } else if ((await this.#bucket.put(key, slice, { onlyIf: ifFree })) === null) {
        throw new KeyTakenError(key)
      }
    } catch (err) {
      await upload?.abort()
      throw err
    }
    return { sizeBytes: received, sha256: await hash.digest() }
  }

  #inSlices(key: string, { start, end }: ByteRange, sizeBytes: number): OpenBlob {
    const range = { start, end: Math.min(end, sizeBytes) }
    return { body: streamOf(this.#readSlices(key, range)), sizeBytes }
  }

  async *#readSlices(key: string, { start, end }: ByteRange) {
    for (let from = start; from < end; from += this.#readBytesMax) {
      const range = { start: from, end: Math.min(end, from + this.#readBytesMax) }
      const slice = await this.#bucket.get(key, { range: r2Range(range) })
      if (slice === null) throw new Error(`'${key}' was removed from R2 while it was read`)
      yield* chunksOf(slice.body)
    }
  }

  async #joined(key: string): Promise<JoinedParts | undefined> {
    const found = await this.get(key)
    return found && measureJoined(found, this.#measuredBytesMax, sha256())
  }
}

function r2Range({ start, end }: ByteRange): R2Range {
  return { offset: start, length: end - start }
}

/** Hash `body` and feed it to `sink` as a stream of known length, which R2 requires. */
async function piped<T>(
  body: ByteStream,
  sizeBytes: number,
  sink: (stream: ReadableStream) => Promise<T>,
): Promise<{ result: T; stored: Stored }> {
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const [sunk, pumped] = await Promise.allSettled([
    sink(readable),
    pump(body, sizeBytes, writable.getWriter()),
  ])
  // A broken body breaks the sink too; the body's own error has the cause.
  if (sunk.status === 'rejected' && pumped.status === 'rejected') {
    throw pumped.reason === sunkFirst ? sunk.reason : pumped.reason
  }
  if (sunk.status === 'rejected') throw sunk.reason
  if (pumped.status === 'rejected') throw pumped.reason
  return { result: sunk.value, stored: pumped.value }
}

const sunkFirst = Symbol('the sink refused more')

async function pump(
  body: ByteStream,
  sizeBytes: number,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Stored> {
  const hash = sha256()
  let received = 0
  try {
    for await (const chunk of body) {
      received += chunk.byteLength
      if (received > sizeBytes) checkLength(received, sizeBytes)
      await hash.update(chunk)
      await writer.write(chunk).catch(() => {
        throw sunkFirst
      })
    }
    checkLength(received, sizeBytes)
    await writer.close()
  } catch (err) {
    await writer.abort(err).catch(() => undefined)
    throw err
  }
  return { sizeBytes: received, sha256: await hash.digest() }
}

/** R2's own error codes, which it puts at the end of its messages. */
const codes = {
  tooSmall: 10011,
  noSuchUpload: 10024,
  noSuchPart: 10025,
  unequalParts: 10048,
} as const

function isCode(err: unknown, code: number): boolean {
  return err instanceof Error && err.message.includes(`(${code})`)
}

/** A client's mistake with its upload gets a clear error; other failures pass unchanged. */
async function clearly<T>(uploadId: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (err) {
    const cause = { cause: err }
    if (isCode(err, codes.noSuchUpload)) throw noSuchUpload(uploadId, cause)
    if (isCode(err, codes.noSuchPart)) {
      throw invalid('A part was not uploaded, or has another ETag; upload it again', cause)
    }
    if (isCode(err, codes.tooSmall) || isCode(err, codes.unequalParts)) {
      throw invalid('All parts but the last must be equally large, and 5 MiB at least', cause)
    }
    throw err
  }
}
