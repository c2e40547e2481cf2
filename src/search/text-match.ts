import { RE2JS } from 're2js'
import { invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'

/** Whether a text fits, for clauses that SQL cannot judge. */
export type TextTest = (text: string) => boolean

/** Regular expressions are matched against so much of a value. */
const matchedCharsMax = 10_000
const patternCharsMax = 1000

/** As `likeSql`, of a text at hand. */
export function likeTest(pattern: string, caseSensitive: boolean): TextTest {
  const parts = (caseSensitive ? pattern : lowerAscii(pattern)).split('%')
  const test = partsTest(parts)
  return caseSensitive ? test : (text) => test(lowerAscii(text))
}

function partsTest(parts: readonly string[]): TextTest {
  const [head = '', ...rest] = parts
  const tail = rest.pop()
  if (tail === undefined) return (text) => isAt(text, head, 0) && charsIn(text) === charsIn(head)
  const middle = rest.filter((part) => part !== '')
  return (text) => {
    if (!isAt(text, head, 0)) return false
    let from = lengthAt(text, head, 0)
    for (const part of middle) {
      const at = placeOf(text, part, from)
      if (at < 0) return false
      from = at + lengthAt(text, part, at)
    }
    if (tail === '') return true
    const end = endOf(text, tail)
    return end >= from && isAt(text, tail, end)
  }
}

/** The first place from `from` on at which `part` stands, whose `_` are any character. */
function placeOf(text: string, part: string, from: number): number {
  if (!part.includes('_')) return text.indexOf(part, from)
  for (let at = from; at <= text.length; at++) {
    if (isAt(text, part, at)) return at
  }
  return -1
}

function isAt(text: string, part: string, at: number): boolean {
  if (!part.includes('_')) return text.startsWith(part, at)
  let place = at
  for (const char of part) {
    const found = text.codePointAt(place)
    if (found === undefined) return false
    const own = String.fromCodePoint(found)
    if (char !== '_' && char !== own) return false
    place += own.length
  }
  return true
}

/** How many code units `part` takes of `text` at a place where it stands. */
function lengthAt(text: string, part: string, at: number): number {
  if (!part.includes('_')) return part.length
  let place = at
  for (const _ of part) place += (text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1
  return place - at
}

/** Where a last part must begin so that it ends with the text. */
function endOf(text: string, part: string): number {
  if (!part.includes('_')) return text.length - part.length
  let place = text.length
  for (const _ of part) place -= /[\udc00-\udfff]/.test(text[place - 1] ?? '') ? 2 : 1
  return place
}

function charsIn(text: string): number {
  return [...text].length
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/**
 * Whether a text has a match of a regular expression, in time that grows with the text alone. One that
 * is broken matches nothing, as in MLflow.
 *
 * @throws INVALID_PARAMETER_VALUE it is too long
 */
export function regexTest(pattern: string): TextTest {
  if (pattern.length > patternCharsMax) {
    throw invalid(`${messages.wrongClauses(pattern)}: RLIKE takes ${patternCharsMax} characters`)
  }
  try {
    const regex = RE2JS.compile(pattern)
    return (text) => regex.matcher(text.slice(0, matchedCharsMax)).find()
  } catch {
    return () => false
  }
}
