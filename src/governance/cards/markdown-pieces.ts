/**
 * How much markup is parsed, or written, in one turn: some 30 ms. A block that has more by itself, a
 * table of a thousand rows say, is shown as it was written.
 */
export const marksPerTurn = 4_000

/** The characters that cost time: markdown-it and the writer look at each of them anew. */
const isMark = new Uint8Array(128)
for (const mark of '\n*_~`[]()!<>&|\\#+-=,') isMark[mark.charCodeAt(0)] = 1

/** How many characters of a text may be markup. */
export function countMarks(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) count += isMark[text.charCodeAt(i)] ?? 0
  return count
}

/** A part of a text that is markdown by itself. */
export type Piece = {
  readonly text: string
  /** The number of its first line in the whole text, from 0. */
  readonly line: number
  /** It is one block with more markup than is parsed in one turn. */
  readonly isTooMuch: boolean
}

/** A text in pieces, each of which is parsed in one turn. A short text is one piece. */
export function piecesOf(text: string): Piece[] {
  if (countMarks(text) <= marksPerTurn) return [{ text, line: 0, isTooMuch: false }]
  const lines = text.split('\n')
  const pieces: Piece[] = []
  let first = 0
  let marks = 0
  const endAt = (end: number) => {
    const own = lines.slice(first, end).join('\n')
    if (end > first) pieces.push({ text: own, line: first, isTooMuch: marks > marksPerTurn })
    first = end
    marks = 0
  }
  for (const [line, marksOfBlock] of blockStarts(lines)) {
    if (marks + marksOfBlock > marksPerTurn) endAt(line)
    marks += marksOfBlock
  }
  endAt(lines.length)
  return pieces
}

const fence = /^\s*(?:`{3,}|~{3,})/
const heading = /^#{1,6}(?:\s|$)/
/** What may belong to a list that is above a blank line. */
const listed = /^(?:\s|[-*+](?:\s|$)|\d{1,9}[.)](?:\s|$))/

/** The lines with which a block begins for certain, and how much markup there is until the next. */
function blockStarts(lines: readonly string[]): [line: number, marks: number][] {
  const starts: [number, number][] = [[0, 0]]
  let isFenced = false
  for (const [i, line] of lines.entries()) {
    const isAfterBlank = i > 0 && lines[i - 1]?.trim() === ''
    const begins = heading.test(line) || (isAfterBlank && line !== '' && !listed.test(line))
    if (begins && !isFenced) starts.push([i, 0])
    if (fence.test(line)) isFenced = !isFenced
    const last = starts.at(-1)
    if (last) last[1] += countMarks(line) + 1
  }
  return starts
}
