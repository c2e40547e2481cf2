import { gunzipSync, gzipSync } from 'fflate/browser'
import { chunksOf, fromBase64UrlBytes, joinBytes, toUtf8 } from '../../core/bytes.ts'
import { RegistryError } from '../../core/error.ts'
import type { ByteStream } from '../../platform/ports.ts'

/** Up to so many bytes it is quicker to pack them at once than to begin a stream. */
const atOnceBytesMax = 300_000

/** Lines of spans as they are kept: gzip. */
export async function packLines(lines: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const text = toUtf8(lines.join('\n'))
  return text.byteLength <= atOnceBytesMax
    ? new Uint8Array(gzipSync(text, { level: 4 }))
    : readAll(through(text, new CompressionStream('gzip')), Number.POSITIVE_INFINITY)
}

/** The lines that `packLines` packed, from the base64 in a row. */
export async function unpackLines(body: string): Promise<readonly string[]> {
  const bytes = fromBase64UrlBytes(body)
  if (!bytes) throw new Error('a payload is base64')
  return unpackBytes(bytes)
}

/** The lines that `packLines` packed. */
export async function unpackBytes(bytes: Uint8Array<ArrayBuffer>): Promise<readonly string[]> {
  const text =
    bytes.byteLength <= atOnceBytesMax
      ? gunzipSync(bytes)
      : await readAll(through(bytes, new DecompressionStream('gzip')), Number.POSITIVE_INFINITY)
  return new TextDecoder().decode(text).split('\n')
}

/**
 * What a client sent compressed.
 *
 * @param bytesMax a bound on what it becomes: a megabyte may become a gigabyte
 * @throws PAYLOAD_TOO_LARGE it would become more
 * @throws BAD_REQUEST it is not what it says
 */
export async function unpackBody(
  bytes: Uint8Array<ArrayBuffer>,
  format: 'gzip' | 'deflate',
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readAll(through(bytes, new DecompressionStream(format)), bytesMax)
  } catch (err) {
    if (err instanceof RegistryError) throw err
    throw new RegistryError('BAD_REQUEST', `The body is not ${format}, as Content-Encoding says`, {
      cause: err,
    })
  }
}

function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): ByteStream {
  return chunksOf(new Blob([bytes]).stream().pipeThrough(stream))
}

async function readAll(chunks: ByteStream, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > bytesMax) {
      const message = `The request body has more than ${bytesMax} bytes once it is unpacked; send fewer spans at once`
      throw new RegistryError('PAYLOAD_TOO_LARGE', message)
    }
    parts.push(chunk)
  }
  return joinBytes(parts)
}
