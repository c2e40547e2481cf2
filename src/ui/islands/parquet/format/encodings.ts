import {
  type ByteCursor,
  bitsAt,
  cursorAt,
  ParquetError,
  readByte,
  readUint32,
  readVarint,
  readZigzagLong,
  step,
  takeBytes,
} from './cursor.ts'
import { type Leaf, physical } from './schema.ts'

/** A value as it is stored; what it means is said by its leaf. */
export type Raw = boolean | number | bigint | Uint8Array

/** The next value. All decoders give one after another, and decode none that nobody asks for. */
export type Next<Value> = () => Value

/** Runs of one value, and values packed in bits, as levels and places in dictionaries are written. */
export function hybridRuns(bytes: Uint8Array, width: number): Next<number> {
  const cursor = cursorAt(bytes)
  let repeated = 0
  let value = 0
  let packed = 0
  let bitAt = 0
  const begin = () => {
    const head = readVarint(cursor)
    if (head % 2 === 0) {
      repeated = head / 2
      value = takeBytes(cursor, Math.ceil(width / 8)).reduce((sum, b, i) => sum + b * 256 ** i, 0)
      return
    }
    const groups = (head - 1) / 2
    packed = groups * 8
    bitAt = cursor.at * 8
    // The last group may be cut.
    cursor.at = Math.min(cursor.bytes.length, cursor.at + groups * width)
  }
  return () => {
    while (repeated === 0 && packed === 0) begin()
    if (repeated > 0) {
      repeated--
      return value
    }
    packed--
    bitAt += width
    return bitsAt(bytes, bitAt - width, width)
  }
}

const widths: Readonly<Record<number, number>> = {
  [physical.int32]: 4,
  [physical.int64]: 8,
  [physical.int96]: 12,
  [physical.float]: 4,
  [physical.double]: 8,
}

function widthOf({ type, typeLength }: Leaf): number {
  return type === physical.fixed ? typeLength : (widths[type] ?? 0)
}

function plainValues(cursor: ByteCursor, leaf: Leaf): Next<Raw> {
  let bit = 0
  if (leaf.type === physical.boolean) {
    return () => bitsAt(cursor.bytes, cursor.at * 8 + bit++, 1) === 1
  }
  if (leaf.type === physical.bytes) return () => takeBytes(cursor, readUint32(cursor))
  return () => readFixed(cursor, leaf)
}

function readFixed(cursor: ByteCursor, leaf: Leaf): Raw {
  const { view } = cursor
  const at = step(cursor, widthOf(leaf))
  switch (leaf.type) {
    case physical.int32:
      return view.getInt32(at, true)
    case physical.int64:
      return view.getBigInt64(at, true)
    case physical.float:
      return view.getFloat32(at, true)
    case physical.double:
      return view.getFloat64(at, true)
    case physical.int96:
    case physical.fixed:
      return cursor.bytes.subarray(at, cursor.at)
    default:
      throw new ParquetError('its values are of a kind that is not read here')
  }
}

/** Finds a value of a dictionary by its place. */
export type Dictionary = (place: number) => Raw

export function dictionaryOf(bytes: Uint8Array, leaf: Leaf): Dictionary {
  const cursor = cursorAt(bytes)
  const width = widthOf(leaf)
  if (width > 0) return (place) => readFixed(cursorAt(bytes, place * width), leaf)
  const starts = [0]
  return (place) => {
    while (starts.length <= place) {
      cursor.at = starts.at(-1) ?? 0
      step(cursor, readUint32(cursor))
      starts.push(cursor.at)
    }
    cursor.at = starts[place] ?? 0
    return takeBytes(cursor, readUint32(cursor))
  }
}

