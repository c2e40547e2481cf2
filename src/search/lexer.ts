import { excerpt, FilterError } from '../core/error.ts'

/** One token of a filter or an order_by, with its place: `at` to before `end`, in UTF-16 units. */
export type LexedToken = {
  /** `word`: bare characters, dots included. `quoted`: `text` is what stands between the quotes. */
  readonly kind: 'word' | 'quoted' | 'symbol' | 'end'
  readonly text: string
  readonly quote?: Quote
  readonly at: number
  readonly end: number
}
export type Quote = "'" | '"' | '`'

const space = /\s*/y
const word = /[^\s'"`=<>!(),;]+/y
const symbol = /[=<>!]+|[(),;]/y

/**
 * Split `text` into tokens, the last of kind `end`. A doubled quote does not end a string and
 * stays double, as in MLflow 3.17.2: no quote can be escaped.
 *
 * @param phrase what a message about `text` begins with
 * @throws INVALID_PARAMETER_VALUE a quote is not closed
 */
export function tokenize(text: string, phrase: string): LexedToken[] {
  const found: LexedToken[] = []
  let at = matchEnd(space, text, 0) ?? 0
  while (at < text.length) {
    const token = nextToken(text, at)
    if (token === undefined) throw neverClosed(text, at, phrase)
    found.push(token)
    at = matchEnd(space, text, token.end) ?? token.end
  }
  found.push({ kind: 'end', text: '', at, end: at })
  return found
}

/** Undefined where a quote begins that is never closed. */
function nextToken(text: string, at: number): LexedToken | undefined {
  const first = text[at]
  if (first === "'" || first === '"' || first === '`') return quotedToken(text, at, first)
  const wordEnd = matchEnd(word, text, at)
  if (wordEnd !== undefined) {
    return { kind: 'word', text: text.slice(at, wordEnd), at, end: wordEnd }
  }
  const end = matchEnd(symbol, text, at) ?? at + 1
  return { kind: 'symbol', text: text.slice(at, end), at, end }
}

function quotedToken(text: string, at: number, quote: Quote): LexedToken | undefined {
  let close = text.indexOf(quote, at + 1)
  while (close >= 0 && text[close + 1] === quote) close = text.indexOf(quote, close + 2)
  if (close < 0) return undefined
  return { kind: 'quoted', quote, text: text.slice(at + 1, close), at, end: close + 1 }
}

/** Where no further clause follows, the quote belongs at the end. */
function neverClosed(text: string, at: number, phrase: string): FilterError {
  const rest = text.slice(at)
  const fix = / and /i.test(rest) ? undefined : rest.trimEnd() + rest[0]
  return new FilterError(
    `${phrase}; at position ${at + 1} the quote in ${excerpt(rest, 40)} is never closed`,
    { at, end: text.length, ...(fix !== undefined && { fix }) },
  )
}

/** Where `pattern` (sticky) stops matching from `at` on; undefined when it does not match there. */
function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
