import { chunksOf } from '../../core/bytes.ts'
import { measureBody, measureJoined, type Sha256 } from '../hash.ts'
import {
  checkPartNumber,
  checkPartOrder,
  measuredBytesMax,
  partsMax,
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
  type PartToSign,
  type Stored,
  type StoredObject,
} from '../ports.ts'
import { gatherPart, hashChunks, streamPieces } from './s3-bodies.ts'
import { S3Client, S3Error, type S3Options } from './s3-client.ts'
import { refuseMistakes } from './s3-mistakes.ts'
import { decoded, nextUploads, xmlElements, xmlEscaped, xmlText } from './s3-xml.ts'

/** Bodies are sent in buffered pieces, which can be sent again. S3 requires at least 5 MiB. */
const pieceBytes = 8 * 1024 * 1024
/** Pieces under way at once, per upload. */
const piecesAtOnce = 3
const deletesAtOnce = 8

/** Makes the store itself refuse to overwrite a key, at the moment of writing. */
const ifFree = { 'if-none-match': '*' }
/** Its error codes for that; the second while another write of the key is under way. */
const takenCodes = ['PreconditionFailed', 'ConditionalRequestConflict']

type S3Uploads = {
  /** Up to which size an object is hashed as soon as its parts are joined. */
  readonly measuredMax?: number
  /** Whether clients get URLs of the bucket for their parts. */
  readonly signsParts?: boolean
}

/** Blobs in any store that speaks S3, with nothing but `fetch`. */
export class S3BlobStore implements BlobStore {
  readonly #s3: S3Client
  readonly #sha256: () => Sha256
  readonly #measuredBytesMax: number

  constructor(options: S3Options, sha256: () => Sha256, how: S3Uploads = {}) {
    this.#s3 = new S3Client(options)
    this.#sha256 = sha256
    this.#measuredBytesMax = how.measuredMax ?? measuredBytesMax
    if (how.signsParts) this.multipart.signPart = (...given) => this.#signPart(...given)
  }

