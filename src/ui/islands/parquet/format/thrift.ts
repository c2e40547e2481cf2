import {
  type ByteCursor,
  ParquetError,
  readByte,
  readVarint,
  readVarlong,
  readZigzag,
  readZigzagLong,
  step,
  takeBytes,
} from './cursor.ts'

/**
 * Thrift's compact protocol, in which Parquet writes what it says of itself. Only fields that are asked for are kept. Lists are
 * walked, never made as long as they say, and each element of one takes a byte at least: so what a file
 * claims costs no more than the bytes that it has.
 */
const [isTrue, isFalse, byte, i16, i32, i64, double, binary] = [1, 2, 3, 4, 5, 6, 7, 8] as const
const [list, set, map, struct, uuid] = [9, 10, 11, 12, 13] as const

type Field = {
  readonly types: readonly number[]
  readonly read: (cursor: ByteCursor, type: number) => void
}

/** What to do with each field that is wanted, by its number; all others are stepped over. */
export type StructFields = Readonly<Record<number, Field>>

export function readStruct(cursor: ByteCursor, fields: StructFields): void {
  for (let id = 0; ; ) {
    const head = readByte(cursor)
    const type = head % 16
    if (type === 0) return
    id = head < 16 ? readZigzag(cursor) : id + (head >> 4)
    const field = fields[id]
    if (field === undefined) skip(cursor, type, 0)
    else if (field.types.includes(type)) field.read(cursor, type)
    else throw new ParquetError('its description is damaged')
  }
}

export function intField(take: (value: number) => void): Field {
  return { types: [i16, i32], read: (cursor) => take(readZigzag(cursor)) }
}

/** A number of bytes, values or rows, or a place: never below 0. */
export function countField(take: (value: number) => void): Field {
  return {
    types: [i32, i64],
    read: (cursor) => {
      const value = Number(readZigzagLong(cursor))
      if (value < 0 || !Number.isSafeInteger(value)) {
        throw new ParquetError('its description is damaged')
      }
      take(value)
    },
  }
}

export function byteField(take: (value: number) => void): Field {
  return { types: [byte], read: (cursor) => take(readByte(cursor)) }
}

export function boolField(take: (value: boolean) => void): Field {
  return { types: [isTrue, isFalse], read: (_, type) => take(type === isTrue) }
}

export function textField(take: (value: string) => void): Field {
  return {
    types: [binary],
    read: (cursor) => take(new TextDecoder().decode(takeBytes(cursor, readVarint(cursor)))),
  }
}

/** @param read reads all of the struct */
export function structField(read: (cursor: ByteCursor) => void): Field {
  return { types: [struct], read }
}

/** @param readOne reads all of one struct of the list, which says that it has `count` */
export function structsField(
  readOne: (cursor: ByteCursor, at: number, count: number) => void,
): Field {
  return {
    types: [list],
    read: (cursor) => {
      const { type, count } = readListHead(cursor)
      if (type !== struct && count > 0) throw new ParquetError('its description is damaged')
      for (let i = 0; i < count; i++) readOne(cursor, i, count)
    },
  }
}

function readListHead(cursor: ByteCursor): { readonly type: number; readonly count: number } {
  const head = readByte(cursor)
  return { type: head % 16, count: head < 240 ? head >> 4 : readVarint(cursor) }
}

/** Deeper than anything that Parquet writes. */
const depthMax = 32

function skip(cursor: ByteCursor, type: number, depth: number): void {
  if (depth > depthMax) throw new ParquetError('its description is nested too deep')
  switch (type) {
    case isTrue:
    case isFalse:
      return
    case byte:
      step(cursor, 1)
      return
    case i16:
    case i32:
    case i64:
      readVarlong(cursor)
      return
    case double:
      step(cursor, 8)
      return
    case binary:
      step(cursor, readVarint(cursor))
      return
    case list:
    case set:
      skipList(cursor, depth)
      return
    case map:
      skipMap(cursor, depth)
      return
    case struct:
      skipStruct(cursor, depth)
      return
    case uuid:
      step(cursor, 16)
      return
    default:
      throw new ParquetError('its description is damaged')
  }
}

function skipStruct(cursor: ByteCursor, depth: number): void {
  for (;;) {
    const head = readByte(cursor)
    if (head % 16 === 0) return
    if (head < 16) readVarlong(cursor)
    skip(cursor, head % 16, depth + 1)
  }
}

function skipList(cursor: ByteCursor, depth: number): void {
  const { type, count } = readListHead(cursor)
  for (let i = 0; i < count; i++) skipElement(cursor, type, depth)
}

function skipMap(cursor: ByteCursor, depth: number): void {
  const count = readVarint(cursor)
  const types = count === 0 ? 0 : readByte(cursor)
  for (let i = 0; i < count; i++) {
    skipElement(cursor, types >> 4, depth)
    skipElement(cursor, types % 16, depth)
  }
}

/** In lists a truth value has a byte of its own. */
function skipElement(cursor: ByteCursor, type: number, depth: number): void {
  skip(cursor, type === isTrue || type === isFalse ? byte : type, depth + 1)
}
