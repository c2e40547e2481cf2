/** Why a file, or a column of it, is not shown: a clause for its reader. Anything else that is thrown is a bug. */
export class ParquetError extends Error {
  override readonly name = 'ParquetError'
}

/** A place in bytes. Whatever reads from it fails at their end, so no claim of a file reaches further. */
export type ByteCursor = { readonly bytes: Uint8Array; readonly view: DataView; at: number }

export function cursorAt(bytes: Uint8Array, at = 0): ByteCursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at }
}

/** Steps over so many bytes. @returns where they begin */
export function step(cursor: ByteCursor, count: number): number {
  const { at, bytes } = cursor
  if (!(count >= 0 && count <= bytes.length - at)) throw new ParquetError('it ends too early')
  cursor.at = at + count
  return at
}

export function takeBytes(cursor: ByteCursor, count: number): Uint8Array {
  const at = step(cursor, count)
  return cursor.bytes.subarray(at, at + count)
}

export function readByte(cursor: ByteCursor): number {
  return cursor.view.getUint8(step(cursor, 1))
}

export function readUint32(cursor: ByteCursor): number {
  return cursor.view.getUint32(step(cursor, 4), true)
}

/** An unsigned number of up to 32 bits, in groups of 7. */
export function readVarint(cursor: ByteCursor): number {
  let value = 0
  for (let power = 1; power < 2 ** 35; power *= 128) {
    const byte = readByte(cursor)
    value += (byte & 127) * power
    if (byte < 128) return value
  }
  throw new ParquetError('a number in it is too long')
}

export function readVarlong(cursor: ByteCursor): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor)
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return value
  }
  throw new ParquetError('a number in it is too long')
}

/** A signed number: 0, -1, 1, -2 are 0, 1, 2, 3. */
export function readZigzag(cursor: ByteCursor): number {
  const value = readVarint(cursor)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

export function readZigzagLong(cursor: ByteCursor): bigint {
  const value = readVarlong(cursor)
  return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
}

/** Up to 32 bits from the bit at `bitAt`, lowest first. */
export function bitsAt(bytes: Uint8Array, bitAt: number, width: number): number {
  let value = 0
  for (let done = 0; done < width; ) {
    const byte = bytes[Math.floor((bitAt + done) / 8)]
    if (byte === undefined) throw new ParquetError('it ends too early')
    const skipped = (bitAt + done) % 8
    const count = Math.min(8 - skipped, width - done)
    value += ((byte >>> skipped) & (2 ** count - 1)) * 2 ** done
    done += count
  }
  return value
}
