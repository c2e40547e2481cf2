import type { BlobStore, ByteRange, ByteStream, MultipartStore, Stored } from '../ports.ts'

/** Blobs in a Cloudflare R2 bucket. */
export class R2BlobStore implements BlobStore {
  readonly #bucket: R2Bucket

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket
  }

  readonly multipart: MultipartStore = {
    create: async () => {
      throw new Error('to be written')
    },
    putPart: async () => {
      throw new Error('to be written')
    },
    complete: async () => {
      throw new Error('to be written')
    },
    abort: async () => {
      throw new Error('to be written')
    },
  }

  async put(_key: string, _body: ByteStream, _sizeBytes?: number): Promise<Stored> {
    throw new Error('to be written')
  }

  async get(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const options = range ? { range: { offset: range.start, length: range.end - range.start } } : {}
    const object = await this.#bucket.get(key, options)
    return object?.body
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await this.#bucket.head(key))?.size
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#bucket.delete([...keys])
  }

  async *list(prefix: string): AsyncIterable<{ key: string; writtenAtMs: number }> {
    let cursor: string | undefined
    do {
      const page = await this.#bucket.list(cursor ? { prefix, cursor } : { prefix })
      for (const object of page.objects) {
        yield { key: object.key, writtenAtMs: object.uploaded.getTime() }
      }
      cursor = page.truncated ? page.cursor : undefined
    } while (cursor)
  }
}
