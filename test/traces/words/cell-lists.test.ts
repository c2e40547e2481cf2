import { expect, test } from 'vitest'
import {
  keepListed,
  levelMax,
  listAt,
  packCells,
  placeOfCell,
} from '../../../src/traces/words/cell-lists.ts'
import { cellsCount, cellsOfPieces, collectCells } from '../../../src/traces/words/grams.ts'

/** The traces that have a cell, as the rows say. */
function tracesWith(
  { level, rows }: Awaited<ReturnType<typeof packCells>>,
  { cell, count }: { readonly cell: number; readonly count: number },
): number[] {
  const { row, place } = placeOfCell(cell, level)
  const text = new Map(rows).get(row)
  const alive = new Uint8Array(count).fill(1)
  keepListed(alive, text === undefined ? undefined : listAt(text, place))
  return [...alive.keys()].filter((i) => alive[i] === 1)
}

/** A number of 0 to 1 that the seed alone decides. */
function chance(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d)
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0) / 2 ** 32
}

test.each([1, 2, 3, 63, 64, 500, 1003])(
  'lists of %i traces are read as they were written',
  async (count) => {
    const cells = [0, 1, 2, 29, 30, 31, 777, 4095, 4096, 40_000, cellsCount - 2, cellsCount - 1]
    const shares = [1, 0.99, 0.9, 0.6, 0.5, 0.4, 0.1, 0.01, 0.002, 0, 1, 0.3]
    const has = (trace: number, i: number) => chance(trace * 16 + i) < (shares[i] ?? 0)
    const members = Array.from({ length: count }, (_, trace) =>
      Uint16Array.from(cells.filter((_cell, i) => has(trace, i))),
    )
    const packed = await packCells(members)
    for (const [i, cell] of cells.entries()) {
      const expected = members.flatMap((_, trace) => (has(trace, i) ? [trace] : []))
      expect(tracesWith(packed, { cell, count }), `cell ${cell}`).toEqual(expected)
    }
    expect(tracesWith(packed, { cell: 500, count })).toEqual([])
  },
)

test('lists of many cells are cut into rows, and need no escape in JSON', async () => {
  const count = 40
  const members = Array.from({ length: count }, (_, trace) =>
    Uint16Array.from({ length: 20_000 }, (_cell, i) => (i * 3 + trace * 7 * (i % 5)) % cellsCount),
  ).map((cells) => Uint16Array.from(new Set(cells)))
  const packed = await packCells(members)
  expect(packed.level).toBeGreaterThan(4)
  expect(packed.level).toBeLessThanOrEqual(levelMax)
  for (const [, row] of packed.rows) expect(JSON.stringify(row)).toBe(`"${row}"`)
  for (let cell = 0; cell < cellsCount; cell += 997) {
    const expected = members.flatMap((cells, trace) => (cells.includes(cell) ? [trace] : []))
    expect(tracesWith(packed, { cell, count })).toEqual(expected)
  }
})

test('a text has the cells of all its pieces, in whatever case, wherever they are cut', async () => {
  const texts = ['The Quince of Württemberg', '梨と林檎を食べる', '🍐🍏🍎', 'a"b\\c\u0000d\ud800e']
  const long = `${'x'.repeat(499_990)}Medlar and quinces${'y'.repeat(600_000)}🍐${'z'.repeat(10)}`
  for (const text of [...texts, long]) {
    const cells = new Set(await collectCells(['other', text]))
    const pieces = [text.toUpperCase() === text ? text : text.slice(1, 40), text.slice(-9)]
    if (text === long) pieces.push('MEDLAR AND QUINCES', 'y🍐z')
    for (const cell of cellsOfPieces(pieces)) expect(cells.has(cell)).toBe(true)
  }
  expect(cellsOfPieces(['abc', ''])).toEqual([])
})
