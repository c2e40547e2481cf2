import { RegistryError } from '../../core/error.ts'
import type { Sha256 } from '../hash.ts'
import { checkLength } from '../parts.ts'
import type { ByteStream } from '../ports.ts'

/** A client's part is buffered whole; MLflow's clients send 10 MiB. */
const partBytesMax = 128 * 1024 * 1024

/** `body`, hashed and checked against its declared length as it passes. */
export async function* hashChunks(
  body: ByteStream,
  hash: Sha256,
  sizeBytes: number | undefined,
): ByteStream {
  let received = 0
  for await (const chunk of body) {
    received += chunk.byteLength
    if (sizeBytes !== undefined && received > sizeBytes) checkLength(received, sizeBytes)
    await hash.update(chunk)
    yield chunk
  }
  checkLength(received, sizeBytes)
}

/**
 * A client's part, buffered whole, so that it can be sent again.
 *
 * @throws PAYLOAD_TOO_LARGE it is larger than the buffer
 * @throws BAD_REQUEST it has another length than was declared
 */
export async function gatherPart(body: ByteStream, sizeBytes: number): Promise<Uint8Array> {
  if (sizeBytes > partBytesMax) {
    throw new RegistryError(
      'PAYLOAD_TOO_LARGE',
      `The part has ${sizeBytes} bytes; send parts of at most ${partBytesMax} (MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE)`,
    )
  }
  const bytes = new Uint8Array(sizeBytes)
  let received = 0
  for await (const chunk of body) {
    if (received + chunk.byteLength > sizeBytes) checkLength(received + chunk.byteLength, sizeBytes)
    bytes.set(chunk, received)
    received += chunk.byteLength
  }
  checkLength(received, sizeBytes)
  return bytes
}

/** `read`, then what `rest` still has, which is not closed if the reader stops before its end. */
export async function* streamPieces(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  yield* read
  for (;;) {
    const { value, done } = await rest.next()
    if (done) return
    yield value
  }
}
