/** Bytes on their way in or out: a web stream, or Node's own request, which is faster there. */
export type ByteStream = AsyncIterable<Uint8Array>

/** A half-open range of bytes, `start` to before `end`. */
export type ByteRange = { readonly start: number; readonly end: number }

/** The bytes that were asked for; `sizeBytes` is that of the whole blob. */
export type OpenBlob = { readonly body: ReadableStream<Uint8Array>; readonly sizeBytes: number }

/** What is known of a body once it is written. */
export type Stored = { readonly sizeBytes: number; readonly sha256: string }

/** The same of parts that were joined; without the hash where reading them is more than one request should do. */
export type JoinedParts = { readonly sizeBytes: number; readonly sha256: string | undefined }

/**
 * Where file bodies are stored. Keys are opaque to it and written once: there is no overwrite.
 * Adapters: disk, S3, R2; all pass test/platform/blob-store.test.ts.
 */
export interface BlobStore {
  /**
   * Store `body` under `key`, hashing as it streams; memory stays flat.
   *
   * @param sizeBytes the length when the sender declared it
   * @throws what reading `body` throws; then nothing is stored under `key`
   * @throws KeyTakenError something is stored under `key` already, which stays unchanged
   * @throws BAD_REQUEST the body has another length than was declared
   * @throws RESOURCE_EXHAUSTED the store has no room left
   */
  put(key: string, body: ByteStream, sizeBytes?: number): Promise<Stored>
  /** The bytes of `key`, or of a part of it; undefined when there is no such key. */
  get(key: string, range?: ByteRange): Promise<OpenBlob | undefined>
  /** Size of `key`, or undefined when there is no such key. */
  sizeOf(key: string): Promise<number | undefined>
  /** Remove keys; those that are not there are no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Keys below `prefix` with size and time of writing, in pages of the store's own size. */
  list(prefix: string): AsyncIterable<StoredObject>
  /**
   * What interrupted writes left behind and `list` does not show: temporary files, and parts of
   * uploads that nobody completed. Empty where the store removes these by itself.
   */
  leftovers(): AsyncIterable<Leftover>
  /** Remove leftovers; those that are not there are no error. */
  discard(leftovers: readonly Leftover[]): Promise<void>
  /**
   * Returns once what is stored under `key` outlives a power cut, for who removes what it was made of.
   * Absent where `put` sees to that.
   */
  flush?(key: string): Promise<void>
  /** Writes something small and removes it, where that costs little. @throws the store takes no writes */
  probeWrite?(): Promise<void>
  readonly multipart: MultipartStore
}

export type StoredObject = {
  readonly key: string
  readonly sizeBytes: number
  readonly writtenAtMs: number
}

/** `id` is the store's own name for it; a multipart upload has its id, and its key where that is known. */
export type Leftover = {
  readonly id: string
  readonly key?: string
  readonly uploadId?: string
  readonly writtenAtMs: number
}

/** A part that is to be stored; `part` is its number. */
export type NewPart = {
  readonly part: number
  readonly body: ByteStream
  readonly sizeBytes: number
}

/** `part` is its number. */
export type PartToSign = { readonly part: number; readonly lifetimeMs: number }

/** Uploads in parts that may arrive in any order and more than once. Part numbers start at 1. */
export interface MultipartStore {
  create(key: string): Promise<string>
  /**
   * @returns the part's ETag, without quotes
   * @throws RESOURCE_DOES_NOT_EXIST no such upload: it was completed, aborted or swept
   */
  putPart(key: string, uploadId: string, part: NewPart): Promise<string>
  /**
   * A URL to which a part is sent without this server, until it ends. Absent where the operator wants none, or the
   * store gives none.
   */
  signPart?(key: string, uploadId: string, of: PartToSign): Promise<string>
  /**
   * Join the parts; the key appears whole or not at all. Reads it for the hash, unless it is too large
   * for that. Joining an upload again gives the same result as long as its key is there; that the list
   * of parts is the same is for the caller to check.
   *
   * @param parts by rising part number, each with the ETag of its last upload
   * @throws INVALID_PARAMETER_VALUE none, out of order, never uploaded, of another ETag, or too small
   * @throws RESOURCE_DOES_NOT_EXIST no such upload
   */
  complete(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<JoinedParts>
  /** Forget the parts; an upload that is not there is no error. */
  abort(key: string, uploadId: string): Promise<void>
}

export type UploadedPart = { readonly part: number; readonly etag: string }

/** A second write to a key was refused. What is stored under it stays unchanged. */
export class KeyTakenError extends Error {
  override name = 'KeyTakenError'
  constructor(key: string, options?: ErrorOptions) {
    super(`the blob store has '${key}' already, and a key is written once`, options)
  }
}

/** The built files of a page that is not ours. */
export type PageFiles = {
  /** @returns undefined: there is no such file */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>
}
