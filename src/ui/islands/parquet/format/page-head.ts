import { type ByteCursor, cursorAt, ParquetError } from './cursor.ts'
import type { RangeSource } from './footer.ts'
import { boolField, countField, intField, readStruct, structField } from './thrift.ts'

/** What a page says of itself. */
export type PageHead = {
  kind: 'dictionary' | 'data' | 'other'
  /** Of the head itself, of what follows it, and of that when it is unpacked. */
  headBytes: number
  packedBytes: number
  sizeBytes: number
  valueCount: number
  encoding: number
  /** Levels in the form that was given up. */
  hasOldLevels: boolean
  /** Of a page of the second version, whose levels are not packed. */
  levelBytes?: { repetition: number; definition: number; isPacked: boolean }
}

/** Longer than any that a writer makes, statistics of long texts included. */
const headBytesMax = 64_000

export async function readPageHead(
  source: RangeSource,
  at: number,
  end: number,
): Promise<PageHead> {
  const cursor = cursorAt(await source.read(at, Math.min(end, at + headBytesMax)))
  const head: PageHead = {
    kind: 'other',
    headBytes: 0,
    packedBytes: 0,
    sizeBytes: 0,
    valueCount: 0,
    encoding: 0,
    hasOldLevels: false,
  }
  readStruct(cursor, {
    1: intField((type) => {
      head.kind = type === 0 || type === 3 ? 'data' : type === 2 ? 'dictionary' : 'other'
    }),
    2: countField((size) => {
      head.sizeBytes = size
    }),
    3: countField((size) => {
      head.packedBytes = size
    }),
    5: structField((inner) => readDataHead(inner, head)),
    8: structField((inner) => readSecondDataHead(inner, head)),
  })
  head.headBytes = cursor.at
  return head
}

function readDataHead(cursor: ByteCursor, head: PageHead): void {
  const markOld = intField((encoding) => {
    head.hasOldLevels ||= encoding === 4
  })
  readStruct(cursor, { ...sharedFields(head, 2), 3: markOld, 4: markOld })
}

function readSecondDataHead(cursor: ByteCursor, head: PageHead): void {
  const levels = { repetition: 0, definition: 0, isPacked: true }
  readStruct(cursor, {
    ...sharedFields(head, 4),
    5: countField((size) => {
      levels.definition = size
    }),
    6: countField((size) => {
      levels.repetition = size
    }),
    7: boolField((isPacked) => {
      levels.isPacked = isPacked
    }),
  })
  if (levels.definition + levels.repetition > head.sizeBytes) {
    throw new ParquetError('a page of it is damaged')
  }
  head.levelBytes = levels
}

function sharedFields(head: PageHead, encodingAt: number) {
  return {
    1: countField((count) => {
      head.valueCount = count
    }),
    [encodingAt]: intField((encoding) => {
      head.encoding = encoding
    }),
  }
}
