import { toUtf8 } from '../../core/bytes.ts'
import { letOthersRun } from '../../core/rounds.ts'

/**
 * A gram is four bytes of a text one after another, letters of ASCII in either case alike. A text that
 * has a piece has all grams of it; a hash puts each of them in one of so many cells.
 */
export const cellsCount = 65_536
export const cellBits = 16

/** Whether a cell was seen in the text at hand, and those that were; no text is left in the middle. */
const seen = new Uint8Array(cellsCount)
const found = new Uint16Array(cellsCount)

const charsPerTurn = 500_000

/** The cells of all grams in some lines, each once and in no order. */
export async function collectCells(lines: readonly string[]): Promise<Uint16Array> {
  let cells = new Uint16Array(0)
  let turn: string[] = []
  let chars = 0
  for (const line of lines) {
    for (const part of partsOf(line)) {
      turn.push(part)
      chars += part.length
      if (chars < charsPerTurn) continue
      cells = cellsIn(turn, cells)
      turn = []
      chars = 0
      await letOthersRun()
    }
  }
  return cellsIn(turn, cells)
}

/** A long line in parts, of which each begins before the other's end, so that no gram is cut. */
function* partsOf(line: string): Iterable<string> {
  if (line.length <= charsPerTurn) {
    yield line
    return
  }
  for (let at = 0; at < line.length; at += charsPerTurn) {
    // Half a pair at an end has other bytes, but then the whole one is in the other part.
    yield line.slice(Math.max(0, at - 8), at + charsPerTurn)
  }
}

/** @param known cells that are in the answer too */
function cellsIn(texts: readonly string[], known: Uint16Array): Uint16Array<ArrayBuffer> {
  let count = 0
  const add = (cell: number) => {
    if (seen[cell] === 1) return
    seen[cell] = 1
    found[count] = cell
    count += 1
  }
  known.forEach(add)
  for (const text of texts) eachGram(toUtf8(text), (gram) => add(cellOf(gram)))
  const cells = found.slice(0, count)
  for (const cell of cells) seen[cell] = 0
  return cells
}

/**
 * The cells that a text has which has all of some pieces, those first that few texts have, as far as that
 * can be told from letters.
 */
export function cellsOfPieces(pieces: readonly string[]): readonly number[] {
  const rarity = new Map<number, number>()
  for (const piece of pieces) {
    eachGram(toUtf8(piece), (gram) => {
      const cell = cellOf(gram)
      rarity.set(cell, Math.max(rarity.get(cell) ?? 0, rarityOf(gram)))
    })
  }
  return [...rarity].sort((a, b) => b[1] - a[1]).map(([cell]) => cell)
}

/** @param take is given four bytes as one number */
function eachGram(bytes: Uint8Array, take: (gram: number) => void): void {
  let gram = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    gram = (gram << 8) | (byte >= 65 && byte <= 90 ? byte + 32 : byte)
    if (i >= 3) take(gram)
  }
}

function cellOf(gram: number): number {
  return Math.imul(gram, 0x9e3779b1) >>> (32 - cellBits)
}

/** What spans have most comes first. */
const common = ' etaoinshrdlu"_0:,cm1wfgypb2v.k{}5673489x-j/=qz'

function rarityOf(gram: number): number {
  return [24, 16, 8, 0].reduce((sum, shift) => {
    const place = common.indexOf(String.fromCharCode((gram >>> shift) & 255))
    return sum + (place < 0 ? common.length : place)
  }, 0)
}
