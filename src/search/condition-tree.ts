import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid } from '../core/error.ts'

/** Conditions that programs send as data: one about a field, or several of which all or any have to hold. */
export type ConditionTree =
  | { readonly name: string; readonly operator: TreeOperator; readonly value: string }
  | { readonly isEvery: boolean; readonly of: readonly ConditionTree[] }

export const treeOperators = [
  ...(['Equals', 'NotEquals', 'Contains', 'In', 'Exists', 'NotExists'] as const),
  ...(['GreaterThan', 'GreaterThanOrEqualTo', 'LessThan', 'LessThanOrEqualTo'] as const),
] as const
export type TreeOperator = (typeof treeOperators)[number]

/** What a condition may name: an expression that is null where a row lacks it. */
export type TreeField = {
  /** Of a time the expression is milliseconds, and values are ISO 8601. */
  readonly type: 'text' | 'number' | 'time'
  readonly expression: SQL
}

const comparisons: Partial<Record<TreeOperator, string>> = {
  GreaterThan: '>',
  GreaterThanOrEqualTo: '>=',
  LessThan: '<',
  LessThanOrEqualTo: '<=',
}

/**
 * The condition that a tree means; a list of none always holds.
 *
 * @param fieldNamed throws INVALID_PARAMETER_VALUE for a name that there is not
 * @throws INVALID_PARAMETER_VALUE a value that its field cannot have
 */
export function conditionTreeSql(
  tree: ConditionTree,
  fieldNamed: (name: string) => TreeField,
): SQL {
  if ('of' in tree) {
    if (tree.of.length === 0) return sql`1`
    const parts = tree.of.map((part) => conditionTreeSql(part, fieldNamed))
    return sql`(${sql.join(parts, tree.isEvery ? sql` and ` : sql` or `)})`
  }
  return leafSql(tree, fieldNamed(tree.name))
}

function leafSql(
  { name, operator, value }: Extract<ConditionTree, { name: string }>,
  { type, expression }: TreeField,
): SQL {
  if (operator === 'Exists') return sql`${expression} is not null`
  if (operator === 'NotExists') return sql`${expression} is null`
  if (operator === 'Contains') return sql`instr(${expression}, ${value}) > 0`
  const read = (text: string) => readValue(name, type, text)
  if (operator === 'Equals') return sql`${expression} is ${read(value)}`
  if (operator === 'NotEquals') return sql`${expression} is not ${read(value)}`
  if (operator === 'In') {
    const values = JSON.stringify(value.split(',').map((part) => read(part.trim())))
    return sql`${expression} in (select value from json_each(${values}))`
  }
  const sign = sql.raw(comparisons[operator] ?? '=')
  if (type !== 'text') return sql`${expression} ${sign} ${read(value)}`
  const number = readValue(name, 'number', value)
  // Texts are compared as the numbers that they are; others are no numbers, and are left out.
  return sql`(${expression} glob '[-+.0-9]*' and cast(${expression} as real) ${sign} ${number})`
}

function readValue(name: string, type: TreeField['type'], text: string): string | number {
  if (type === 'text') return text
  const number = type === 'time' ? Date.parse(text) : text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return number
  const what = type === 'time' ? 'a time such as 2027-01-31T12:00:00Z' : 'a number'
  throw invalid(`'${excerpt(text)}' is no value of ${excerpt(name)}, which is ${what}`)
}
