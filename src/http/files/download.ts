import { RegistryError } from '../../core/error.ts'
import type { ByteRange } from '../../platform/ports.ts'
import type { AppContext } from '../app-env.ts'
import { hasTag } from '../etag.ts'
import { attachment, contentType } from './content-type.ts'

/** A file that can be sent: what its headers need, and how to read its bytes. */
export type Download = {
  readonly fileName: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly updatedAtMs: number
  open(range?: ByteRange): Promise<ReadableStream<Uint8Array>>
}

/**
 * Answer GET and HEAD: whole, one byte range (206), unchanged (304), or 416.
 *
 * @throws RANGE_NOT_SATISFIABLE the range starts past the end; then Content-Range tells the size
 */
export async function sendFile(c: AppContext, file: Download): Promise<Response> {
  const headers = new Headers({
    'Accept-Ranges': 'bytes',
    'Content-Disposition': attachment(file.fileName),
    'Content-Type': contentType(file.fileName),
    ETag: `"${file.sha256}"`,
    'Last-Modified': new Date(file.updatedAtMs).toUTCString(),
    'X-Checksum-Sha256': file.sha256,
    'X-Content-Type-Options': 'nosniff',
  })
  if (isUnchanged(c, file)) return new Response(null, { status: 304, headers })

  const range = wantedRange(c, file)
  if (range === 'unsatisfiable') {
    c.header('Content-Range', `bytes */${file.sizeBytes}`)
    throw new RegistryError(
      'RANGE_NOT_SATISFIABLE',
      `Range '${c.req.header('range')}' lies outside the ${file.sizeBytes} bytes of this file`,
    )
  }
  const length = range ? range.end - range.start : file.sizeBytes
  headers.set('Content-Length', String(length))
  if (range) headers.set('Content-Range', `bytes ${range.start}-${range.end - 1}/${file.sizeBytes}`)
  const body = c.req.method === 'HEAD' ? null : sized(await file.open(range), length)
  return new Response(body, { status: range ? 206 : 200, headers })
}

function isUnchanged(c: AppContext, file: Download): boolean {
  if (c.req.header('if-none-match') !== undefined) return hasTag(c, file.sha256)
  const since = Date.parse(c.req.header('if-modified-since') ?? '')
  return wholeSeconds(file.updatedAtMs) <= since
}

/**
 * The one range in the Range header; undefined: the whole file, also if there are several ranges.
 */
function wantedRange(c: AppContext, file: Download): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(c.req.header('range')?.trim() ?? '')
  if (!match || !ifRangeHolds(c, file)) return undefined
  const [first, last] = [match[1], match[2]]
  if (!first && !last) return undefined
  const { sizeBytes } = file
  const start = first ? Number(first) : Math.max(0, sizeBytes - Number(last))
  const end = first && last ? Math.min(Number(last) + 1, sizeBytes) : sizeBytes
  if (first && last && Number(last) < Number(first)) return undefined
  return start >= sizeBytes || start >= end ? 'unsatisfiable' : { start, end }
}

/** With If-Range, a part is sent only if the client's copy is of the very same file. */
function ifRangeHolds(c: AppContext, file: Download): boolean {
  const condition = c.req.header('if-range')?.trim()
  if (condition === undefined) return true
  if (condition.startsWith('"')) return condition === `"${file.sha256}"`
  return Date.parse(condition) === wholeSeconds(file.updatedAtMs)
}

/** HTTP's dates have no milliseconds. */
function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000
}

/** workerd sends Content-Length only for a stream whose length it knows; Node trusts the header. */
export function sized(
  body: ReadableStream<Uint8Array>,
  length: number,
): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>
  }
  return FixedLengthStream ? body.pipeThrough(new FixedLengthStream(length)) : body
}
