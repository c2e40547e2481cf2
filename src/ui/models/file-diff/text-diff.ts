import { structuredPatch } from 'diff'

/** Lines of a text as they changed from one version to another. */
export type DiffHunk = {
  /** Where it begins in both, from 1. */
  readonly oldStart: number
  readonly newStart: number
  /** With what became of each: `+`, `-`, or a space before it. */
  readonly lines: readonly string[]
}

export type TextDiff =
  | {
      readonly hunks: readonly DiffHunk[]
      /** Lines that are left out. */
      readonly more: number
    }
  /** Why no lines are shown. */
  | { readonly whyNot: string }

/** So many lines may differ: above that, the work grows with their square. */
const editsMax = 400
/** Lines around a change. */
const context = 3

/** What differs between two texts, line by line. */
export function diffTexts(before: string, after: string): TextDiff {
  // One that is new, or gone, needs no search for what stayed.
  if (before === '' || after === '') return firstLines(wholeOf(before, after))
  const patch = structuredPatch('', '', before, after, '', '', { context, maxEditLength: editsMax })
  if (patch === undefined) return { whyNot: 'Too many lines differ to be shown one by one.' }
  return firstLines(patch.hunks)
}

function wholeOf(before: string, after: string): DiffHunk[] {
  const text = before || after
  if (text === '') return []
  const sign = before === '' ? '+' : '-'
  const lines = text.replace(/\n$/, '').split('\n')
  return [{ oldStart: 1, newStart: 1, lines: lines.map((line) => sign + line) }]
}

/** So many lines are shown. */
const linesMax = 1000

function firstLines(hunks: readonly DiffHunk[]): TextDiff {
  let left = linesMax
  const shown = hunks.map((hunk) => {
    const lines = hunk.lines.slice(0, left)
    left -= lines.length
    return { ...hunk, lines }
  })
  const all = hunks.reduce((sum, { lines }) => sum + lines.length, 0)
  return {
    hunks: shown.filter(({ lines }) => lines.length > 0),
    more: Math.max(0, all - linesMax),
  }
}
