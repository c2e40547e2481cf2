import { ParquetError } from './cursor.ts'
import type { Entries, Entry } from './leaf-entries.ts'
import { elementOf, isMeasured, type Leaf, leavesOf, type ParquetColumn, pairOf } from './schema.ts'
import { valueText } from './value-text.ts'

/** The text of a cell; null: it has no value. */
export type Cell = string | null

/** How long the text of a cell gets, about. */
const charsMax = 600

/** The entries of one leaf, and how far they are read. */
type Stream = { readonly leaf: Leaf; readonly entries: readonly Entry[]; at: number }

/** What is read of one column: a reader of each leaf, in their order. */
type Streams = readonly Stream[]

/** A cell for each row of a column. @param read the entries of its leaves, in their order */
export function cellsOf(column: ParquetColumn, read: readonly Entries[]): Cell[] {
  const streams = leavesOf(column).map((leaf, i) => ({
    leaf,
    entries: read[i]?.entries ?? [],
    at: 0,
  }))
  const count = Math.min(...read.map(({ rowCount }) => rowCount))
  return Array.from({ length: count }, () => {
    const writer: Writer = { text: '', isNested: false }
    const isThere = writeColumn(writer, column, streams)
    return isThere ? writer.text : null
  })
}

/** What is written so far. Beyond its bound nothing is added, and all is still read. */
type Writer = { text: string; isNested: boolean }

function write(writer: Writer, text: string): void {
  if (writer.text.length < charsMax) writer.text += text
}

/** Writes what stands there once. @returns whether there is a value */
function writeColumn(writer: Writer, column: ParquetColumn, streams: Streams): boolean {
  if (column.isRepeated) return writeRepeated(writer, { column, streams, write: writeOne })
  if (column.isOptional && entryAt(streams).definition < column.definition) {
    skipEntry(streams)
    if (writer.isNested) write(writer, 'null')
    return false
  }
  return writeOne(writer, column, streams)
}

function writeOne(writer: Writer, column: ParquetColumn, streams: Streams): boolean {
  if (column.leaf) return writeValue(writer, streams)
  const wasNested = writer.isNested
  writer.isNested = true
  writeGroup(writer, column, streams)
  writer.isNested = wasNested
  return true
}

function writeGroup(writer: Writer, column: ParquetColumn, streams: Streams): void {
  const [inner] = column.children
  const element = column.form === 'list' ? elementOf(column) : undefined
  const pair = column.form === 'map' ? pairOf(column) : undefined
  if (inner && element) {
    const writeElement = element === inner ? writeOne : writeColumn
    writeRepeated(writer, {
      column: inner,
      streams,
      write: (to, _, from) => writeElement(to, element, from),
    })
  } else if (inner && pair) {
    const [key, value] = pair
    const keyLeaves = leavesOf(key).length
    writeRepeated(writer, {
      column: inner,
      streams,
      brackets: '{}',
      write: (to, _, from) => {
        writeColumn(to, key, from.slice(0, keyLeaves))
        write(to, ': ')
        return writeColumn(to, value, from.slice(keyLeaves))
      },
    })
  } else writeStruct(writer, column, streams)
}

function writeStruct(writer: Writer, { children }: ParquetColumn, streams: Streams): void {
  write(writer, '{')
  let at = 0
  for (const [i, child] of children.entries()) {
    const count = leavesOf(child).length
    write(writer, `${i === 0 ? '' : ', '}${JSON.stringify(child.name)}: `)
    writeColumn(writer, child, streams.slice(at, at + count))
    at += count
  }
  write(writer, '}')
}

type Repeated = {
  readonly column: ParquetColumn
  readonly streams: Streams
  readonly brackets?: string
  readonly write: (writer: Writer, column: ParquetColumn, streams: Streams) => boolean
}

/** All that stands there, which may be nothing. */
function writeRepeated(writer: Writer, { column, streams, ...how }: Repeated): boolean {
  const [open = '[', close = ']'] = how.brackets ?? '[]'
  const wasNested = writer.isNested
  writer.isNested = true
  write(writer, open)
  if (entryAt(streams).definition < column.definition) skipEntry(streams)
  else {
    how.write(writer, column, streams)
    while (nextRepetition(streams) === column.repetition) {
      write(writer, ', ')
      how.write(writer, column, streams)
    }
  }
  write(writer, close)
  writer.isNested = wasNested
  return true
}

function writeValue(writer: Writer, streams: Streams): boolean {
  const { value } = entryAt(streams)
  const leaf = streams[0]?.leaf
  skipEntry(streams)
  if (value === undefined || !leaf) throw new ParquetError('its levels are damaged')
  const text = valueText(value, leaf)
  const isBare = !writer.isNested || isMeasured(leaf)
  write(writer, isBare ? text : JSON.stringify(text))
  return true
}

/** Where the first of the leaves stands; the others agree with it in what they share. */
function entryAt([first]: Streams): Entry {
  const entry = first?.entries[first.at]
  if (!entry) throw new ParquetError('its columns do not fit each other')
  return entry
}

function nextRepetition([first]: Streams): number | undefined {
  return first?.entries[first.at]?.repetition
}

function skipEntry(streams: Streams): void {
  for (const stream of streams) {
    if (stream.at >= stream.entries.length) {
      throw new ParquetError('its columns do not fit each other')
    }
    stream.at++
  }
}
