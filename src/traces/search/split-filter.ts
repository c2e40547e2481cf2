import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { type Clause, type Filter, keyText } from '../../search/filter.ts'
import { stringOf } from '../../search/filter-sql.ts'
import { likeTest, regexTest, type TextTest } from '../../search/text-match.ts'
import { cost, tokenUsage } from '../spans/usage.ts'
import { labelSql, textColumns } from './trace-keys.ts'

/** One condition on a span. A text of the content is the whole line of it. */
export type SpanCondition = {
  readonly on: 'name' | 'type' | 'status' | 'content' | 'attribute'
  /** The attribute. */
  readonly key: string
  readonly test: TextTest
}

/** A column that a regular expression is compared with. */
export type ColumnTest = { readonly column: SQL; readonly test: TextTest }

/** A filter in the parts in which it is judged. All of them must hold. */
export type SplitFilter = {
  /** By SQL. */
  readonly clauses: Filter
  /** For one and the same span. */
  readonly onSpan: readonly SpanCondition[]
  /** For any span: what its content must have. */
  readonly onText: readonly TextTest[]
  /** For values of the trace, since SQL has no regular expressions. */
  readonly onColumns: readonly ColumnTest[]
  /** Texts that stand in the spans of a trace that fits, though maybe with letters in another case. */
  readonly pieces: readonly string[]
}

const spanOperators = ['=', '!=', 'IN', 'NOT IN', 'LIKE', 'ILIKE', 'RLIKE']
const textOperators = ['LIKE', 'ILIKE']
/** Each is a test of its own on every candidate. */
const testsMax = 20
/** Of all patterns that are compared with spans: each character may be compared with each. */
const patternCharsMax = 2000

/** @throws INVALID_PARAMETER_VALUE a key of spans that there is not, or an operator that it does not take */
export function splitFilter(filter: Filter): SplitFilter {
  const clauses: Clause[] = []
  const onSpan: SpanCondition[] = []
  const onText: TextTest[] = []
  const onColumns: ColumnTest[] = []
  for (const clause of filter) {
    if (isText(clause)) onText.push(contentTest(clause))
    else if (isOnSpans(clause)) onSpan.push(spanCondition(clause))
    else {
      checkClause(clause)
      const onColumn = columnTest(clause)
      if (onColumn) onColumns.push(onColumn)
      else clauses.push(clause)
    }
  }
  if (onSpan.length + onText.length + onColumns.length > testsMax) {
    throw invalid(`A filter has at most ${testsMax} clauses on spans, texts and RLIKE`)
  }
  const patterns = filter.filter(isOnSpans).flatMap(patternIn)
  if (patterns.reduce((sum, { length }) => sum + length, 0) > patternCharsMax) {
    throw invalid(`Patterns on spans and texts have at most ${patternCharsMax} characters in sum`)
  }
  return { clauses, onSpan, onText, onColumns, pieces: filter.filter(isOnSpans).flatMap(piecesOf) }
}

/** What a span that fits has in its line, whatever else. Of names, types and states the dictionary tells. */
function piecesOf(clause: Clause): readonly string[] {
  const { name } = clause.key
  const values = textOperators.includes(operatorOf(clause))
    ? patternIn(clause).flatMap(literalsOf)
    : []
  if (isText(clause) || name === 'content') return values
  if (!name.startsWith('attributes.')) return []
  if (clause.operator === '=' && 'value' in clause) values.push(stringOf(clause))
  return [JSON.stringify(name.slice('attributes.'.length)), ...values.flatMap(unescapedOf)]
}

/** What a pattern has between what stands for any text. */
function literalsOf(pattern: string): string[] {
  return pattern.split(/[%_]/)
}

