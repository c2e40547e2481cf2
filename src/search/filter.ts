import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { Cursor, isWord, type Key } from './cursor.ts'

const comparisons = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE'] as const
export type Comparison = (typeof comparisons)[number]
export type Operator = Comparison | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL'

/**
 * What a key is compared with: a quoted string, or a number as it was written. `bare` is neither, and
 * refused once it is known what the key takes.
 */
export type Literal = { readonly type: 'string' | 'number' | 'bare'; readonly text: string }

/** One condition of a filter. */
export type Clause = { readonly key: Key } & (
  | { readonly operator: Comparison; readonly value: Literal }
  | { readonly operator: 'IN' | 'NOT IN'; readonly values: readonly string[] }
  | { readonly operator: 'IS NULL' | 'IS NOT NULL' }
)

/** A filter's clauses; all of them must hold. The syntax alone: which keys exist is for `filterSql`. */
export type Filter = readonly Clause[]

export const clausesMax = 100
const charsMax = 200_000
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/**
 * Parse a filter of any searchable entity: `key operator value`, joined by AND. Empty or absent
 * text has no clauses. As in MLflow 3.17.2, an AND with nothing on one side is passed over.
 *
 * @param phraseOf what a message about the filter begins with
 * @throws INVALID_PARAMETER_VALUE bad syntax, with the place and what was expected there; more than
 *   100 clauses or 200,000 characters
 * @see docs/search.md
 */
export function parseFilter(
  text: string | undefined,
  phraseOf: (filter: string) => string = messages.wrongClauses,
): Filter {
  if (text === undefined) return []
  if (text.length > charsMax) throw invalid(`The filter has more than ${charsMax} characters`)
  const cursor = new Cursor(text, phraseOf(text))
  const clauses: Clause[] = []
  skipAnds(cursor)
  while (cursor.peek().kind !== 'end') {
    if (clauses.length === clausesMax) throw invalid(`A filter has at most ${clausesMax} clauses`)
    clauses.push(parseClause(cursor))
    const next = cursor.peek()
    if (next.kind !== 'end' && !isWord(next, 'AND')) {
      throw cursor.unexpected(next, 'AND or the end; OR, NOT and parentheses are not supported')
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
  const key = cursor.key()
  if (cursor.takeIf('IS')) {
    const operator = cursor.takeIf('NOT') ? 'IS NOT NULL' : 'IS NULL'
    if (!cursor.takeIf('NULL')) throw cursor.unexpected(cursor.peek(), 'NULL or NOT NULL')
    return { key, operator }
  }
  if (cursor.takeIf('NOT')) {
    if (!cursor.takeIf('IN')) throw cursor.unexpected(cursor.peek(), 'IN after NOT')
    return { key, operator: 'NOT IN', values: parseList(cursor) }
  }
  if (cursor.takeIf('IN')) return { key, operator: 'IN', values: parseList(cursor) }
  return { key, operator: parseComparison(cursor), value: parseLiteral(cursor) }
}

function parseComparison(cursor: Cursor): Comparison {
  const token = cursor.take()
  const text = token.text.toUpperCase()
  const operator = token.kind === 'quoted' ? undefined : comparisons.find((op) => op === text)
  if (operator === undefined) {
    const phrase =
      token.kind === 'symbol' ? messages.wrongComparator(token.text, comparisons) : undefined
    const known = `an operator (${comparisons.join(' ')} IN, NOT IN, IS NULL)`
    throw cursor.unexpected(token, known, phrase)
  }
  return operator
}

function parseLiteral(cursor: Cursor): Literal {
  const token = cursor.take()
  if (token.kind === 'quoted' && token.quote !== '`') return { type: 'string', text: token.text }
  if (token.kind === 'word') {
    return { type: number.test(token.text) ? 'number' : 'bare', text: token.text }
  }
  throw cursor.unexpected(token, "a number or a string in quotes, such as 'x'")
}

function parseList(cursor: Cursor): readonly string[] {
  const values: string[] = []
  if (!cursor.takeIf('(')) throw cursor.unexpected(cursor.peek(), "a list such as ('a', 'b')")
  do {
    const token = cursor.peek()
    if (values.length > 0 && token.text === ')' && token.kind === 'symbol') break
    if (token.kind !== 'quoted' || token.quote === '`') {
      throw cursor.unexpected(
        token,
        'a string in quotes: lists hold one or more of them',
        messages.notAQuotedList,
      )
    }
    values.push(cursor.take().text)
  } while (cursor.takeIf(','))
  if (!cursor.takeIf(')')) throw cursor.unexpected(cursor.peek(), ', or )')
  return values
}

/** `key` as messages quote it. */
export function keyText(key: Key): string {
  return excerpt(key.prefix === undefined ? key.name : `${key.prefix}.${key.name}`)
}
