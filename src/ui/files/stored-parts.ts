import type { ArtifactFile } from '../../artifacts/files.ts'
import type { Context } from '../../platform/context.ts'
import { readPart } from './read-part.ts'

/** A part of a file that has several: a tensor, or a file in an archive. */
export type StoredPart = { readonly name: string; readonly about: string; readonly bytes: number }

export type StoredParts = {
  readonly title: string
  /** The first of them. */
  readonly parts: readonly StoredPart[]
  readonly count: number
}

const partsMax = 500
const headerBytesMax = 2_000_000

/** The tensors that the header of a safetensors file tells of. Undefined: it has no such header. */
export async function readTensors(
  ctx: Context,
  file: ArtifactFile,
): Promise<StoredParts | undefined> {
  if (file.sizeBytes < 10) return undefined
  const length = Number(
    viewOf(await readPart(ctx, file, { start: 0, end: 8 })).getBigUint64(0, true),
  )
  if (length > headerBytesMax || 8 + length > file.sizeBytes) return undefined
  const header = headerFrom(await readPart(ctx, file, { start: 8, end: 8 + length }))
  if (header === undefined) return undefined
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__')
  return {
    title: 'Tensors',
    count: tensors.length,
    parts: tensors.slice(0, partsMax).map(([name, tensor]) => tensorFrom(name, tensor)),
  }
}

function headerFrom(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof header === 'object' && header !== null && !Array.isArray(header)
      ? { ...header }
      : undefined
  } catch {
    return undefined
  }
}

function tensorFrom(name: string, tensor: unknown): StoredPart {
  const { dtype, shape, data_offsets } = Object(tensor)
  const [from, to] = Array.isArray(data_offsets) ? data_offsets : []
  const sides = Array.isArray(shape) ? ` [${shape.slice(0, 10).map(Number).join(', ')}]` : ''
  const bytes = Number(to) - Number(from)
  return {
    name,
    about: `${typeof dtype === 'string' ? dtype.slice(0, 20) : ''}${sides}`,
    bytes: Number.isSafeInteger(bytes) ? bytes : 0,
  }
}

/** The end of a ZIP archive: 22 bytes and a comment of up to 64 kB. */
const zipEndMax = 22 + 65_535

/** The files that a ZIP archive lists: models of PyTorch, arrays of NumPy. Undefined: it is none. */
export async function readArchive(
  ctx: Context,
  file: ArtifactFile,
): Promise<StoredParts | undefined> {
  const { sizeBytes } = file
  const tail = await readPart(ctx, file, {
    start: Math.max(0, sizeBytes - zipEndMax),
    end: sizeBytes,
  })
  const view = viewOf(tail)
  let at = tail.length - 22
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--
  if (at < 0) return undefined
  const [count, length, start] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ]
  if (start + length > sizeBytes) return undefined
  const end = start + Math.min(length, headerBytesMax)
  const entries = entriesOf(await readPart(ctx, file, { start, end }))
  return { title: 'Files in the archive', count, parts: entries }
}

function entriesOf(bytes: Uint8Array): StoredPart[] {
  const view = viewOf(bytes)
  const entries: StoredPart[] = []
  let at = 0
  while (at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50) {
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    entries.push({
      name,
      about: view.getUint16(at + 10, true) === 0 ? 'stored' : 'compressed',
      bytes: view.getUint32(at + 24, true),
    })
    if (entries.length === partsMax) break
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return entries
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
