import { type SQL, sql } from 'drizzle-orm'
import type { KnownClause } from '../../search/filter.ts'
import { numberOf, stringOf } from '../../search/filter-sql.ts'
import { likeSql } from '../../search/like.ts'
import type { Literals } from '../../search/literals.ts'
import { equality, type FilterField } from '../../search/vocabulary.ts'

const comparisons = ['<', '<=', '>', '>='] as const

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
      if (clause.operator === 'IS NULL') return sql`not ${isAssessed(which)}`
      if (clause.operator === 'IS NOT NULL') return isAssessed(which)
      return isAssessed(sql`${which} and ${valueCondition(clause, literals)}`)
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
      ? isAssessed(
          sql`a.kind = 'issue' and a.name = ${literals.text(stringOf(clause))} and a.valid = 1`,
        )
      : undefined,
}

/** Whether such an assessment is of the trace `t`, or of its session as a whole. */
function isAssessed(which: SQL): SQL {
  return sql`(exists (select 1 from assessments a where a.trace = t.id and ${which})
    or exists (select 1 from assessments a join traces o on o.id = a.trace
      where a.session_id = t.session_id and a.session_id is not null
        and o.experiment = t.experiment and ${which}))`
}

function valueCondition(clause: KnownClause, literals: Literals): SQL {
  if (!('value' in clause)) throw new Error('assessments take no lists')
  const { operator } = clause
  if (operator === 'LIKE' || operator === 'ILIKE') {
    const pattern = stringOf(clause)
    return likeSql(sql`a.value`, { pattern, caseSensitive: operator === 'LIKE' }, literals)
  }
  if (operator !== '=' && operator !== '!=') {
    return sql`a.number ${sql.raw(operator)} ${literals.double(Number(numberOf(clause)))}`
  }
  const text = stringOf(clause)
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  const values = literals.text(JSON.stringify([text, JSON.stringify(text)]))
  const isEqual = sql`a.value in (select value from json_each(${values}))`
  const isSame = Number.isFinite(number)
    ? sql`(${isEqual} or coalesce(a.number = ${literals.double(number)}, 0))`
    : isEqual
  return operator === '=' ? isSame : sql`not (${isSame})`
}
