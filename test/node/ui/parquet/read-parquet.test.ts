import { open, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Cell } from '../../../../src/ui/islands/parquet/format/record-text.ts'
import { type ParquetPiece, readParquet } from '../../../../src/ui/islands/parquet/read-parquet.ts'
import { hostileFiles } from './hostile-files.ts'
import { columnFile, levelsOf, pageOf } from './made-file.ts'
import { writtenFiles } from './written-files.ts'

const { isLacking, pathOf } = await writtenFiles()

type Summary = Extract<ParquetPiece, { readonly kind: 'summary' }>

type Seen = {
  summary?: Summary
  why?: string | undefined
  readonly cells: Record<string, readonly Cell[]>
  readonly problems: Record<string, string>
  /** How much of the file was asked for. */
  bytes: number
}

/** What the reader says of a file. */
async function lookAt(file: {
  readonly sizeBytes: number
  read(start: number, end: number): Promise<Uint8Array>
}): Promise<Seen> {
  const seen: Seen = { cells: {}, problems: {}, bytes: 0 }
  const source = {
    ...file,
    read: (start: number, end: number) => {
      seen.bytes += end - start
      return file.read(start, end)
    },
  }
  const nameOf = (at: number) => seen.summary?.columns[at]?.name ?? ''
  await readParquet(source, (piece) => {
    if (piece.kind === 'summary') seen.summary = piece
    else if (piece.kind === 'cells') seen.cells[nameOf(piece.at)] = piece.cells
    else if (piece.kind === 'problem') seen.problems[nameOf(piece.at)] = piece.why
    else seen.why = piece.why
  })
  return seen
}

function lookAtBytes(bytes: Uint8Array): Promise<Seen> {
  return lookAt({
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
  })
}

async function lookAtFile(name: string): Promise<Seen> {
  const file = await open(pathOf(`${name}.parquet`))
  try {
    return await lookAt({
      sizeBytes: (await file.stat()).size,
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start)
        await file.read(bytes, 0, bytes.length, start)
        return bytes
      },
    })
  } finally {
    await file.close()
  }
}

const kinds = {
  int64: ['9007199254740993', '-9223372036854775808', null],
  uint64: ['18446744073709551615', '0', null],
  int8: ['-128', '127', null],
  float: ['0.1', 'NaN', '-Infinity'],
  double: ['0.1', '-0', '1e+300'],
  half: ['1.5', '-2', '65504'],
  truth: ['true', 'false', null],
  text: ['<img src=x onerror=alert(1)>', '', null],
  bytes: ['0x00ff', '', null],
  fixed: ['0x0102', '0xffff', null],
  date: ['2026-11-28', '0001-01-01', null],
  large: ['1234567890123456789012345678.90', '-0.05', null],
  small: ['1.234', '-0.001', null],
  nanos: ['2023-11-14T22:13:20.123456789', '1969-12-31T23:59:59.999999999', null],
  micros: ['2023-11-14T22:13:20.123456Z', '1969-12-31T23:59:59.999999Z', null],
  time: ['01:02:03.000456', '00:00:00', null],
  category: ['a', 'b', null],
  list: ['[1, null, 3]', '[]', null],
  struct: ['{"a": 1, "b": "x\\"y"}', '{"a": null, "b": null}', null],
  map: ['{"k": 1, "k": 2}', '{}', null],
  deep: ['[[{"a": [1, 2]}, null], []]', '[null]', null],
  nothing: [null, null, null],
}

