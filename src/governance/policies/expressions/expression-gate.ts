import { excerpt } from '../../../core/error.ts'
import { expressionFacts, itemsMax, tooLongLists, type VersionFacts } from '../facts.ts'
import { rememberEach } from '../remember.ts'
import { shortNumber } from '../trace-gate.ts'
import { failed, lost, passed, type Verdict } from '../verdict.ts'
import { type ExpressionFacts, judgeExpression } from './expression.ts'
import type { StepBudget } from './expression-cost.ts'
import { type ComparedVersions, type ExpressionTraces, whyUnknown } from './measure-figures.ts'
import type { ExpressionGate } from './name-figures.ts'

/** What expressions are judged on; the fields are those of `GateInput`. */
type ExpressionInput = {
  readonly candidate: VersionFacts
  readonly current: VersionFacts | undefined
  readonly lostHolder?: number | undefined
  readonly budget?: StepBudget
  /** What traces show of it; absent: it names no figure of them. */
  readonly traces?: ExpressionTraces | undefined
}

/** Judge one expression on the facts of both versions. Never throws for what the facts lack. */
export function judgeByExpression(
  gate: ExpressionGate,
  { candidate, current, lostHolder, budget, traces }: ExpressionInput,
): Verdict {
  const { expression } = gate
  if (gate.traces && !traces) return failed('the traces of the version were not read')
  if (lostHolder !== undefined && isCompared(expression)) return lost(lostHolder)
  const unread = whatIsUnread(expression, current ? [candidate, current] : [candidate])
  if (unread !== undefined) return failed(`${excerpt(expression, 300)}: ${unread}`)
  const tooLong = [candidate, ...(current ? [current] : [])].flatMap(tooLongLists)
  const needed = tooLong.find((list) => expression.includes(list))
  if (needed) {
    return failed(`${excerpt(expression, 300)}: the version has more than ${itemsMax} ${needed}`)
  }
  const unknown = traces && whyUnknown(gate, traces, { candidate, current })
  if (unknown !== undefined) {
    return { status: 'pending', detail: `${excerpt(expression, 300)}: ${unknown}` }
  }
  const facts = factsWith(traces, { candidate, current })
  const { holds, problem } = judgeExpression(expression, facts, budget)
  const values = [...valuesIn(expression, candidate, current), ...figuresShown(traces)].join(', ')
  const endless = nonFiniteIn(expression, { candidate, current })
  if (endless !== undefined) return failed(`${excerpt(expression, 300)}: ${endless}`)
  const shown = `${excerpt(expression, 300)}${values ? ` (${values})` : ''}`
  if (problem !== undefined) return failed(`${shown}: ${problem}`)
  // SQL asks it again with the write of the move, so it has to agree.
  return holds && traces?.holds !== false ? passed(shown) : failed(`${shown} does not hold`)
}

/** Facts of both versions, with the figures of their traces that the expression names. */
function factsWith(
  traces: ExpressionTraces | undefined,
  { candidate, current }: ComparedVersions,
): ExpressionFacts {
  const whole = { candidate: expressionFacts(candidate), current: expressionFacts(current) }
  if (!traces) return whole
  const { facts } = traces
  return {
    candidate: { ...whole.candidate, traces: facts.candidate },
    current: current ? { ...whole.current, traces: facts.current } : whole.current,
  }
}

function figuresShown(traces: ExpressionTraces | undefined): string[] {
  const shown = (traces?.figures ?? []).map(
    ({ text, value }) => `${excerpt(text)} = ${value === null ? 'absent' : shortNumber(value)}`,
  )
  return [...new Set(shown)]
}

/** Whether an expression compares with the version in the target. */
export function isCompared(expression: string): boolean {
  return /\bcurrent\b/.test(expression)
}

/** Why an expression cannot be judged: it names what cannot be read of a version. */
function whatIsUnread(expression: string, versions: readonly VersionFacts[]): string | undefined {
  for (const { version, unreadable } of versions) {
    for (const [what, why] of Object.entries(unreadable)) {
      if (new RegExp(`\\b${what}\\b`).test(expression)) {
        return `the ${what} of version ${version} cannot be read: ${why}`
      }
    }
  }
  return undefined
}

/**
 * NaN and infinities pass no threshold, however the expression turns it: `!(x < 0.9)` holds for NaN.
 *
 * @returns which metric the expression reads, or may read, that is no finite number
 */
function nonFiniteIn(
  expression: string,
  { candidate, current }: Pick<ExpressionInput, 'candidate' | 'current'>,
): string | undefined {
  // Other ways to a metric than by its whole name spelled out may lead to any of them.
  const plain = expression.replace(
    /\bmetrics\s*(\.\s*[A-Za-z_]|\[\s*("[^"\\]*"|'[^'\\]*')\s*\])/g,
    '',
  )
  const mayReadAny = /\bmetrics\b|\bcandidate\s*[^\s.]|\bcurrent\s*[^\s.]|\\/.test(plain)
  const isNamed = namesIn(expression)
  for (const [whose, facts] of Object.entries({ candidate, current })) {
    const read = facts && nonFinites(facts).find(({ metric }) => mayReadAny || isNamed(metric))
    if (!read) continue
    return `metric '${excerpt(read.metric.text)}' of ${whose} is ${read.value}, which is within no limits`
  }
  return undefined
}

const nonFinites = rememberEach(({ metrics }: VersionFacts) =>
  Object.entries(metrics).flatMap(([name, value]) =>
    Number.isFinite(value) ? [] : [{ metric: toName(name), value }],
  ),
)

/** Those of the late facts of a version that an expression names. */
export function lateFactsIn(expression: string, facts: VersionFacts): string[] {
  const isNamed = namesIn(expression)
  return lateFacts(facts).flatMap(({ fact, kind, key }) =>
    isNamed(kind) && (kind.text === 'datasets' || isNamed(key)) ? [fact] : [],
  )
}

const lateFacts = rememberEach(({ late }: VersionFacts) =>
  [...late.keys()].map((fact) => {
    const [kind = '', ...rest] = fact.split('.')
    return { fact, kind: toName(kind), key: toName(rest.join('.')) }
  }),
)

type Name = { readonly text: string; readonly isWord: boolean }

function toName(text: string): Name {
  return { text, isWord: /^\w+$/.test(text) }
}

/** Whether an expression has a name: as a word of its own or, of a name that is no word, anywhere. */
function namesIn(expression: string): (name: Name) => boolean {
  const words = new Set(expression.split(/\W+/))
  return ({ text, isWord }) => (isWord ? words.has(text) : expression.includes(text))
}

/** The metrics that an expression names, with their values, for reviewers. */
function valuesIn(
  expression: string,
  candidate: VersionFacts,
  current: VersionFacts | undefined,
): string[] {
  const names = expression.matchAll(/\b(candidate|current)\.metrics\.(\w+)/g)
  const values = new Map<string, string>()
  for (const [text, whose, metric = ''] of names) {
    const facts = whose === 'candidate' ? candidate : current
    const value = facts && Object.hasOwn(facts.metrics, metric) ? facts.metrics[metric] : undefined
    values.set(text, value === undefined ? 'absent' : String(value))
  }
  return [...values].map(([text, value]) => `${text} = ${value}`)
}