/** Differences from one whole number to the next, packed in bits. */
function deltaNumbers(cursor: ByteCursor, bits: 32 | 64): Next<bigint> {
  const { perMini, minis, first } = readDeltaHead(cursor)
  let value = first
  let isFirst = true
  let [smallest, miniAt, left, bitAt, width] = [0n, minis, 0, 0, 0]
  let miniWidths = new Uint8Array()
  const begin = () => {
    if (miniAt === minis) {
      smallest = readZigzagLong(cursor)
      miniWidths = new Uint8Array(takeBytes(cursor, minis))
      miniAt = 0
    }
    width = miniWidths[miniAt++] ?? 0
    if (width > 64) throw new ParquetError('its values are damaged')
    bitAt = cursor.at * 8
    cursor.at += (perMini * width) / 8
    left = perMini
  }
  return () => {
    if (isFirst) {
      isFirst = false
      return value
    }
    if (left === 0) begin()
    left--
    const low = bitsAt(cursor.bytes, bitAt, Math.min(32, width))
    const high = width > 32 ? bitsAt(cursor.bytes, bitAt + 32, width - 32) : 0
    bitAt += width
    value = BigInt.asIntN(bits, value + smallest + BigInt(low) + (BigInt(high) << 32n))
    return value
  }
}

function readDeltaHead(cursor: ByteCursor) {
  const [perBlock, minis, count] = [readVarint(cursor), readVarint(cursor), readVarint(cursor)]
  const perMini = perBlock / minis
  if (!(perMini >= 8 && perMini % 8 === 0)) throw new ParquetError('its values are damaged')
  return { perMini, minis, count, first: readZigzagLong(cursor) }
}

/** The numbers from here on, and the cursor behind all of them. */
function deltaLengths(cursor: ByteCursor): Next<number> {
  const next = deltaNumbers(cursorAt(cursor.bytes, cursor.at), 32)
  const { perMini, minis, count } = readDeltaHead(cursor)
  for (let left = count - 1; left > 0; ) {
    readZigzagLong(cursor)
    for (const width of takeBytes(cursor, minis)) {
      if (left > 0) step(cursor, (perMini * width) / 8)
      left -= perMini
    }
  }
  return () => Number(next())
}

/** A text of one page; such texts repeat the beginning of the one before. */
const joinedBytesMax = 4_000_000

/** Texts, each by how much of the one before it begins with. */
function deltaTexts(cursor: ByteCursor): Next<Raw> {
  const prefixes = deltaLengths(cursor)
  const lengths = deltaLengths(cursor)
  let last = new Uint8Array()
  return () => {
    const [prefix, length] = [prefixes(), lengths()]
    const rest = takeBytes(cursor, length)
    if (!(prefix >= 0 && prefix <= last.length)) throw new ParquetError('its values are damaged')
    if (prefix + length > joinedBytesMax) throw new ParquetError('its values are too long')
    const joined = new Uint8Array(prefix + length)
    joined.set(last.subarray(0, prefix))
    joined.set(rest, prefix)
    last = joined
    return joined
  }
}

/** The first bytes of all values, then the second ones. */
function splitValues(bytes: Uint8Array, leaf: Leaf): Next<Raw> {
  const width = widthOf(leaf)
  const count = bytes.length / width
  let at = 0
  return () => {
    if (at >= count) throw new ParquetError('it ends too early')
    const one = Uint8Array.from({ length: width }, (_, i) => bytes[i * count + at] ?? 0)
    at++
    return readFixed(cursorAt(one), leaf)
  }
}

type Encoded = {
  readonly encoding: number
  readonly leaf: Leaf
  readonly dictionary: Dictionary | undefined
}

/** The values of a page, without those that are absent. @param bytes of nothing else */
export function valuesOf(bytes: Uint8Array, { encoding, leaf, dictionary }: Encoded): Next<Raw> {
  const cursor = cursorAt(bytes)
  switch (encoding) {
    case 0:
      return plainValues(cursor, leaf)
    case 2:
    case 8: {
      if (!dictionary) throw new ParquetError('its dictionary is missing')
      const width = readByte(cursor)
      if (width > 32) throw new ParquetError('its values are damaged')
      const places = hybridRuns(bytes.subarray(1), width)
      return () => dictionary(places())
    }
    case 3: {
      const runs = hybridRuns(takeBytes(cursor, readUint32(cursor)), 1)
      return () => runs() === 1
    }
    case 5: {
      const isLong = leaf.type === physical.int64
      const numbers = deltaNumbers(cursor, isLong ? 64 : 32)
      return isLong ? numbers : () => Number(numbers())
    }
    case 6: {
      const lengths = deltaLengths(cursor)
      return () => takeBytes(cursor, lengths())
    }
    case 7:
      return deltaTexts(cursor)
    case 9:
      return splitValues(bytes, leaf)
    default:
      throw new ParquetError(`its values are in encoding ${encoding}, which is not read here`)
  }
}
