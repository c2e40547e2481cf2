import { invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { Cursor, type Key } from './cursor.ts'

/** One entry of an order_by list. */
export type OrderItem = { readonly key: Key; readonly descending: boolean }

/** Each joins a table and selects two columns; SQLite joins 64 tables, D1 selects 100 columns. */
export const orderItemsMax = 20

/**
 * Parse an order_by list, each entry `key`, `key ASC` or `key DESC`; ascending when not said.
 * A key that stands there twice counts once, the first time.
 *
 * @throws INVALID_PARAMETER_VALUE bad syntax, or more than 20 different keys
 */
export function parseOrderBy(entries: readonly string[]): readonly OrderItem[] {
  const items = new Map<string, OrderItem>()
  for (const entry of entries) {
    const item = parseItem(entry)
    const id = JSON.stringify([item.key.prefix ?? null, item.key.name])
    if (!items.has(id)) items.set(id, item)
    if (items.size > orderItemsMax) throw invalid(`order_by takes at most ${orderItemsMax} keys`)
  }
  return [...items.values()]
}

function parseItem(entry: string): OrderItem {
  const cursor = new Cursor(entry, messages.wrongOrder(entry))
  const first = cursor.peek()
  if (first.kind === 'word' && !isIdentifier(first.text)) {
    throw cursor.unexpected(first, 'a key such as metrics.accuracy')
  }
  const key = cursor.key()
  const descending = cursor.takeIf('DESC')
  const hasDirection = descending || cursor.takeIf('ASC')
  const rest = cursor.peek()
  if (rest.kind !== 'end') {
    const isDirection = !hasDirection && rest.kind === 'word' && cursor.peek(1).kind === 'end'
    const phrase = isDirection ? messages.wrongOrderKey(entry) : undefined
    throw cursor.unexpected(rest, 'ASC, DESC or the end', { phrase, words: ['ASC', 'DESC'] })
  }
  return { key, descending }
}

/** A name without quotes: no number and no word of SQL. Behind a prefix other characters may stand. */
function isIdentifier(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*(\.|$)/u.test(text) && !/^(ASC|DESC|TRUE|FALSE|NULL)$/i.test(text)
}
