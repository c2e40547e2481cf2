import { decompress } from 'fzstd'
import {
  type ByteCursor,
  cursorAt,
  ParquetError,
  readByte,
  readVarint,
  takeBytes,
} from './cursor.ts'

const names = ['none', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4 of Hadoop', 'Zstandard', 'LZ4']

/** How a chunk is compressed, in words. */
export function codecText(codec: number): string {
  return names[codec] ?? `codec ${codec}`
}

type Codec = (bytes: Uint8Array, sizeBytes: number) => Uint8Array | Promise<Uint8Array>

const codecs: Readonly<Record<number, Codec>> = {
  0: (bytes) => bytes,
  1: unpackSnappy,
  2: unpackGzip,
  // The library fills what it is given, and never makes as much as a frame claims.
  6: (bytes, sizeBytes) => decompress(bytes, new Uint8Array(sizeBytes)),
  7: unpackLz4,
}

/** @param sizeBytes what it has then; nothing more is ever made of it */
export async function unpack(
  bytes: Uint8Array,
  { codec, sizeBytes }: { readonly codec: number; readonly sizeBytes: number },
): Promise<Uint8Array> {
  const read = codecs[codec]
  if (!read)
    throw new ParquetError(`it is compressed by ${codecText(codec)}, which is not read here`)
  const unpacked = await damageAs(async () => read(bytes, sizeBytes))
  if (unpacked.length !== sizeBytes) throw damaged()
  return unpacked
}

function damaged(): ParquetError {
  return new ParquetError('its compressed bytes are damaged')
}

/** Whatever the browser or a library throws at such bytes. */
async function damageAs<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (err) {
    throw err instanceof ParquetError ? err : damaged()
  }
}

async function unpackGzip(bytes: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  const unpacked = new Uint8Array(sizeBytes)
  const stream = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
  const reader = stream.getReader()
  let at = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (part.value.length > sizeBytes - at) {
      await reader.cancel()
      throw damaged()
    }
    unpacked.set(part.value, at)
    at += part.value.length
  }
  return unpacked.subarray(0, at)
}

/** What grows in an array that is as long as it may get. */
type Output = { readonly bytes: Uint8Array; at: number }

function append(output: Output, bytes: Uint8Array): void {
  if (bytes.length > output.bytes.length - output.at) throw damaged()
  output.bytes.set(bytes, output.at)
  output.at += bytes.length
}

/** What stands `distance` before the end, once more; the copy may reach into itself. */
function repeat({ bytes, at }: Output, distance: number, length: number): number {
  if (distance < 1 || distance > at || length > bytes.length - at) throw damaged()
  for (let i = at; i < at + length; i++) bytes[i] = bytes[i - distance] ?? 0
  return at + length
}

function unpackSnappy(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const cursor = cursorAt(bytes)
  if (readVarint(cursor) !== sizeBytes) throw damaged()
  const output: Output = { bytes: new Uint8Array(sizeBytes), at: 0 }
  while (cursor.at < bytes.length) {
    const tag = readByte(cursor)
    const size = tag >> 2
    switch (tag & 3) {
      case 0: {
        const length = size < 60 ? size : readLittle(cursor, size - 59)
        append(output, takeBytes(cursor, length + 1))
        break
      }
      case 1:
        output.at = repeat(output, (tag >> 5) * 256 + readByte(cursor), (size & 7) + 4)
        break
      default:
        output.at = repeat(output, readLittle(cursor, (tag & 3) === 2 ? 2 : 4), size + 1)
    }
  }
  return output.bytes.subarray(0, output.at)
}

function readLittle(cursor: ByteCursor, count: number): number {
  return takeBytes(cursor, count).reduce((sum, byte, i) => sum + byte * 256 ** i, 0)
}

function unpackLz4(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const cursor = cursorAt(bytes)
  const output: Output = { bytes: new Uint8Array(sizeBytes), at: 0 }
  while (cursor.at < bytes.length) {
    const token = readByte(cursor)
    append(output, takeBytes(cursor, readLength(cursor, token >> 4)))
    // The last piece has nothing to repeat.
    if (cursor.at === bytes.length) break
    const distance = readLittle(cursor, 2)
    output.at = repeat(output, distance, readLength(cursor, token & 15) + 4)
  }
  return output.bytes.subarray(0, output.at)
}

function readLength(cursor: ByteCursor, half: number): number {
  let length = half
  if (half === 15) {
    for (let more = 255; more === 255; length += more) more = readByte(cursor)
  }
  return length
}
