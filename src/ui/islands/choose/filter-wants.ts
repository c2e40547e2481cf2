import { FilterError } from '../../../core/error.ts'
import { type LexedToken, tokenize } from '../../../search/lexer.ts'

/** What belongs where somebody types in a filter. */
export type FilterWant = {
  readonly what: 'key' | 'operator' | 'value' | 'join'
  /** Where it begins in the text, which ends at the caret. */
  readonly from: number
  /** As far as it is there, with its quotes. */
  readonly typed: string
  /** The key of the clause; empty while that is typed. */
  readonly key: string
}

/** @param text up to the caret; it is split as the server does */
export function wantIn(text: string): FilterWant {
  const { tokens, end } = tokensOf(text)
  let at = 0
  for (;;) {
    const clause = clauseFrom(tokens, at, end)
    const last = tokens[clause.from]
    const from = last && clause.from < clause.to ? last.at : end
    const first = tokens[at]
    const key = clause.what === 'key' || !first ? '' : text.slice(first.at, clause.keyEnd)
    if (clause.what !== undefined) return { what: clause.what, from, typed: text.slice(from), key }
    at = clause.to
  }
}

type ClauseParts = {
  /** What is still typed; undefined: the clause and its AND are whole. */
  readonly what: FilterWant['what'] | undefined
  readonly keyEnd: number
  /** Its tokens that are there. */
  readonly from: number
  readonly to: number
}

/** @param end of the text, or where a quote is open */
function clauseFrom(tokens: readonly LexedToken[], at: number, end: number): ClauseParts {
  const keyTo = endOfKey(tokens, at)
  const keyEnd = tokens[keyTo - 1]?.end ?? end
  const parts = (what: ClauseParts['what'], from: number, to: number) => ({
    what,
    keyEnd,
    from,
    to,
  })
  if (keyTo === at || keyEnd === end) return parts('key', at, keyTo)
  const operatorTo = endOfOperator(tokens, keyTo)
  if (operatorTo === keyTo || isTyped(tokens[operatorTo - 1], end)) {
    return parts('operator', keyTo, operatorTo)
  }
  const valueTo = isNullTest(tokens[keyTo]) ? operatorTo : endOfValue(tokens, operatorTo)
  const isValueTyped = valueTo > operatorTo && isTyped(tokens[valueTo - 1], end)
  if (valueTo < 0 || isValueTyped) return parts('value', operatorTo, valueTo)
  const isJoined = valueTo < tokens.length && tokens[valueTo]?.end !== end
  return parts(isJoined ? undefined : 'join', valueTo, Math.min(valueTo + 1, tokens.length))
}

/** A word that touches the caret may go on. */
function isTyped(token: LexedToken | undefined, end: number): boolean {
  return token?.kind === 'word' && token.end === end
}

/** The tokens up to a quote that is open, and where that is, or the text ends. */
function tokensOf(text: string): { tokens: readonly LexedToken[]; end: number } {
  try {
    return { tokens: tokenize(text, '').slice(0, -1), end: text.length }
  } catch (err) {
    if (!(err instanceof FilterError) || err.place === undefined) throw err
    const end = err.place.at
    return { tokens: tokenize(text.slice(0, end), '').slice(0, -1), end }
  }
}

/** Words and quoted names that touch are one key. */
function endOfKey(tokens: readonly LexedToken[], from: number): number {
  const rest = tokens.slice(from)
  const next = rest.findIndex(
    ({ kind, at }, i) => i > 0 && (kind === 'symbol' || at !== rest[i - 1]?.end),
  )
  return next < 0 ? tokens.length : from + next
}

/** A sign, or words such as NOT IN, the last of which may be half there. */
function endOfOperator(tokens: readonly LexedToken[], from: number): number {
  const words = /^(?:in|n|no|not|nu|nul|null|like|ilike)$/i
  let to = Math.min(from + 1, tokens.length)
  if (tokens[from]?.kind === 'symbol') return to
  while (words.test(tokens[to]?.text ?? '')) to++
  return to
}

function isNullTest(token: LexedToken | undefined): boolean {
  return token?.kind === 'word' && /^is$/i.test(token.text)
}

/** -1 where the value, or the rest of a list, is not there. */
function endOfValue(tokens: readonly LexedToken[], from: number): number {
  const first = tokens[from]
  if (first?.text !== '(') return first ? from + 1 : -1
  const close = tokens.findIndex((token, i) => i > from && token.text === ')')
  return close < 0 ? -1 : close + 1
}
