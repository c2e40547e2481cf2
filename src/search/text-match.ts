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
  if (tail === undefined)
    return (text) => isAt(text, head, 0) && lengthAt(text, head, 0) === text.length
  const middle = rest.filter((part) => part !== '').map(finderOf)
  return (text) => {
    if (!isAt(text, head, 0)) return false
    let from = lengthAt(text, head, 0)
    for (const find of middle) {
      from = find(text, from)
      if (from < 0) return false
    }
    if (tail === '') return true
    const end = endOf(text, tail)
    return end >= from && isAt(text, tail, end)
  }
}

/** Where the first match from a place on ends; -1: there is none. */
type Finder = (text: string, from: number) => number

function finderOf(part: string): Finder {
  if (part.includes('_')) return finderOfCharacters([...part])
  return (text, from) => {
    const at = text.indexOf(part, from)
    return at < 0 ? at : at + part.length
  }
}

/**
 * Compares a part whose `_` are any character with all places at once, a bit for each of its characters:
 * bit i is set where its first i + 1 characters end at the place that the walk has come to.
 */
function finderOfCharacters(part: readonly string[]): Finder {
  const words = Math.ceil(part.length / 32)
  const masks = new Map<number, Uint32Array>()
  const wild = maskOf(part, '')
  for (const char of part) masks.set(char.codePointAt(0) ?? 0, maskOf(part, char))
  masks.delete(0x5f)
  const [lastWord, lastBit] = [words - 1, 1 << ((part.length - 1) % 32)]
  return (text, from) => {
    const state = new Uint32Array(words)
    for (let at = from; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0
      advance(state, masks.get(code) ?? wild)
      at += code > 0xffff ? 2 : 1
      if (((state[lastWord] ?? 0) & lastBit) !== 0) return at
    }
    return -1
  }
}

/** One character further: bits move up by one, and those stay whose character the mask has. */
function advance(state: Uint32Array, mask: Uint32Array): void {
  let carry = 1
  for (let word = 0; word < state.length; word++) {
    const bits = state[word] ?? 0
    state[word] = ((bits << 1) | carry) & (mask[word] ?? 0)
    carry = bits >>> 31
  }
}

/** A bit for each character of a part that is `char`, or may be any. */
function maskOf(part: readonly string[], char: string): Uint32Array {
  const mask = new Uint32Array(Math.ceil(part.length / 32))
  for (const [i, own] of part.entries()) {
    const word = i >>> 5
    if (own === '_' || own === char) mask[word] = (mask[word] ?? 0) | (1 << (i % 32))
  }
  return mask
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