/** A value as far as it stands in JSON, and in JSON of that, as it is. */
function unescapedOf(value: string): string[] {
  return value.split(/[^ !#-[\]-~]/)
}

function isText(clause: Clause): boolean {
  const { prefix, name } = clause.key
  return name === 'text' && (prefix === undefined || isAttribute(clause))
}

function isOnSpans(clause: Clause): boolean {
  return clause.key.prefix === 'span' || isText(clause)
}

function patternIn(clause: Clause): readonly string[] {
  return 'value' in clause && operatorOf(clause).endsWith('LIKE') ? [clause.value.text] : []
}

function operatorOf(clause: Clause): string {
  return clause.operator === 'OTHER' ? clause.written.toUpperCase() : clause.operator
}

function isAttribute({ key }: Clause): boolean {
  return ['trace', 'attribute', 'attributes'].includes(key.prefix ?? '')
}

function isMetadata(prefix = ''): boolean {
  return /^(request_)?metadata$/.test(prefix)
}

/** What a trace used and cost, which has a text of JSON for a value. */
const amountKeys: ReadonlySet<string> = new Set([tokenUsage.metadata, cost.metadata])

/** What MLflow says in words of its own. */
function checkClause(clause: Clause): void {
  const { prefix, name } = clause.key
  const isPrompt = name === 'prompt' && (prefix === undefined || isAttribute(clause))
  if (isPrompt && clause.operator !== '=') {
    throw invalid(messages.wrongPromptComparator(operatorOf(clause)))
  }
  const isAmount = isMetadata(prefix) && amountKeys.has(name)
  if (isAmount && operatorOf(clause).endsWith('LIKE')) {
    throw invalid(
      `${messages.notOfAmounts(operatorOf(clause), name)}; traces/metrics sums and compares amounts`,
    )
  }
}

function spanCondition(clause: Clause): SpanCondition {
  const { name } = clause.key
  const attribute = /^attributes\.(.*)$/s.exec(name)?.[1]
  if (attribute === '') throw invalid("Span attribute name cannot be empty after 'attributes.'")
  if (attribute !== undefined) {
    return { on: 'attribute', key: attribute, test: valueTest(clause) }
  }
  if (name === 'content') return { on: 'content', key: '', test: contentTest(clause) }
  if (name === 'name' || name === 'type' || name === 'status') {
    return { on: name, key: '', test: valueTest(clause) }
  }
  throw invalid(messages.wrongSpanKey(name))
}

function valueTest(clause: Clause): TextTest {
  const operator = operatorOf(clause)
  if (!spanOperators.includes(operator)) throw wrongOperator(clause, spanOperators)
  if ('values' in clause) {
    const values = new Set(clause.values)
    return operator === 'IN' ? (text) => values.has(text) : (text) => !values.has(text)
  }
  if (!('value' in clause)) throw wrongOperator(clause, spanOperators)
  const value = stringOf(clause)
  switch (operator) {
    case '=':
      return (text) => text === value
    case '!=':
      return (text) => text !== value
    case 'RLIKE':
      return regexTest(value)
    default:
      return likeTest(value, operator === 'LIKE')
  }
}

function contentTest(clause: Clause): TextTest {
  const operator = operatorOf(clause)
  const isBare = clause.key.prefix === undefined
  if (isBare) throw invalid(`${messages.wrongClauses(keyText(clause.key))}; write trace.text`)
  if (!textOperators.includes(operator) || !('value' in clause)) {
    throw wrongOperator(clause, textOperators)
  }
  return likeTest(stringOf(clause), operator === 'LIKE')
}

/** Undefined where SQL can judge it, or refuse it. */
function columnTest(clause: Clause): ColumnTest | undefined {
  if (operatorOf(clause) !== 'RLIKE' || !('value' in clause)) return undefined
  const test = regexTest(stringOf(clause))
  const { prefix = '', name } = clause.key
  const column = prefix === '' || isAttribute(clause) ? textColumns.get(name) : undefined
  if (column) return { column, test }
  const key = sql`${name}`
  if (/^tags?$/.test(prefix)) return { column: labelSql(sql`t.tags`, key), test }
  if (isMetadata(prefix)) return { column: labelSql(sql`t.metadata`, key), test }
  if (prefix === 'feedback' || prefix === 'expectation') {
    // All assessments of one trace may be megabytes, and a round has hundreds of traces.
    const values = sql`(select substr(group_concat(substr(a.value, 1, 10000), char(10)), 1, 20000)
      from assessments a
      where a.trace = t.id and a.kind = ${prefix} and a.name = ${key} and a.valid = 1)`
    return { column: values, test: (text) => text.split('\n').some(test) }
  }
  return undefined
}

function wrongOperator(clause: Clause, known: readonly string[]): Error {
  return invalid(messages.wrongSpanComparator(keyText(clause.key), operatorOf(clause), known))
}
