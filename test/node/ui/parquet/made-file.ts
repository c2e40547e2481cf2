/** A value of Thrift's compact protocol with its type: how files say what no writer would. */
export type Thrift = { readonly type: number; readonly bytes: readonly number[] }

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

export function int(value: number): Thrift {
  return { type: 5, bytes: varint(value < 0 ? -2 * value - 1 : 2 * value) }
}

export function long(value: number): Thrift {
  return { ...int(value), type: 6 }
}

export function text(value: string): Thrift {
  const bytes = [...new TextEncoder().encode(value)]
  return { type: 8, bytes: [...varint(bytes.length), ...bytes] }
}

/** @param claimed how many it says there are */
export function list(items: readonly Thrift[], claimed = items.length, type = 12): Thrift {
  const body = items.flatMap(({ bytes }) => bytes)
  return { type: 9, bytes: [240 + type, ...varint(claimed), ...body] }
}

export function struct(fields: Readonly<Record<number, Thrift>>): Thrift {
  const written = Object.entries(fields).flatMap(([id, { type, bytes }]) => [
    type,
    ...int(Number(id)).bytes,
    ...bytes,
  ])
  return { type: 12, bytes: [...written, 0] }
}

/** A file of this content, and this description at its end. */
export function fileOf(
  body: readonly number[],
  footer: Thrift,
  claimed = footer.bytes.length,
): Uint8Array<ArrayBuffer> {
  const length = [0, 8, 16, 24].map((shift) => (claimed >>> shift) & 255)
  const magic = [...new TextEncoder().encode('PAR1')]
  const parts = [magic, body, footer.bytes, length, magic]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

type Claims = {
  /** 1 is int32, 2 int64, 6 bytes; 0 absent, 1 optional, 2 repeated. */
  readonly type?: number
  readonly repetition?: number
  readonly rows?: number
  readonly codec?: number
  /** Of the chunk, and where it begins. */
  readonly sizeBytes?: number
  readonly dataAt?: number
  readonly dictionaryAt?: number
}

/** A file with one column `x`, whose pages are `body`. */
export function columnFile(body: readonly number[], claims: Claims = {}): Uint8Array<ArrayBuffer> {
  const { type = 1, repetition = 1, rows = 200, codec = 0, dictionaryAt } = claims
  const { sizeBytes = body.length, dataAt = 4 } = claims
  const places = struct({
    1: int(type),
    3: list([text('x')], 1, 8),
    4: int(codec),
    5: long(rows),
    6: long(body.length),
    7: long(sizeBytes),
    9: long(dataAt),
    ...(dictionaryAt !== undefined && { 11: long(dictionaryAt) }),
  })
  const group = struct({ 1: list([struct({ 2: long(4), 3: places })]), 2: long(1), 3: long(rows) })
  const schema = [
    struct({ 4: text('schema'), 5: int(1) }),
    struct({ 1: int(type), 3: int(repetition), 4: text('x') }),
  ]
  return fileOf(body, struct({ 1: int(1), 2: list(schema), 3: long(rows), 4: list([group]) }))
}

type PageClaims = {
  readonly values?: number
  readonly encoding?: number
  /** Once it is unpacked. */
  readonly sizeBytes?: number
  readonly packedBytes?: number
  readonly isDictionary?: boolean
}

/** A page of the first version. */
export function pageOf(body: readonly number[], claims: PageClaims = {}): number[] {
  const { values = 200, encoding = 0, isDictionary = false } = claims
  const { sizeBytes = body.length, packedBytes = body.length } = claims
  const about = struct({ 1: int(values), 2: int(encoding), 3: int(3), 4: int(3) })
  const head = struct({
    1: int(isDictionary ? 2 : 0),
    2: int(sizeBytes),
    3: int(packedBytes),
    [isDictionary ? 7 : 5]: about,
  })
  return [...head.bytes, ...body]
}

/** Levels as a page of the first version has them: their length, and one run. */
export function levelsOf(level: number, count: number): number[] {
  const run = [...varint(count * 2), level]
  return [run.length, 0, 0, 0, ...run]
}
