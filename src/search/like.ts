import { type SQL, sql } from 'drizzle-orm'
import { jsonRowsOf } from '../db/sql.ts'
import type { Literals } from './literals.ts'

/** Upper bound of the literals that one pattern binds. */
export const likeLiteralsMax = 3

/** D1 refuses longer patterns of LIKE and GLOB. */
const patternBytesMax = 50

/** A stretch of pattern between two `%`: a fixed number of characters, some of them known. */
type Segment = { readonly chars: number; readonly runs: readonly Run[] }
/** Known characters, `offset` into the segment; what is in no run is `_`. Counted in code points. */
type Run = { readonly offset: number; readonly chars: number; readonly text: string }

/**
 * `column LIKE pattern` as MLflow has it on SQLite: `%` is any text, `_` one code point, nothing is
 * an escape; LIKE tells cases apart and ILIKE folds those of ASCII alone. SQLite's own LIKE serves
 * neither for certain: on D1 its pattern has at most 50 bytes.
 *
 * `%` cuts a pattern into segments, `_` cuts a segment into runs. For `ab%c_d%ef`:
 *
 * ```text
 * text     a b x x c y d x x e f
 * segment  |ab|    |c_d|   |ef|
 *          head    middle   tail
 *          at the  leftmost at the
 *          start   place    end
 * ```
 *
 * Head and tail are compared where they must stand. Each middle segment takes the leftmost place
 * behind the one before.
 */
export function likeSql(
  column: SQL,
  { pattern, caseSensitive }: { readonly pattern: string; readonly caseSensitive: boolean },
  literals: Literals,
): SQL {
  const text = caseSensitive ? column : sql`lower(${column})`
  const parts = (caseSensitive ? pattern : lowerAscii(pattern)).split('%').map(parseSegment)
  const [head, tail] = [parts[0], parts.at(-1)]
  if (!head || !tail) throw new Error('split gives one part at least')
  if (parts.length === 1) return wholeSql(text, head, literals)
  const middle = parts.slice(1, -1).filter((part) => part.chars > 0)
  const native = isSimple(middle) ? undefined : nativePatternOf(pattern, caseSensitive)
  if (native !== undefined) {
    return sql`${column} ${sql.raw(caseSensitive ? 'glob' : 'like')} ${literals.text(native)}`
  }
  const charsMin = parts.reduce((sum, part) => sum + part.chars, 0)
  const conditions = [sql`length(${text}) >= ${countSql(charsMin)}`]
  if (head.runs.length > 0)
    conditions.push(matchesAtSql(text, { part: head, start: sql`1` }, literals))
  if (tail.runs.length > 0) {
    const start = sql`length(${text}) - ${countSql(tail.chars - 1)}`
    conditions.push(matchesAtSql(text, { part: tail, start }, literals))
  }
  if (middle.length > 0)
    conditions.push(holdsInOrderSql(innerSql(text, head, tail), middle, literals))
  return sql`(${sql.join(conditions, sql` and `)})`
}

/** Whether one `instr` decides, which is quicker than the machine for patterns. */
function isSimple(middle: readonly Segment[]): boolean {
  return middle.length === 0 || (middle.length === 1 && middle.every(isPlain))
}

/** The pattern for GLOB or LIKE itself, undefined where D1 would refuse it. */
function nativePatternOf(pattern: string, caseSensitive: boolean): string | undefined {
  const native = caseSensitive
    ? pattern.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')
    : pattern
  return new TextEncoder().encode(native).byteLength > patternBytesMax ? undefined : native
}

function wholeSql(text: SQL, only: Segment, literals: Literals): SQL {
  if (only.chars === 0 || isPlain(only)) {
    return sql`${text} = ${literals.text(only.runs[0]?.text ?? '')}`
  }
  const length = sql`length(${text}) = ${countSql(only.chars)}`
  if (only.runs.length === 0) return length
  return sql`(${length} and ${matchesAtSql(text, { part: only, start: sql`1` }, literals)})`
}

/** What lies between the head and the tail of `text`. */
function innerSql(text: SQL, head: Segment, tail: Segment): SQL {
  if (head.chars === 0 && tail.chars === 0) return text
  const outer = countSql(head.chars + tail.chars)
  return sql`substr(${text}, ${countSql(head.chars + 1)}, length(${text}) - ${outer})`
}

/** Whether `part` stands in `text` from character `start` on, which counts from 1. */
function matchesAtSql(
  text: SQL,
  { part, start }: { readonly part: Segment; readonly start: SQL },
  literals: Literals,
): SQL {
  const [first, ...others] = part.runs
  if (first && others.length === 0) {
    const from = sql`${start} + ${countSql(first.offset)}`
    return sql`substr(${text}, ${from}, ${countSql(first.chars)}) = ${literals.text(first.text)}`
  }
  return allRunsAtSql(text, start, literals.text(jsonOfRuns(part)))
}

function allRunsAtSql(text: SQL, start: SQL, runs: SQL): SQL {
  return sql`not exists (select 1 from json_each(${runs}) u where substr(${text}, ${start} + (u.value ->> 0), u.value ->> 1) <> u.value ->> 2)`
}

/** Whether the segments stand in `text` one behind the other, with anything between them. */
function holdsInOrderSql(text: SQL, parts: readonly Segment[], literals: Literals): SQL {
  if (isSimple(parts)) {
    return sql`instr(${text}, ${literals.text(parts[0]?.runs[0]?.text ?? '')}) > 0`
  }
  // If the segments fit at all, they fit with each at its leftmost place, so one walk decides. A step
  // looks for the first run of segment `i` (q) and tests the whole segment there (f): if it fits, the
  // walk goes on behind it, else one character further. json_each replaces LATERAL, which SQLite lacks.
  const json = literals.text(`[${parts.map(jsonOfPart).join(',')}]`)
  const found = allRunsAtSql(sql`w.rest`, sql`q.value`, sql`p.value -> 3`)
  return sql`exists (with recursive walk (i, rest) as (select 0, ${text} union all
    select w.i + f.value, substr(w.rest, q.value + iif(f.value, p.value ->> 0, 1))
    from walk w cross join json_each(${json}) p on p.key = w.i
    cross join json_each('[' || instr(substr(w.rest, (p.value ->> 1) + 1), p.value ->> 2) || ']') q
    cross join json_each('[' || (${found}) || ']') f
    where q.value > 0 and q.value + (p.value ->> 0) - 1 <= length(w.rest)
  ) select 1 from walk where i = ${countSql(parts.length)})`
}

/** `[chars, offset of the first run, its text, runs]` */
function jsonOfPart(part: Segment): string {
  const first = part.runs[0]
  const text = JSON.stringify(first?.text ?? '')
  return `[${part.chars},${first?.offset ?? 0},${text},${jsonOfRuns(part)}]`
}

function jsonOfRuns(part: Segment): string {
  return jsonRowsOf(part.runs.map((run) => [run.offset, run.chars, run.text]))
}

function isPlain(part: Segment): boolean {
  return part.runs.length === 1 && part.runs[0]?.chars === part.chars
}

function parseSegment(pattern: string): Segment {
  const runs: Run[] = []
  let offset = 0
  for (const text of pattern.split('_')) {
    const chars = [...text].length
    if (chars > 0) runs.push({ offset, chars, text })
    offset += chars + 1
  }
  return { chars: offset - 1, runs }
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** A number of ours in the SQL text: it depends on the pattern's length only. */
function countSql(value: number): SQL {
  return sql.raw(value < 0 ? `(${value})` : String(value))
}
