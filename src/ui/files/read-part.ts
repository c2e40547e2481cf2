import type { ArtifactFile } from '../../artifacts/files.ts'
import { chunksOf } from '../../core/bytes.ts'
import type { Context } from '../../platform/context.ts'
import { openAudited } from '../../registry/files/damaged-files.ts'

/** As much of a text as a page shows. */
export const textBytesMax = 256 * 1024
/** As much of its end as a link leads to. */
export const endBytes = 64 * 1024

/** Bytes from `start` to before `end`. @throws DATA_LOSS its stored bytes are not what was stored */
export async function readPart(
  ctx: Context,
  file: ArtifactFile,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, end - start))
  if (bytes.length === 0) return bytes
  const range = start > 0 || end < file.sizeBytes ? { start, end } : undefined
  let at = 0
  for await (const chunk of chunksOf(await openAudited(ctx, file, range))) {
    bytes.set(chunk.subarray(0, bytes.length - at), at)
    at += chunk.byteLength
  }
  return bytes
}

/** A part of a text, whole lines where it has some. */
export type TextPart = {
  readonly text: string
  /** Where it begins in the file, and where the rest does. */
  readonly start: number
  readonly end: number
}

/** Undefined: it is no text. @param from where it begins; below 0: so far from the end */
export async function readTextPart(
  ctx: Context,
  file: ArtifactFile,
  from: number,
): Promise<TextPart | undefined> {
  const { sizeBytes } = file
  const start = Math.min(sizeBytes, Math.max(0, from < 0 ? sizeBytes + from : from))
  const end = Math.min(sizeBytes, start + textBytesMax)
  const bytes = await readPart(ctx, file, { start, end })
  const first = start === 0 ? 0 : beginningOf(bytes, from < 0)
  const last = end === sizeBytes ? bytes.length : lineEndOf(bytes)
  const text = textFrom(bytes.subarray(first, last), end < sizeBytes)
  return text === undefined ? undefined : { text, start: start + first, end: start + last }
}

/** Behind the end of a line that was cut or, where there is none, of a character. */
function beginningOf(bytes: Uint8Array, isCut: boolean): number {
  const line = isCut ? bytes.indexOf(newline) + 1 : 0
  if (line > 0) return line
  return bytes.subarray(0, 4).findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000)
}

const newline = 10

function lineEndOf(bytes: Uint8Array): number {
  const line = bytes.lastIndexOf(newline) + 1
  return line > 0 ? line : bytes.length
}

/** Undefined: it is no text. The last character of a part may be cut. */
function textFrom(bytes: Uint8Array, isPart: boolean): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes, {
      stream: isPart,
    })
  } catch {
    return undefined
  }
}
