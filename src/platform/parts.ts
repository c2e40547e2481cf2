import { excerpt, invalid, notFound, RegistryError } from '../core/error.ts'
import type { ByteStream, UploadedPart } from './ports.ts'

/** The limit of S3 and R2. */
export const partsMax = 10_000

/** The least that S3 and R2 take of a part that is not the last. */
export const partBytesMin = 5 * 1024 * 1024
/** What one request should carry at most. */
export const partBytesMax = 1024 * 1024 * 1024

/**
 * A larger object is not read back by the request that joins its parts: at 50 MB a second, which is slow for
 * a bucket, this takes 40 s, and proxies wait 60.
 */
export const measuredBytesMax = 2 * 1024 ** 3

/** @throws INVALID_PARAMETER_VALUE there are none, or their numbers do not rise from 1 up */
export function checkPartOrder(parts: readonly UploadedPart[]): void {
  if (parts.length === 0) throw invalid('A multipart upload needs at least one part')
  let last = 0
  for (const { part } of parts) {
    checkPartNumber(part)
    if (part <= last) throw invalid(`Part ${part} follows part ${last}; list parts in rising order`)
    last = part
  }
}

/** @throws INVALID_PARAMETER_VALUE it is no whole number from 1 to `partsMax` */
export function checkPartNumber(part: number): void {
  if (Number.isInteger(part) && part >= 1 && part <= partsMax) return
  throw invalid(`Invalid part number ${part}; it must be from 1 to ${partsMax}`)
}

export function noSuchPart({ part, etag }: UploadedPart): RegistryError {
  return invalid(`Part ${part} was not uploaded with ETag '${excerpt(etag)}'; upload it again`)
}

export function noSuchUpload(uploadId: string, options?: ErrorOptions): RegistryError {
  const { code, message } = notFound('Multipart upload', uploadId)
  return new RegistryError(code, message, options)
}

/** @throws BAD_REQUEST the sender declared another length */
export function checkLength(bytes: number, declared: number | undefined): void {
  if (declared === undefined || bytes === declared) return
  throw new RegistryError(
    'BAD_REQUEST',
    `The body has ${bytes < declared ? bytes : `more than ${declared}`} bytes where ${declared} were declared`,
  )
}

/** `body` in slices of exactly `bytes`, the last one shorter. Each has memory of its own. */
export async function* splitIntoSlices(body: ByteStream, bytes: number): ByteStream {
  let slice = new Uint8Array(bytes)
  let filled = 0
  for await (const chunk of body) {
    let from = 0
    while (from < chunk.byteLength) {
      const to = Math.min(chunk.byteLength, from + bytes - filled)
      slice.set(chunk.subarray(from, to), filled)
      filled += to - from
      from = to
      if (filled < bytes) continue
      yield slice
      slice = new Uint8Array(bytes)
      filled = 0
    }
  }
  if (filled > 0) yield slice.subarray(0, filled)
}
