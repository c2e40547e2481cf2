import { type SQL, sql } from 'drizzle-orm'
import type { KnownClause } from '../../search/filter.ts'
import { numberOf, stringOf } from '../../search/filter-sql.ts'
import { likeSql } from '../../search/like.ts'
import type { Literals } from '../../search/literals.ts'
import { equality, type FilterField } from '../../search/vocabulary.ts'
import { isAssessedSql } from '../assessments/assessment.ts'

const t = sql`t`
const comparisons = ['<', '<=', '>', '>='] as const
/** An error instead of a value counts as none. */
const value = sql`coalesce(a.value, 'null')`

/**
 * What people and judges say under a name. Values are compared as their JSON; texts as themselves too,
 * and numbers as numbers.
 */
export function assessmentField(kind: 'feedback' | 'expectation'): FilterField {
  return {
    type: 'string',
    operators: [...equality, ...comparisons, 'IS NULL', 'IS NOT NULL'],
    column: sql`null`,
    condition: (clause, literals) => {
      const name = literals.text(clause.key.name)
      const which = sql`a.kind = ${sql.raw(`'${kind}'`)} and a.name = ${name} and a.valid = 1`
      if (clause.operator === 'IS NULL') return sql`not ${isAssessedSql(t, which)}`
      if (clause.operator === 'IS NOT NULL') return isAssessedSql(t, which)
      return isAssessedSql(t, sql`${which} and ${valueCondition(clause, literals)}`)
    },
  }
}

/** Traces that an issue was found in. */
export const issueField: FilterField = {
  type: 'string',
  operators: ['='],
  column: sql`null`,
  condition: (clause, literals) =>
    'value' in clause
      ? isAssessedSql(
          t,
          sql`a.kind = 'issue' and a.name = ${literals.text(stringOf(clause))} and a.valid = 1`,
        )
      : undefined,
}

function valueCondition(clause: KnownClause, literals: Literals): SQL {
  if (!('value' in clause)) throw new Error('assessments take no lists')
  const { operator } = clause
  if (operator === 'LIKE' || operator === 'ILIKE') {
    const pattern = stringOf(clause)
    return likeSql(value, { pattern, caseSensitive: operator === 'LIKE' }, literals)
  }
  if (operator !== '=' && operator !== '!=') {
    return sql`a.number ${sql.raw(operator)} ${literals.double(Number(numberOf(clause)))}`
  }
  const text = stringOf(clause)
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  const values = literals.text(JSON.stringify([text, JSON.stringify(text)]))
  const isEqual = sql`${value} in (select j.value from json_each(${values}) j)`
  const isSame = Number.isFinite(number)
    ? sql`(${isEqual} or coalesce(a.number = ${literals.double(number)}, 0))`
    : isEqual
  return operator === '=' ? isSame : sql`not (${isSame})`
}
