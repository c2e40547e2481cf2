import { gzipSync } from 'node:zlib'
import {
  columnFile,
  fileOf,
  int,
  levelsOf,
  list,
  long,
  pageOf,
  struct,
  type Thrift,
  text,
  varint,
} from './made-file.ts'

/** A struct in a struct, and so on. */
function nested(depth: number): Thrift {
  return depth === 0 ? struct({}) : struct({ 1: nested(depth - 1) })
}

function schemaFile(elements: readonly Thrift[]): Uint8Array<ArrayBuffer> {
  return fileOf([], struct({ 2: list(elements), 3: long(0), 4: list([]) }))
}

const four = [1, 0, 0, 0]
/** 200 numbers by their places in a dictionary, all the same. */
const places = [...levelsOf(1, 200), 8, ...varint(400), 9]
const deltaHead = [...varint(128), ...varint(4)]

/** Files that claim what they do not have, and what is said of them: in place of all, or of the column. */
export const hostileFiles: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, string]>> = {
  'no end': [new TextEncoder().encode('PAR1\0 and nothing more of it'), 'its end is missing'],
  'a footer beyond the file': [
    fileOf([], struct({}), 2_000_000_000),
    'its description is longer than the file',
  ],
  'a schema of two thousand million': [
    fileOf([], struct({ 2: list([struct({})], 2_000_000_000) })),
    'it has more than 50,000 columns',
  ],
  'a list of two thousand million truths': [
    fileOf([], struct({ 9: list([], 2_000_000_000, 1) })),
    'it ends too early',
  ],
  'a description nested too deep': [
    fileOf([], struct({ 9: nested(5000) })),
    'its description is nested too deep',
  ],
  'columns nested too deep': [
    schemaFile(Array.from({ length: 5000 }, () => struct({ 4: text('g'), 5: int(1) }))),
    'its columns are nested too deep',
  ],
  'a group of two thousand million columns': [
    schemaFile([struct({ 4: text('g'), 5: int(2_000_000_000) }), struct({ 1: int(1) })]),
    'its columns are not all described',
  ],
  'a place beyond the file': [
    columnFile(pageOf(levelsOf(0, 200)), { dataAt: 1_000_000 }),
    'it reaches past the end of the file',
  ],
  'a page beyond its chunk': [
    columnFile(pageOf(levelsOf(0, 200), { packedBytes: 1000 })),
    'a page reaches past its end',
  ],
  'a page of two thousand million bytes': [
    columnFile(pageOf([1], { sizeBytes: 2_000_000_000 }), { codec: 1 }),
    'a page of it has more than the 64 MB that are read here',
  ],
  'a short page that says to be 60 MB': [
    columnFile(pageOf([0, 0], { sizeBytes: 60_000_000 }), { codec: 1 }),
    'its compressed bytes are damaged',
  ],
  'a gzip that grows without end': [
    columnFile(pageOf([...gzipSync(new Uint8Array(5_000_000))], { sizeBytes: 10 }), { codec: 2 }),
    'its compressed bytes are damaged',
  ],
  'a gzip of less than it says': [
    columnFile(pageOf([...gzipSync(new Uint8Array(1000))], { sizeBytes: 2000 }), { codec: 2 }),
    'its compressed bytes are damaged',
  ],
  'a Zstandard that says to have 4 GB': [
    columnFile(
      pageOf([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 255, 255, 255, 255, 1, 0, 0], { sizeBytes: 10 }),
      { codec: 6 },
    ),
    'it ends too early',
  ],
  'a Zstandard of no frame': [
    columnFile(pageOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { sizeBytes: 10 }), { codec: 6 }),
    'its compressed bytes are damaged',
  ],
  'an LZ4 that repeats what is not there': [
    columnFile(pageOf([0x0f, 9, 0, 255, 255, 0], { sizeBytes: 600 }), { codec: 7 }),
    'its compressed bytes are damaged',
  ],
  'fewer rows than it says': [
    columnFile(pageOf([...levelsOf(1, 1), ...four], { values: 1 })),
    'it has fewer rows than the file says',
  ],
  'places in a dictionary that it lacks': [
    columnFile(pageOf(places, { encoding: 8 })),
    'its dictionary is missing',
  ],
  'places beyond its dictionary': [
    columnFile([...pageOf(four, { isDictionary: true }), ...pageOf(places, { encoding: 8 })]),
    'it ends too early',
  ],
  'dictionaries without end': [
    columnFile(Array.from({ length: 2000 }, () => pageOf(four, { isDictionary: true })).flat()),
    'it has too many small pages',
  ],
  'differences in blocks of nothing': [
    columnFile(pageOf([...levelsOf(1, 200), 0, 0, 100, 0], { encoding: 5 })),
    'its values are damaged',
  ],
  'two thousand million differences': [
    columnFile(
      pageOf([...levelsOf(1, 200), ...deltaHead, ...varint(2_000_000_000), 0, 0], { encoding: 6 }),
      { type: 6 },
    ),
    'it ends too early',
  ],
  'texts that begin with more than the one before': [
    columnFile(
      pageOf(
        [...levelsOf(1, 200), ...deltaHead, 1, 100, ...deltaHead, 1, 0].concat([65, 66, 67, 68]),
        { encoding: 7 },
      ),
      { type: 6 },
    ),
    'its values are damaged',
  ],
  'an encoding that there is not': [
    columnFile(pageOf([...levelsOf(1, 200), 0], { encoding: 77 })),
    'its values are in encoding 77, which is not read here',
  ],
}
