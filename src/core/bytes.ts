/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** URL-safe base64 without padding, of the UTF-8 of `text`. */
export function toBase64Url(text: string): string {
  return toBase64UrlBytes(new TextEncoder().encode(text))
}

/** URL-safe base64 without padding. */
export function toBase64UrlBytes(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** The text that `toBase64Url` encoded, or undefined when `encoded` is not base64 or not UTF-8. */
export function fromBase64Url(encoded: string): string | undefined {
  const bytes = fromBase64UrlBytes(encoded)
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The bytes that `toBase64UrlBytes` encoded, or undefined when `encoded` is not base64. */
export function fromBase64UrlBytes(encoded: string): Uint8Array<ArrayBuffer> | undefined {
  return decodeSixBits(encoded, urlSafeValues)
}

/** The bytes that `toBase64` encoded, or undefined when `encoded` is not base64. */
export function fromBase64(encoded: string): Uint8Array<ArrayBuffer> | undefined {
  return decodeSixBits(encoded, anyValues)
}

const notBase64 = 255
const urlSafeValues = valuesOf('-_')
/** Of both alphabets. */
const anyValues = valuesOf('-_', '+/')

/** By the code of a character, which six bits it stands for. */
function valuesOf(...lastTwo: readonly string[]): Uint8Array {
  const values = new Uint8Array(128).fill(notBase64)
  for (const two of lastTwo) {
    const alphabet = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${two}`
    for (let i = 0; i < alphabet.length; i += 1) values[alphabet.charCodeAt(i)] = i
  }
  return values
}

/** By hand, since `atob` makes a text of the bytes, and histories and traces lie in the database as this. */
function decodeSixBits(encoded: string, values: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  let end = encoded.length
  while (encoded.charCodeAt(end - 1) === 0x3d) end -= 1
  if (end % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let seen = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < end; i += 1) {
    const value = values[encoded.charCodeAt(i)] ?? notBase64
    seen |= value
    bits = (bits << 6) | value
    // The first character of four ends no byte.
    const place = i % 4
    if (place > 0) bytes[at++] = bits >> (6 - 2 * place)
  }
  return seen >= 64 ? undefined : bytes
}

/** The UTF-8 of `text`. `TextEncoder` makes an own buffer, which the types of Workers do not say. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
}

/** `parts` one after another. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

/** `bytes` as a stream of one chunk. */
export async function* streamBytes(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const blockBytes = 256 * 1024

/**
 * The bytes of a stream as they come. The streams of workerd itself give 4 kB at a time, each of which
 * costs a turn and a call of the hash; they are read in blocks of 256 kB, at a fifth of the CPU time.
 *
 * @param sizeBytes how many there are, where that is known: a short stream takes a short block
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  sizeBytes = blockBytes,
): AsyncGenerator<Uint8Array> {
  const reader = blockReaderOf(stream)
  // Every runtime's streams can be iterated; the DOM's types alone do not know.
  if (!reader) return yield* stream as unknown as AsyncIterable<Uint8Array>
  const size = Math.max(1, Math.min(sizeBytes, blockBytes))
  // The read that fails says so; this promise fails beside it.
  reader.closed.catch(() => undefined)
  let isOver = false
  try {
    while (!isOver) {
      const { done, value } = await reader.readAtLeast(size, new Uint8Array(size)).catch((err) => {
        isOver = true
        throw err
      })
      isOver = done
      if (value && value.byteLength > 0) yield value
    }
  } finally {
    if (!isOver) await reader.cancel()
  }
}

/** `chunks` as a web stream. Cancelling the stream ends them, which closes what they read from. */
export function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return(undefined)
      },
    },
    // Chunks read ahead would only take memory; the stream below has a buffer of its own.
    { highWaterMark: 0 },
  )
}

type BlockReader = ReadableStreamBYOBReader & {
  readAtLeast(bytes: number, into: Uint8Array): Promise<ReadableStreamReadResult<Uint8Array>>
}

/** A reader that fills whole blocks, which workerd has for streams that no script made. */
function blockReaderOf(stream: ReadableStream<Uint8Array>): BlockReader | undefined {
  if (!('ReadableStreamBYOBReader' in globalThis)) return undefined
  if (!('readAtLeast' in ReadableStreamBYOBReader.prototype)) return undefined
  try {
    return stream.getReader({ mode: 'byob' }) as BlockReader
  } catch (err) {
    if (err instanceof TypeError) return undefined
    throw err
  }
}

/** The bytes that lower-case hex spells. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** `count` bytes that nobody can guess. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count))
}

/** 32 hex digits as a UUID is written. */
export function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
