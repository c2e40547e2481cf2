import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { Cursor, isWord, type Key } from './cursor.ts'
import type { LexedToken } from './lexer.ts'
import { notePlaces } from './places.ts'

const comparisons = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE'] as const
export type Comparison = (typeof comparisons)[number]
export type Operator = Comparison | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL'

/**
 * What a key is compared with: a quoted string, or a number or a list as it was written. `bare` is
 * none of them, and refused once it is known what the key takes.
 */
export type Literal = {
  readonly type: 'string' | 'number' | 'bare' | 'list'
  readonly text: string
}

/** One condition of a filter. */
export type Clause = { readonly key: Key } & (
  | { readonly operator: Comparison; readonly value: Literal }
  | { readonly operator: 'IN' | 'NOT IN'; readonly values: readonly string[] }
  | { readonly operator: 'IS NULL' | 'IS NOT NULL' }
  | UnknownOperator
)

/** A clause whose operator keys take. */
export type KnownClause = Exclude<Clause, UnknownOperator>

/** An operator of SQL that no key takes. What is wrong with the key or the value is told first. */
type UnknownOperator = {
  readonly operator: 'OTHER'
  readonly written: string
  readonly value: Literal
}

/** A filter's clauses; all of them must hold. The syntax alone: which keys exist is for `filterSql`. */
export type Filter = readonly Clause[]

export const clausesMax = 100
const charsMax = 200_000
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/**
 * Parse a filter of any searchable entity: `key operator value`, joined by AND. Empty or absent
 * text has no clauses; blank text is refused, as MLflow does. As in MLflow 3.17.2, an AND with nothing on one side is passed over.
 *
 * @param phraseOf what a message about the filter begins with; `blankPhraseOf`, about a blank one
 * @throws INVALID_PARAMETER_VALUE bad syntax, with the place and what was expected there; more than
 *   100 clauses or 200,000 characters
 * @see docs/search.md
 */
export function parseFilter(
  text: string | undefined,
  phraseOf: (filter: string) => string = messages.wrongClauses,
  blankPhraseOf: (filter: string) => string = messages.blankFilter,
): Filter {
  if (text === undefined) return []
  if (text.length > charsMax) throw invalid(`The filter has more than ${charsMax} characters`)
  if (text !== '' && text.trim() === '') {
    throw invalid(`${blankPhraseOf(excerpt(text))}: leave it out to find everything`)
  }
  const cursor = new Cursor(text, phraseOf(text))
  const clauses: Clause[] = []
  skipAnds(cursor)
  while (cursor.peek().kind !== 'end') {
    if (clauses.length === clausesMax) throw invalid(`A filter has at most ${clausesMax} clauses`)
    clauses.push(parseClause(cursor))
    const next = cursor.peek()
    if (next.kind !== 'end' && !isWord(next, 'AND')) {
      throw cursor.unexpected(next, 'AND or the end; OR, NOT and parentheses are not supported', {
        words: ['AND'],
      })
    }
    skipAnds(cursor)
  }
  return clauses
}

function skipAnds(cursor: Cursor): void {
  let taken = true
  while (taken) taken = cursor.takeIf('AND')
}

function parseClause(cursor: Cursor): Clause {
  const first = cursor.peek()
  const isValue = first.kind === 'quoted' ? first.quote === "'" : number.test(first.text)
  if (isValue) {
    const phrase = isOperator(cursor.peek(1)) ? messages.notAKey(cursor.textOf(first)) : undefined
    throw cursor.unexpected(first, 'a key such as metrics.accuracy', { phrase })
  }
  const key = cursor.key()
  const keyPlace = cursor.placeFrom(first)
  const operator = cursor.peek()
  const words = isWord(operator, 'NOT') ? 2 : 1
  const operatorEnd = cursor.peek(words - 1).end
  const value = cursor.peek(words)
  const clause = parseComparison(cursor, key)
  notePlaces(key, {
    key: keyPlace,
    operator: { at: operator.at, end: operatorEnd },
    value: cursor.placeFrom(value),
  })
  return clause
}

function parseComparison(cursor: Cursor, key: Key): Clause {
  if (cursor.takeIf('IS')) {
    const operator = cursor.takeIf('NOT') ? 'IS NOT NULL' : 'IS NULL'
    if (!cursor.takeIf('NULL'))
      throw cursor.unexpected(cursor.peek(), 'NULL or NOT NULL', { words: ['NULL', 'NOT NULL'] })
    return { key, operator }
  }
  if (cursor.takeIf('NOT')) return parseNegated(cursor, key)
  if (cursor.takeIf('IN')) return { key, operator: 'IN', values: parseList(cursor) }
  const token = cursor.take()
  if (!isOperator(token)) {
    throw cursor.unexpected(token, `an operator (${comparisons.join(' ')} IN, NOT IN, IS NULL)`, {
      words: [...comparisons, 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'],
    })
  }
  const value = parseLiteral(cursor)
  const operator = comparisons.find((known) => known === token.text.toUpperCase())
  return operator
    ? { key, operator, value }
    : { key, operator: 'OTHER', written: token.text, value }
}

function isOperator({ kind, text }: LexedToken): boolean {
  if (kind === 'symbol') return !/[(),;]/.test(text)
  return kind === 'word' && /^(I?LIKE|RLIKE|REGEXP|~)$/i.test(text)
}

/** What follows NOT. */
function parseNegated(cursor: Cursor, key: Key): Clause {
  if (cursor.takeIf('IN')) return { key, operator: 'NOT IN', values: parseList(cursor) }
  const token = cursor.peek()
  const isLike = ['LIKE', 'ILIKE', 'RLIKE'].some((word) => isWord(token, word))
  if (!isLike) throw cursor.unexpected(token, 'IN after NOT', { words: ['IN'] })
  const written = `NOT ${cursor.take().text}`
  return { key, operator: 'OTHER', written, value: parseLiteral(cursor) }
}

function parseLiteral(cursor: Cursor): Literal {
  const token = cursor.peek()
  if (token.kind === 'symbol' && token.text === '(') {
    parseList(cursor)
    return { type: 'list', text: cursor.textFrom(token) }
  }
  const isBoolean = isWord(token, 'TRUE') || isWord(token, 'FALSE')
  if (isBoolean || (token.kind !== 'quoted' && token.kind !== 'word')) {
    throw cursor.unexpected(token, "a number or a string in quotes, such as 'x'")
  }
  const { text } = cursor.take()
  if (token.kind === 'word') return { type: number.test(text) ? 'number' : 'bare', text }
  return token.quote === '`' ? { type: 'bare', text: `\`${text}\`` } : { type: 'string', text }
}

function parseList(cursor: Cursor): readonly string[] {
  const values: string[] = []
  if (!cursor.takeIf('('))
    throw cursor.unexpected(cursor.peek(), "a list such as ('a', 'b')", { words: ['('] })
  do {
    const token = cursor.peek()
    if (values.length > 0 && token.text === ')' && token.kind === 'symbol') break
    if (token.kind !== 'quoted' || token.quote === '`') {
      throw cursor.unexpected(token, 'a string in quotes: lists hold one or more of them', {
        phrase: messages.notAQuotedList,
      })
    }
    values.push(cursor.take().text)
  } while (cursor.takeIf(','))
  if (!cursor.takeIf(')')) throw cursor.unexpected(cursor.peek(), ', or )', { words: [',', ')'] })
  return values
}

/** `key` as messages quote it. */
export function keyText(key: Key): string {
  return excerpt(key.prefix === undefined ? key.name : `${key.prefix}.${key.name}`)
}