  readonly multipart: MultipartStore = {
    create: async (key) => this.#createUpload(key),
    putPart: async (key, uploadId, { part, body, sizeBytes }) => {
      checkPartNumber(part)
      const bytes = await gatherPart(body, sizeBytes)
      return refuseMistakes(uploadId, this.#uploadPart(key, uploadId, { part, bytes }))
    },
    complete: async (key, uploadId, parts) => {
      checkPartOrder(parts)
      const etags = parts.map(({ part, etag }) => ({ part, etag }))
      try {
        await refuseMistakes(uploadId, this.#completeUpload(key, uploadId, etags))
      } catch (err) {
        // Already joined, by a call whose answer was lost or that ran at the same time.
        const before = await this.#joined(key)
        if (before) return before
        throw err
      }
      const joined = await this.#joined(key)
      if (!joined) throw new Error(`S3 has no '${key}' after its upload was completed`)
      return joined
    },
    abort: async (key, uploadId) => {
      await this.#unlessMissing('DELETE', key, { query: { uploadId } })
    },
  }

  #signPart(key: string, uploadId: string, { part, lifetimeMs }: PartToSign): Promise<string> {
    checkPartNumber(part)
    const query = { partNumber: String(part), uploadId }
    return this.#s3.presign('PUT', this.#key(key), { query, lifetimeMs })
  }

  async put(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored> {
    const hash = this.#sha256()
    // Amazon's limit of 10,000 pieces would end 8 MiB pieces at 80 GB.
    const bytes = Math.max(pieceBytes, Math.ceil((sizeBytes ?? 0) / partsMax))
    const pieces = splitIntoSlices(hashChunks(body, hash, sizeBytes), bytes)[Symbol.asyncIterator]()
    const first = await pieces.next()
    const firstBytes: Uint8Array = first.done ? new Uint8Array() : first.value
    const second = firstBytes.byteLength < bytes ? { done: true as const } : await pieces.next()
    if (second.done) {
      const sha256 = await hash.digest()
      await this.#s3
        .send('PUT', this.#key(key), {
          body: firstBytes,
          headers: { 'x-amz-content-sha256': sha256, ...ifFree },
        })
        .catch(async (err: unknown) => this.#unlessOurs(key, err, sha256))
      return { sizeBytes: firstBytes.byteLength, sha256 }
    }
    const all = streamPieces([firstBytes, second.value], pieces)
    const total = await this.#putInPieces(key, all, hash)
    return { sizeBytes: total, sha256: await hash.digest() }
  }

  async get(key: string, range?: ByteRange): Promise<OpenBlob | undefined> {
    const headers = range ? { range: `bytes=${range.start}-${range.end - 1}` } : {}
    const res = await this.#unlessMissing('GET', key, { headers })
    if (!res) return undefined
    // A store answers a range with `bytes 0-9/1234`.
    const whole = res.headers.get('content-range')?.split('/')[1]
    const sizeBytes = Number(whole ?? res.headers.get('content-length') ?? 0)
    return { body: res.body ?? new Blob().stream(), sizeBytes }
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const res = await this.#unlessMissing('HEAD', key)
    return res && Number(res.headers.get('content-length') ?? 0)
  }

  async delete(keys: readonly string[]): Promise<void> {
    const waiting = [...keys]
    const worker = async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        await this.#unlessMissing('DELETE', key)
      }
    }
    await Promise.all(Array.from({ length: Math.min(deletesAtOnce, keys.length) }, worker))
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    let token: string | undefined
    do {
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix: this.#key(prefix),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      }
      const xml = await (await this.#s3.send('GET', '', { query })).text()
      for (const object of xmlElements(xml, 'Contents')) {
        const key = decoded(xmlText(object, 'Key') ?? '').slice(this.#s3.prefix.length)
        const sizeBytes = Number(xmlText(object, 'Size'))
        yield { key, sizeBytes, writtenAtMs: Date.parse(xmlText(object, 'LastModified') ?? '') }
      }
      token =
        xmlText(xml, 'IsTruncated') === 'true' ? xmlText(xml, 'NextContinuationToken') : undefined
    } while (token !== undefined)
  }

  /** Uploads that were begun and neither completed nor aborted. */
  async *leftovers(): AsyncIterable<Leftover> {
    let marker: Record<string, string> | undefined = {}
    while (marker !== undefined) {
      const query = { uploads: '', 'encoding-type': 'url', prefix: this.#s3.prefix, ...marker }
      const xml = await (await this.#s3.send('GET', '', { query })).text()
      for (const upload of xmlElements(xml, 'Upload')) {
        const uploadId = xmlText(upload, 'UploadId') ?? ''
        yield {
          id: uploadId,
          uploadId,
          key: decoded(xmlText(upload, 'Key') ?? '').slice(this.#s3.prefix.length),
          writtenAtMs: Date.parse(xmlText(upload, 'Initiated') ?? ''),
        }
      }
      marker = nextUploads(xml)
    }
  }

  async discard(leftovers: readonly Leftover[]): Promise<void> {
    for (const { key, uploadId } of leftovers) {
      if (key && uploadId) await this.multipart.abort(key, uploadId)
    }
  }

  async #putInPieces(
    key: string,
    pieces: AsyncIterable<Uint8Array>,
    hash: Sha256,
  ): Promise<number> {
    const uploadId = await this.#createUpload(key)
    const etags: { part: number; etag: string }[] = []
    let sizeBytes = 0
    const underWay = new Set<Promise<void>>()
    try {
      let part = 0
      for await (const piece of pieces) {
        const number = ++part
        sizeBytes += piece.byteLength
        const sent = this.#uploadPart(key, uploadId, { part: number, bytes: piece }).then(
          (etag) => {
            etags.push({ part: number, etag })
            underWay.delete(sent)
          },
        )
        underWay.add(sent)
        // Its failure is handled where it is awaited.
        sent.catch(() => undefined)
        if (underWay.size >= piecesAtOnce) await Promise.race(underWay)
      }
      await Promise.all(underWay)
      etags.sort((a, b) => a.part - b.part)
      await this.#completeUpload(key, uploadId, etags).catch(async (err: unknown) =>
        this.#unlessOurs(key, err, await hash.digest()),
      )
    } catch (err) {
      await Promise.allSettled(underWay)
      await this.multipart.abort(key, uploadId)
      throw err
    }
    return sizeBytes
  }

  async #createUpload(key: string): Promise<string> {
    const res = await this.#s3.send('POST', this.#key(key), { query: { uploads: '' } })
    const uploadId = xmlText(await res.text(), 'UploadId')
    if (!uploadId) throw new Error('S3 gave no upload id')
    return uploadId
  }

  async #uploadPart(
    key: string,
    uploadId: string,
    { part, bytes }: { readonly part: number; readonly bytes: Uint8Array },
  ) {
    const query = { partNumber: String(part), uploadId }
    const res = await this.#s3.send('PUT', this.#key(key), { query, body: bytes })
    await res.body?.cancel()
    return (res.headers.get('etag') ?? '').replaceAll('"', '')
  }

  async #completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { part: number; etag: string }[],
  ): Promise<void> {
    const named = parts.map(
      ({ part, etag }) =>
        `<Part><PartNumber>${part}</PartNumber><ETag>&quot;${xmlEscaped(etag)}&quot;</ETag></Part>`,
    )
    const res = await this.#s3.send('POST', this.#key(key), {
      query: { uploadId },
      headers: { 'content-type': 'application/xml', ...ifFree },
      body: `<CompleteMultipartUpload>${named.join('')}</CompleteMultipartUpload>`,
    })
    // S3 may answer 200 before it knows that joining fails.
    const xml = await res.text()
    if (/<Error>/.test(xml)) throw new S3Error('POST', 200, xmlText(xml, 'Code') ?? '')
  }

  /**
   * Pass a failure on, unless the bytes stored under the key are the ones that were sent: then the
   * answer of an earlier try was lost.
   */
  async #unlessOurs(key: string, err: unknown, sha256: string): Promise<void> {
    if (!(err instanceof S3Error && takenCodes.includes(err.code))) throw err
    const there = await this.#measure(key)
    if (there?.sha256 !== sha256) throw new KeyTakenError(key, { cause: err })
  }

  async #joined(key: string): Promise<JoinedParts | undefined> {
    const found = await this.get(key)
    return found && measureJoined(found, this.#measuredBytesMax, this.#sha256())
  }

  async #measure(key: string): Promise<Stored | undefined> {
    const found = await this.get(key)
    return found && measureBody(chunksOf(found.body), this.#sha256())
  }

  async #unlessMissing(method: string, key: string, request = {}): Promise<Response | undefined> {
    try {
      return await this.#s3.send(method, this.#key(key), request)
    } catch (err) {
      if (err instanceof S3Error && err.status === 404 && err.code !== 'NoSuchBucket') {
        return undefined
      }
      throw err
    }
  }

  #key(key: string): string {
    return this.#s3.prefix + key
  }
}
