import { type SQL, sql } from 'drizzle-orm'
import { excerpt, type RegistryError } from '../core/error.ts'
import { parseInt64 } from '../core/int64.ts'
import { messages } from '../core/messages.ts'
import { type Clause, type Comparison, type Filter, keyText, type Literal } from './filter.ts'
import { likeLiteralsMax, likeSql } from './like.ts'
import type { Literals } from './literals.ts'
import { refusedAt } from './places.ts'
import { type FilterField, fieldOf, kindOf, type Vocabulary } from './vocabulary.ts'

/** Upper bound of the literals that one clause binds: its key, and its value. */
export const clauseLiteralsMax = 1 + likeLiteralsMax

/**
 * The condition that all clauses hold, for the WHERE of a statement whose tables carry the names
 * that `words` uses.
 *
 * @throws INVALID_PARAMETER_VALUE a key that the entity lacks, an operator that the key does not
 *   take, a value of another type
 */
export function filterSql(filter: Filter, words: Vocabulary<FilterField>, literals: Literals): SQL {
  return allOfSql(filter.map((clause) => clauseSql(clause, words, literals)))
}

/** AND of `conditions` as a balanced tree: a chain of 100 would leave D1's expression depth. */
function allOfSql(conditions: readonly SQL[]): SQL {
  const [first, second] = conditions
  if (first === undefined) return sql`1`
  if (second === undefined) return first
  const half = Math.ceil(conditions.length / 2)
  return sql`(${allOfSql(conditions.slice(0, half))} and ${allOfSql(conditions.slice(half))})`
}

function clauseSql(clause: Clause, words: Vocabulary<FilterField>, literals: Literals): SQL {
  const field = fieldOf(words, clause.key)
  if (clause.operator === 'OTHER' || !field.operators.includes(clause.operator)) {
    throw wrongOperator(clause, field, words.entity)
  }
  const meant = field.condition?.(clause, literals)
  if (meant) return meant
  if ('value' in clause && words.entity !== 'logged model') checkValue(clause, field, words.entity)
  const rows = field.rows?.(literals.text(clause.key.name))
  switch (clause.operator) {
    case 'IS NULL':
      return rows ? sql`not exists (select 1 from ${rows})` : sql`${field.column} is null`
    case 'IS NOT NULL':
      return rows ? sql`exists (select 1 from ${rows})` : sql`${field.column} is not null`
    default: {
      const condition = comparisonSql(clause, field, literals)
      return rows ? sql`exists (select 1 from ${rows} and ${condition})` : condition
    }
  }
}

type Searched = Vocabulary<unknown>['entity']

/** The 400 for an operator that the key does not take, or for a value that it takes even less. */
function wrongOperator(clause: Clause, field: FilterField, entity: Searched): RegistryError {
  // MLflow's parsers look at the value first, but for that of logged models.
  if (entity !== 'logged model' && !field.condition) checkValue(clause, field, entity)
  const phrase = operatorPhraseOf(clause, entity, field.operators)
  const message = `${phrase}; '${keyText(clause.key)}' takes ${field.operators.join(', ')}`
  const meant = clause.operator === 'OTHER' ? otherSpellings[clause.written] : undefined
  const fix = meant && field.operators.includes(meant) ? meant : undefined
  return refusedAt({ key: clause.key, part: 'operator' }, message, {
    fix,
    expected: field.operators,
  })
}

/** How other languages spell operators. */
const otherSpellings: Readonly<Record<string, '=' | '!='>> = { '==': '=', '===': '=', '<>': '!=' }

function checkValue(clause: Clause, field: FilterField, entity: Searched): void {
  if ('values' in clause) {
    const text = `(${clause.values.map((value) => `'${value}'`).join(', ')})`
    checkLiteral({ key: clause.key, value: { type: 'list', text } }, field, entity)
  } else if ('value' in clause) {
    checkLiteral(clause, field, entity)
  }
}

function checkLiteral(clause: Valued, field: FilterField, entity: Searched): void {
  if (field.type === 'number') numberOf(clause)
  else if (clause.value.type !== 'list')
    field.type === 'string' ? stringOf(clause, entity) : integerOf(clause)
  else if (kindOf(clause.key) !== 'attribute') stringOf(clause)
  else if (entity === 'run' || entity === 'experiment') {
    const phrase = messages.listOnlyOf([`${entity}_id`])
    const message = `${phrase} of quoted string values; got ${excerpt(clause.value.text)}`
    throw refusedAt({ key: clause.key, part: 'value' }, message)
  }
}

/** Each of MLflow's parsers says it in its own way. */
function operatorPhraseOf(
  clause: Clause,
  entity: Searched,
  known: FilterField['operators'],
): string {
  const { key } = clause
  const operator = clause.operator === 'OTHER' ? clause.written : clause.operator
  const kind = kindOf(key)
  if (entity === 'logged model') {
    const name = `${key.prefix ?? 'attributes'}.${key.name}`
    return messages.wrongComparatorOfLoggedModels(excerpt(name), operator)
  }
  const isOfRegistry = entity === 'registered model' || entity === 'model version'
  if (entity !== 'trace' && (operator === 'IS NULL' || operator === 'IS NOT NULL')) {
    return isOfRegistry ? messages.nullNotSupportedIn(entity) : messages.nullNotSupported
  }
  const isTagOfExperiment = entity === 'experiment' && kind === 'tag'
  return isTagOfExperiment || isOfRegistry
    ? messages.wrongComparatorFor(kind, operator)
    : messages.wrongComparator(operator, known)
}

type Compared = Exclude<Clause, { operator: 'IS NULL' | 'IS NOT NULL' | 'OTHER' }>

