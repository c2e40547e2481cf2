import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { checkLength, keyCharsMax } from '../core/names.ts'
import type { KeyValue } from './run.ts'

/** @throws INVALID_PARAMETER_VALUE a key is given twice */
export function refuseRepeatedKeys(what: 'params' | 'tags', items: readonly KeyValue[]): void {
  const keys = new Set<string>()
  for (const { key } of items) {
    if (keys.has(key)) {
      throw invalid(
        what === 'params'
          ? `${messages.duplicateParams}: '${excerpt(key)}' is there more than once; give each key once`
          : `Key '${excerpt(key)}' stands in '${what}' more than once; give each key once`,
      )
    }
    keys.add(key)
  }
}

/** A list is one JSON parameter, of which D1 takes 2 MB; an escaped character is six bytes. */
const listCharsMax = 300_000
const valueCharsMax = 100_000

/**
 * Bounds for the params and tags of a logged model. MLflow on SQLite has none; these keep a row
 * within what D1 stores.
 *
 * @throws INVALID_PARAMETER_VALUE an empty or too long key, a too long value, or too much in all
 */
export function checkKeyValues(what: 'params' | 'tags', items: readonly KeyValue[]): void {
  let chars = 0
  for (const { key, value } of items) {
    chars += key.length + value.length
    if (key === '') throw invalid(messages.missing(`${what}.key`))
    checkLength(key, keyCharsMax, `${what}.key`)
    checkLength(value, valueCharsMax, `${what}.value`)
  }
  if (chars > listCharsMax) {
    throw invalid(`'${what}' has more than ${listCharsMax} characters in all; send it in parts`)
  }
}
