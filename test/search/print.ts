import type { Key } from '../../src/search/cursor.ts'
import type { Clause, Filter } from '../../src/search/filter.ts'

/** A filter as text that parses to it again. */
export function printFilter(filter: Filter): string {
  return filter.map(printClause).join(' AND ')
}

function printClause(clause: Clause): string {
  const start = `${printKey(clause.key)} ${clause.operator}`
  if ('values' in clause) return `${start} (${clause.values.map(printString).join(', ')})`
  if (!('value' in clause)) return start
  const { type, text } = clause.value
  return `${start} ${type === 'number' ? text : printString(text)}`
}

function printKey(key: Key): string {
  return key.prefix === undefined
    ? quoteName(key.name)
    : `${quoteName(key.prefix)}.${quoteName(key.name)}`
}

function quoteName(name: string): string {
  return name.includes('`') ? `"${name}"` : `\`${name}\``
}

function printString(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}