function comparisonSql(clause: Compared, field: FilterField, literals: Literals): SQL {
  switch (clause.operator) {
    case 'IN':
    case 'NOT IN': {
      const list = literals.text(JSON.stringify(clause.values))
      const operator = sql.raw(clause.operator === 'IN' ? 'in' : 'not in')
      return sql`${wholeColumn(field)} ${operator} (select value from json_each(${list}))`
    }
    case 'LIKE':
    case 'ILIKE':
      return likeSql(
        wholeColumn(field),
        { pattern: stringOf(clause), caseSensitive: clause.operator === 'LIKE' },
        literals,
      )
    default:
      return field.type === 'string'
        ? stringSql(stringOf(clause), { operator: clause.operator, field, literals })
        : numberSql(clause, { operator: clause.operator, field, literals })
  }
}

/** The column with what stands for NULL put in. */
function wholeColumn(field: FilterField): SQL {
  return field.missing === undefined ? field.column : sql`coalesce(${field.column}, '')`
}

function stringSql(text: string, { operator, field, literals }: OrderedComparison): SQL {
  // The bare column where it says the same: only that can use an index.
  const column = operator === '=' && text !== field.missing ? field.column : wholeColumn(field)
  return sql`${column} ${sqlOperator(operator)} ${literals.text(text)}`
}

type Valued = { readonly key: Clause['key']; readonly value: Literal }
type Ordering = Exclude<Comparison, 'LIKE' | 'ILIKE'>
type OrderedComparison = {
  readonly operator: Ordering
  readonly field: FilterField
  readonly literals: Literals
}

function numberSql(clause: Valued, { operator, field, literals }: OrderedComparison): SQL {
  const value = field.type === 'integer' ? integerOf(clause) : numberOf(clause)
  const whole = /^[+-]?\d+$/.test(value) ? parseInt64(value) : undefined
  const bound = whole === undefined ? literals.double(doubleOf(value)) : literals.integer(whole)
  const condition = sql`${field.column} ${sqlOperator(operator)} ${bound}`
  if (!field.isNan) return condition
  return operator === '!='
    ? sql`(${field.isNan} = 1 or ${condition})`
    : sql`(${field.isNan} = 0 and ${condition})`
}

const numbersOfVersions = ['creation_timestamp', 'last_updated_timestamp', 'version_number']

export function stringOf(clause: Valued, entity?: Searched): string {
  if (clause.value.type === 'string') return clause.value.text
  const { text, type } = clause.value
  const kind = kindOf(clause.key)
  if (entity === 'model version' && kind === 'attribute' && type === 'number') {
    const message = `${messages.numberOnlyOf(numbersOfVersions)}; got ${excerpt(text)}`
    throw refusedAt({ key: clause.key, part: 'value' }, message, { fix: quotedOf(clause.value) })
  }
  const names = { attribute: 'attributes', dataset: 'dataset attributes' }
  const ofRegistry = entity === 'registered model' || entity === 'model version'
  const phrase =
    type === 'bare'
      ? messages.notQuoted
      : ofRegistry && kind === 'attribute'
        ? messages.notTextOrList
        : messages.notText(kind === 'attribute' || kind === 'dataset' ? names[kind] : kind)
  throw refusedAt(
    { key: clause.key, part: 'value' },
    `${phrase}: '${keyText(clause.key)}' takes text such as 'x', got ${excerpt(text)}`,
    { fix: quotedOf(clause.value) },
  )
}

export function numberOf(clause: Valued): string {
  if (clause.value.type === 'number') return clause.value.text
  const kind = kindOf(clause.key)
  const what = kind === 'metric' ? kind : `numeric attribute: ${keyText(clause.key)}`
  throw refusedAt(
    { key: clause.key, part: 'value' },
    `${messages.notNumeric(what)}. Found ${shownOf(clause.value)}; give a number without quotes`,
    { fix: numberMeantBy(clause, kind) },
  )
}

/** A value that lacks its quotes, with them. */
function quotedOf({ type, text }: Literal): string | undefined {
  if (type !== 'number' && type !== 'bare') return undefined
  const bare = text.replace(/^`(.*)`$/s, '$1')
  return bare.includes("'") ? undefined : `'${bare}'`
}

/** A number in quotes without them, and a day as the milliseconds at which it begins in UTC. */
function numberMeantBy({ value: { text } }: Valued, kind: ReturnType<typeof kindOf>) {
  const bare = text.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(bare)) return bare
  const isDay = kind === 'attribute' && /^\d{4}-\d\d-\d\d$/.test(bare)
  const atMs = isDay ? Date.parse(bare) : Number.NaN
  return Number.isNaN(atMs) ? undefined : String(atMs)
}

function shownOf({ type, text }: Literal): string {
  return type === 'string' ? `'${excerpt(text)}'` : excerpt(text)
}

function integerOf(clause: Valued): string {
  const text = clause.value.text.trim()
  if (/^[+-]?\d+$/.test(text)) return text
  if (clause.value.type === 'number' && Number.isSafeInteger(Number(text))) {
    return String(Number(text))
  }
  throw refusedAt(
    { key: clause.key, part: 'value' },
    `${messages.notWhole(keyText(clause.key))}: '${excerpt(clause.value.text)}'; give a whole number`,
  )
}

/** Past the doubles, the largest one, as which an infinite metric is stored. */
function doubleOf(text: string): number {
  const value = Number(text)
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE
}

/** `=`, `!=` and the like are the same in SQL; the type has no other. */
function sqlOperator(operator: Ordering): SQL {
  return sql.raw(operator)
}
