import { type ByteCursor, cursorAt, ParquetError } from './cursor.ts'
import {
  boolField,
  byteField,
  countField,
  intField,
  readStruct,
  type StructFields,
  structField,
  structsField,
  textField,
} from './thrift.ts'

/** Reads bytes of the file from `start` to before `end`; both lie in it. */
export type RangeSource = {
  readonly sizeBytes: number
  read(start: number, end: number): Promise<Uint8Array>
}

/** What a column, or a group of columns, is said to be. */
export type SchemaElement = {
  name: string
  /** Undefined: a group. */
  type?: number
  typeLength?: number
  repetition?: number
  childCount?: number
  /** What writers before logical types wrote. */
  converted?: number
  scale?: number
  precision?: number
  logical?: LogicalType
}

export type LogicalType = {
  /** The number of its field in the union of logical types. */
  kind?: number
  scale?: number
  precision?: number
  isUtc?: boolean
  unit?: TimeUnit
  bitWidth?: number
  isSigned?: boolean
}

export type TimeUnit = 'ms' | 'us' | 'ns'

/** Where the values of one column in one row group lie. */
export type Chunk = {
  codec: number
  sizeBytes: number
  dataAt: number
  dictionaryAt?: number
  /** In another file, or enciphered. */
  isElsewhere: boolean
}

export type RowGroup = { rowCount: number; readonly chunks: Map<number, Chunk> }

export type Footer = {
  readonly elements: SchemaElement[]
  rowCount: number
  groupCount: number
  /** The first that have rows, with the chunks of the first columns. */
  readonly groups: RowGroup[]
  createdBy?: string
}

const footerBytesMax = 16_000_000
const elementsMax = 50_000

type FooterBounds = { readonly rowsMax: number; readonly leavesMax: number }

/** What the file says of itself, at its end. @param bounds rows of which the places are kept, and columns */
export async function readFooter(source: RangeSource, bounds: FooterBounds): Promise<Footer> {
  const { sizeBytes } = source
  if (sizeBytes < 12) throw new ParquetError('it is too short for a Parquet file')
  const tail = await source.read(sizeBytes - 8, sizeBytes)
  const magic = String.fromCharCode(...tail.subarray(4))
  if (magic === 'PARE') throw new ParquetError('it is encrypted')
  if (magic !== 'PAR1') throw new ParquetError('its end is missing')
  const length = cursorAt(tail).view.getUint32(0, true)
  if (length > sizeBytes - 12) throw new ParquetError('its description is longer than the file')
  if (length > footerBytesMax) {
    throw new ParquetError('its description has more than the 16 MB that are read here')
  }
  return footerFrom(await source.read(sizeBytes - 8 - length, sizeBytes - 8), bounds)
}

function footerFrom(bytes: Uint8Array, bounds: FooterBounds): Footer {
  const footer: Footer = { elements: [], rowCount: 0, groupCount: 0, groups: [] }
  let rowsSeen = 0
  readStruct(cursorAt(bytes), {
    2: structsField((cursor, _, count) => {
      if (count > elementsMax) throw new ParquetError('it has more than 50,000 columns')
      footer.elements.push(readElement(cursor))
    }),
    3: countField((count) => {
      footer.rowCount = count
    }),
    4: structsField((cursor, _, count) => {
      footer.groupCount = count
      const isWanted = rowsSeen < bounds.rowsMax
      const group = readGroup(cursor, isWanted ? bounds.leavesMax : 0)
      if (!isWanted || group.rowCount === 0) return
      rowsSeen += group.rowCount
      footer.groups.push(group)
    }),
    6: textField((name) => {
      footer.createdBy = name
    }),
  })
  return footer
}

function readElement(cursor: ByteCursor): SchemaElement {
  const element: SchemaElement = { name: '' }
  readStruct(cursor, {
    1: intField((type) => {
      element.type = type
    }),
    2: intField((length) => {
      element.typeLength = length
    }),
    3: intField((repetition) => {
      element.repetition = repetition
    }),
    4: textField((name) => {
      element.name = name
    }),
    5: countField((count) => {
      element.childCount = count
    }),
    6: intField((converted) => {
      element.converted = converted
    }),
    7: intField((scale) => {
      element.scale = scale
    }),
    8: intField((precision) => {
      element.precision = precision
    }),
    10: structField((inner) => {
      element.logical = readLogicalType(inner)
    }),
  })
  return element
}

const logicalKinds = [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18]

function readLogicalType(cursor: ByteCursor): LogicalType {
  const logical: LogicalType = {}
  const takers = logicalKinds.map((kind) => [
    kind,
    structField((inner) => {
      logical.kind = kind
      readStruct(inner, logicalFields(logical, kind))
    }),
  ])
  readStruct(cursor, Object.fromEntries(takers))
  return logical
}

function logicalFields(logical: LogicalType, kind: number): StructFields {
  if (kind === 5) {
    return {
      1: intField((scale) => {
        logical.scale = scale
      }),
      2: intField((precision) => {
        logical.precision = precision
      }),
    }
  }
  if (kind === 7 || kind === 8) {
    return {
      1: boolField((isUtc) => {
        logical.isUtc = isUtc
      }),
      2: structField((inner) => readUnit(inner, logical)),
    }
  }
  if (kind !== 10) return {}
  return {
    1: byteField((width) => {
      logical.bitWidth = width
    }),
    2: boolField((isSigned) => {
      logical.isSigned = isSigned
    }),
  }
}

function readUnit(cursor: ByteCursor, logical: LogicalType): void {
  const unit = (name: TimeUnit) =>
    structField((inner) => {
      logical.unit = name
      readStruct(inner, {})
    })
  readStruct(cursor, { 1: unit('ms'), 2: unit('us'), 3: unit('ns') })
}

function readGroup(cursor: ByteCursor, leavesMax: number): RowGroup {
  const group: RowGroup = { rowCount: 0, chunks: new Map() }
  readStruct(cursor, {
    1: structsField((inner, at) => {
      if (at < leavesMax) group.chunks.set(at, readChunk(inner))
      else readStruct(inner, {})
    }),
    3: countField((count) => {
      group.rowCount = count
    }),
  })
  return group
}

function readChunk(cursor: ByteCursor): Chunk {
  const chunk: Chunk = { codec: 0, sizeBytes: 0, dataAt: 0, isElsewhere: false }
  const markElsewhere = () => {
    chunk.isElsewhere = true
  }
  readStruct(cursor, {
    1: textField(markElsewhere),
    3: structField((inner) => readPlaces(inner, chunk)),
    8: structField((inner) => {
      markElsewhere()
      readStruct(inner, {})
    }),
  })
  return chunk
}

function readPlaces(cursor: ByteCursor, chunk: Chunk): void {
  readStruct(cursor, {
    4: intField((codec) => {
      chunk.codec = codec
    }),
    7: countField((size) => {
      chunk.sizeBytes = size
    }),
    9: countField((at) => {
      chunk.dataAt = at
    }),
    11: countField((at) => {
      chunk.dictionaryAt = at
    }),
  })
}
