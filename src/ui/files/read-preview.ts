import type { ArtifactFile } from '../../artifacts/files.ts'
import type { Context } from '../../platform/context.ts'
import { readYaml } from '../../registry/model-files/read-yaml.ts'
import { modelFacts } from './model-facts.ts'
import { parseRows } from './parse-rows.ts'
import { markupBytesMax, markupNames } from './read-markup.ts'
import { type Notebook, readNotebook } from './read-notebook.ts'
import { readPart, readTextPart, type TextPart } from './read-part.ts'
import { scriptHostsOf } from './sandboxed-frame.tsx'
import { readArchive, readTensors, type StoredParts } from './stored-parts.ts'
import { parseJson } from './tree.tsx'

/** What a page shows of a file; of a large one a part. */
export type Preview =
  | { readonly kind: 'image' }
  | { readonly kind: 'media'; readonly of: 'audio' | 'video' }
  | ({ readonly kind: 'text' } & TextPart)
  | {
      readonly kind: 'markup'
      readonly part: TextPart
      /** Where it asks for scripts, in vain. */
      readonly hosts: readonly string[]
    }
  | { readonly kind: 'notebook'; readonly notebook: Notebook }
  | {
      readonly kind: 'table'
      /** The first one has the names of the columns. */
      readonly rows: readonly (readonly string[])[]
      readonly part: TextPart
    }
  | {
      readonly kind: 'tree'
      readonly value: unknown
      readonly facts: readonly (readonly [string, string])[]
      /** The same as lines. */
      readonly text: string
    }
  | { readonly kind: 'parts'; readonly stored: StoredParts }
  /** The browser reads it. */
  | { readonly kind: 'parquet' }
  | { readonly kind: 'bytes'; readonly hex: string }
  /** It is too large to be shown, or damaged: why. */
  | { readonly kind: 'none'; readonly why: string }

const imageBytesMax = 20_000_000
const hexBytes = 256

const images = /\.(png|jpe?g|gif|webp|avif|svg)$/i
const media = [
  ['audio', /\.(mp3|wav)$/i],
  ['video', /\.(mp4|webm)$/i],
] as const

/** @param from where the part of a text begins; below 0: so far from its end @throws DATA_LOSS its stored bytes are not what was stored */
export async function readPreview(
  ctx: Context,
  file: ArtifactFile,
  from: number,
): Promise<Preview> {
  const { path, sizeBytes } = file
  if (images.test(path)) {
    return sizeBytes <= imageBytesMax
      ? { kind: 'image' }
      : { kind: 'none', why: 'Images of more than 20 MB are not shown' }
  }
  const playable = media.find(([, names]) => names.test(path))
  if (playable) return { kind: 'media', of: playable[0] }
  const notebook = from === 0 ? await readNotebook(ctx, file) : undefined
  if (notebook) return { kind: 'notebook', notebook }
  const part = await readTextPart(ctx, file, from)
  return part === undefined ? readBytes(ctx, file) : readText(path, part, sizeBytes)
}

/** What the name says that it is, of a file that is no text. Nothing is ever loaded. */
async function readBytes(ctx: Context, file: ArtifactFile): Promise<Preview> {
  const end = Math.min(file.sizeBytes, hexBytes)
  const bytes = await readPart(ctx, file, { start: 0, end })
  const magic = String.fromCharCode(...bytes.subarray(0, 4))
  if (magic === 'PAR1' || magic === 'PARE') return { kind: 'parquet' }
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b
  const stored = /\.safetensors$/i.test(file.path)
    ? await readTensors(ctx, file)
    : isArchive
      ? await readArchive(ctx, file)
      : undefined
  return stored ? { kind: 'parts', stored } : { kind: 'bytes', hex: hexLines(bytes) }
}

async function readText(path: string, part: TextPart, sizeBytes: number): Promise<Preview> {
  const separator = /\.csv$/i.test(path) ? ',' : /\.tsv$/i.test(path) ? '\t' : undefined
  if (separator !== undefined && part.start === 0) {
    return { kind: 'table', rows: parseRows(part.text, separator), part }
  }
  if (markupNames.test(path) && sizeBytes <= markupBytesMax) {
    return { kind: 'markup', part, hosts: scriptHostsOf(part.text) }
  }
  const isWhole = part.start === 0 && part.end === sizeBytes
  const tree = isWhole ? await readTree(path, part.text) : undefined
  return tree ?? { kind: 'text', ...part }
}

/** Undefined: it is neither JSON nor YAML, or has a mistake, and is shown as it was written. */
async function readTree(path: string, text: string): Promise<Preview | undefined> {
  if (/\.(json|ipynb)$/i.test(path)) return treeOfJson(text)
  const isModel = /(^|\/)MLmodel$/.test(path)
  if (!isModel && !/\.ya?ml$/i.test(path)) return undefined
  const yaml = await readYaml(text)
  return 'problem' in yaml
    ? undefined
    : { kind: 'tree', value: yaml.value, facts: isModel ? modelFacts(yaml.value) : [], text }
}

function treeOfJson(text: string): Preview | undefined {
  try {
    const value = parseJson(text)
    return { kind: 'tree', value, facts: [], text: indented(value) ?? text }
  } catch {
    return undefined
  }
}

/** Undefined: JSON of such numbers, or so deep, cannot be written anew. */
function indented(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, null, 2)
  } catch {
    return undefined
  }
}

function hexLines(bytes: Uint8Array): string {
  const lines = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
    const row = [...bytes.subarray(i * 16, i * 16 + 16)]
    const pairs = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const chars = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'))
    return `${(i * 16).toString(16).padStart(4, '0')}  ${pairs.padEnd(47)}  ${chars.join('')}`
  })
  return lines.join('\n')
}
