import { SQL, type SQLChunk, StringChunk, sql } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

const dialect = new SQLiteAsyncDialect()

export type Compiled = {
  readonly text: string
  readonly params: readonly (string | number | null)[]
}

/**
 * SQL text and bound values, in the types that every driver takes: booleans become 0 and 1.
 *
 * @throws TypeError a value that a driver would turn into NULL or crash on: NaN, an infinity,
 *   a bigint, an object (an undefined drizzle leaves out, which is a syntax error). That is a bug
 *   in the query, not the caller's mistake
 */
export function compile(query: SQL): Compiled {
  const known = written.get(query)
  if (known) return known
  const params: Compiled['params'][number][] = []
  return { text: textOf(query, params), params }
}

/**
 * The text of a query as drizzle writes it. Texts, values and other queries are all that most are made of; drizzle
 * looks at each of them for what else it could be, which takes several times as long.
 *
 * @param params gets the values, in the order of their marks
 */
function textOf(query: SQL, params: Compiled['params'][number][]): string {
  let text = ''
  for (const chunk of query.queryChunks) {
    if (chunk instanceof StringChunk) text += chunk.value.join('')
    else if (chunk instanceof SQL) text += writtenOf(chunk, params) ?? textOf(chunk, params)
    else if (isValue(chunk)) {
      text += '?'
      params.push(toBindable(chunk))
    } else {
      const other = dialect.sqlToQuery(sql`${chunk}`)
      text += other.sql
      params.push(...other.params.map(toBindable))
    }
  }
  return text
}

/** Drizzle's type of a chunk leaves values out, which stand there all the same. */
function isValue(chunk: SQLChunk | string | number | boolean | null): boolean {
  return chunk === null || (typeof chunk !== 'object' && chunk !== undefined)
}

/** Whether the text of a statement changes nothing, as far as its words show. */
export function isReadText(text: string): boolean {
  return /^\s*(?:select|with)\b/i.test(text) && !/\b(?:insert|update|delete|replace)\b/i.test(text)
}

/** What `fixSql` and `fixQueries` gave out. */
const written = new WeakMap<SQL, Compiled>()

function writtenOf(query: SQL, params: Compiled['params'][number][]): string | undefined {
  const known = written.get(query)
  if (known) params.push(...known.params)
  return known?.text
}

/** A fragment that binds nothing, written out once: hot queries need not put it together again. */
export function fixSql<Row>(fragment: SQL<Row>): SQL<Row> {
  const { text, params } = compile(fragment)
  if (params.length > 0) throw new TypeError('a fragment with values is not fixed')
  const once = sql.raw(text) as SQL<Row>
  written.set(once, { text, params: [] })
  return once
}

/**
 * Statements that are written out once, with their values by name: to put a long one together, and to find what it was
 * prepared as by a text that is new each time, takes as long as to run it.
 *
 * @param names of the values, which are texts
 * @param build is called once, with what stands for them
 * @returns gives the statements with values in their places
 */
export function fixQueries<
  const Name extends string,
  Queries extends Readonly<Record<string, SQL>>,
>(
  names: readonly Name[],
  build: (slots: Readonly<Record<Name, string>>) => Queries,
): (values: Readonly<Record<Name, string>>) => Queries {
  const slotOf = (name: Name) => `{${name}}`
  const slots = Object.fromEntries(names.map((name) => [name, slotOf(name)]))
  const fixed = Object.entries(build(slots as Record<Name, string>)).map(([key, query]) => {
    const { text, params } = compile(query)
    const bound = params.map((param) => names.find((name) => slotOf(name) === param) ?? { param })
    return { key, text, bound }
  })
  return (values) => {
    const queries: Record<string, SQL> = {}
    for (const { key, text, bound } of fixed) {
      const query = sql.raw(text)
      const params = bound.map((one) =>
        typeof one === 'object' ? one.param : toBindable(values[one]),
      )
      written.set(query, { text, params })
      queries[key] = query
    }
    return queries as Queries
  }
}

function toBindable(value: unknown): string | number | null {
  if (typeof value === 'string') return withWholeCharacters(value)
  if (value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  throw new TypeError(`not a value that SQL can bind: ${typeof value} ${String(value)}`)
}

/** What JSON.stringify writes for half of a character: a whole one it writes as it is. */
const halfEscape = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

/**
 * A text with U+FFFD for each half of a character, in JSON that the server wrote too: D1 would keep three wrong bytes,
 * and libSQL ends the whole process over what SQL unpacks from such JSON. Escapes in texts of callers are data and
 * stay, as long as they are not written as the server writes JSON.
 */
function withWholeCharacters(text: string): string {
  if (text.search(halfEscape) === -1 || !isWrittenHere(text)) return text.toWellFormed()
  return text.toWellFormed().replace(halfEscape, '$1\ufffd')
}

function isWrittenHere(text: string): boolean {
  if (!/^[[{]/.test(text)) return false
  try {
    return JSON.stringify(JSON.parse(text)) === text
  } catch {
    // No JSON, so SQL cannot unpack it either.
    return false
  }
}