describe.skipIf(isLacking)('what pyarrow and pandas write', () => {
  test.for([
    ...['none-1.0', 'none-2.0', 'snappy-1.0', 'snappy-2.0'],
    ...['gzip-1.0', 'gzip-2.0', 'lz4-1.0', 'lz4-2.0', 'zstd-1.0', 'zstd-2.0'],
  ])('is read exactly, of each type, as %s', async (name) => {
    const { cells, problems, why } = await lookAtFile(name)
    expect({ why, problems }).toEqual({ why: undefined, problems: {} })
    expect(cells).toEqual(kinds)
  })

  test('has types in words', async () => {
    const { summary } = await lookAtFile('snappy-1.0')
    const types = summary?.columns.map(({ name, type }) => `${name}: ${type}`)
    expect(types).toEqual([
      ...['int64: int64', 'uint64: uint64', 'int8: int8', 'float: float', 'double: double'],
      ...['half: float16', 'truth: boolean', 'text: string', 'bytes: binary', 'fixed: binary(2)'],
      ...['date: date', 'large: decimal(38, 2)', 'small: decimal(9, 3)', 'nanos: timestamp(ns)'],
      ...['micros: timestamp(us, UTC)', 'time: time(us)', 'category: string', 'list: list<int64>'],
      ...['struct: struct<a: int32, b: string>', 'map: map<string, int64>'],
      ...['deep: list<list<struct<a: list<int8>>>>', 'nothing: null'],
    ])
  })

  test('is read in every encoding, over many row groups and pages, as pyarrow reads it', async () => {
    const written: unknown = JSON.parse(await readFile(pathOf('numbers.json'), 'utf8'))
    const expected = Object.fromEntries(
      Object.entries(Object(written)).map(([name, values]) => [name, textsOf(values)]),
    )
    for (const name of ['plain', 'dictionary', 'delta', 'lengths', 'groups', 'pages', 'second']) {
      const { cells, problems } = await lookAtFile(name)
      expect(problems, name).toEqual({})
      expect(cells, name).toEqual(expected)
    }
  })

  test('says by which codec it is compressed where that is not read', async () => {
    const { summary, problems } = await lookAtFile('brotli-1.0')
    expect(summary?.columns[0]).toMatchObject({ name: 'int64', codec: 'Brotli' })
    expect(problems.int64).toBe('it is compressed by Brotli, which is not read here')
    expect(Object.keys(problems).sort()).toEqual(Object.keys(kinds).sort())
  })

  test('of before there were types of time is read', async () => {
    expect((await lookAtFile('int96')).cells).toEqual({ nanos: kinds.nanos })
    expect((await lookAtFile('pandas')).cells).toEqual({ x: ['1', '2'], y: ['a', null] })
  })

  test('of no rows, or of many columns or rows, shows what there is and reads little', async () => {
    const empty = await lookAtFile('empty')
    expect(empty.summary).toMatchObject({ rowCount: 0, columnCount: 2 })
    expect(empty.cells).toEqual({})
    const { summary, cells } = await lookAtFile('wide')
    expect(summary).toMatchObject({ columnCount: 10_000, shownCount: 100 })
    expect(summary?.columns).toHaveLength(1000)
    expect(Object.keys(cells)).toHaveLength(100)
    const long = await lookAtFile('long')
    expect(long.summary).toMatchObject({ rowCount: 10_000_000, groupCount: 1 })
    expect(long.cells.id).toHaveLength(200)
    expect(long.cells.id?.at(-1)).toBe('199')
    expect(long.bytes).toBeLessThan(3_000_000)
  })

  test('in rows of thousands of values is read as far as it goes', async () => {
    const { cells } = await lookAtFile('vectors')
    expect(cells.id).toHaveLength(200)
    expect(cells.vector).toHaveLength(49)
    expect(cells.vector?.[48]).toMatch(/^\[0, 1, 2, /)
    expect(cells.vector?.[48]?.length).toBeLessThan(1000)
  })
})

function textsOf(values: unknown): unknown[] {
  const texts = Array.isArray(values) ? values : []
  return texts.map((value) =>
    value === null
      ? null
      : Array.isArray(value)
        ? `[${value.join(', ')}]`.slice(0, 700)
        : String(value),
  )
}

test.for(Object.entries(hostileFiles))(
  'a file with %s is refused by a sentence',
  async ([, made]) => {
    const [bytes, sentence] = made
    const { why, problems } = await lookAtBytes(bytes)
    expect(why ?? problems.x).toBe(sentence)
  },
)

test('of two thousand million rows in 60 bytes only the first are made', async () => {
  const rows = 2_000_000_000
  const body = pageOf(levelsOf(0, rows), { values: rows })
  const { cells, summary } = await lookAtBytes(columnFile(body, { rows }))
  expect(summary).toMatchObject({ rowCount: rows })
  expect(cells.x).toEqual(Array(200).fill(null))
})

test('any change to a byte of a file ends in cells or a sentence', async () => {
  const page = pageOf([...levelsOf(1, 3), 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0], { values: 3 })
  const file = columnFile(page, { rows: 3 })
  expect((await lookAtBytes(file)).cells).toEqual({ x: ['1', '2', '3'] })
  for (let at = 0; at < file.length; at++) {
    for (const value of [0, 1, 127, 128, 255, (file[at] ?? 0) ^ 1]) {
      const changed = file.slice()
      changed[at] = value
      const { why, problems } = await lookAtBytes(changed)
      expect(why ?? problems.x, `${value} at ${at}`).not.toBe('it could not be read here')
    }
  }
})
