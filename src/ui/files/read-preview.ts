import type { ArtifactFile } from '../../artifacts/files.ts'
import { chunksOf } from '../../core/bytes.ts'
import type { Context } from '../../platform/context.ts'
import { openAudited } from '../../registry/files/damaged-files.ts'
import { parseRows } from './parse-rows.ts'

/** What a page shows of a file; of a large one its beginning. */
export type Preview =
  | { readonly kind: 'image' }
  | { readonly kind: 'text'; readonly text: string; readonly shownBytes: number }
  | {
      readonly kind: 'table'
      /** The first one has the names of the columns. */
      readonly rows: readonly (readonly string[])[]
      readonly shownBytes: number
    }
  | { readonly kind: 'bytes'; readonly hex: string }
  /** It is too large to be shown, or damaged: why. */
  | { readonly kind: 'none'; readonly why: string }

/** As much of a text as a page shows. */
const textBytesMax = 256 * 1024
const imageBytesMax = 20_000_000
const hexBytes = 256

const images = /\.(png|jpe?g|gif|webp|avif|svg)$/i

/** @throws DATA_LOSS its stored bytes are not what was stored */
export async function readPreview(ctx: Context, file: ArtifactFile): Promise<Preview> {
  const { path, sizeBytes } = file
  if (images.test(path)) {
    return sizeBytes <= imageBytesMax
      ? { kind: 'image' }
      : { kind: 'none', why: 'Images of more than 20 MB are not shown' }
  }
  const shownBytes = Math.min(sizeBytes, textBytesMax)
  const bytes = await readStart(ctx, file, shownBytes)
  const text = textFrom(bytes, shownBytes < sizeBytes)
  if (text === undefined) return { kind: 'bytes', hex: hexLines(bytes.subarray(0, hexBytes)) }
  const separator = /\.csv$/i.test(path) ? ',' : /\.tsv$/i.test(path) ? '\t' : undefined
  if (separator !== undefined) {
    return { kind: 'table', rows: parseRows(text, separator), shownBytes }
  }
  const isJson = /\.(json|ipynb)$/i.test(path) && shownBytes === sizeBytes
  return { kind: 'text', text: isJson ? indented(text) : text, shownBytes }
}

async function readStart(ctx: Context, file: ArtifactFile, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count)
  if (count === 0) return bytes
  const range = count < file.sizeBytes ? { start: 0, end: count } : undefined
  let at = 0
  for await (const chunk of chunksOf(await openAudited(ctx, file, range))) {
    bytes.set(chunk.subarray(0, count - at), at)
    at += chunk.byteLength
  }
  return bytes
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

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    // It is shown as it was written, mistakes and all.
    return text
  }
}

function hexLines(bytes: Uint8Array): string {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
  const lines = Array.from({ length: Math.ceil(pairs.length / 16) }, (_, i) =>
    pairs.slice(i * 16, i * 16 + 16).join(' '),
  )
  return lines.join('\n')
}
