import { type ASTNode, serialize } from '@marcbachmann/cel-js'
import { excerpt, invalid } from '../../../core/error.ts'
import type { Gate } from '../policy.ts'
import { checkTraceScope } from '../trace-gate.ts'
import {
  checkExpression,
  type ExpressionFacts,
  parseExpression,
  valueOfNode,
} from './expression.ts'
import { childrenOf, costOf, keyOf, type StepBudget } from './expression-cost.ts'

export type ExpressionGate = Extract<Gate, { type: 'expression' }>
type Scope = NonNullable<ExpressionGate['traces']>
export type ComparedSide = 'candidate' | 'current'

/** A figure that an expression names, such as `candidate.traces.latency_ms.p95`. */
export type NamedFigure = {
  readonly text: string
  readonly side: ComparedSide
  readonly figure: keyof MeasuredFigures
  readonly feedback?: string
}

/** Figures by their names; null: unknown. */
export type MeasuredFigures = Readonly<
  Record<
    'count' | 'errors' | 'unfinished' | 'error_rate' | 'p50' | 'p95' | 'p99' | 'rated' | 'mean',
    number | null
  >
>

/** An expression is part of the statement that writes a move, so it is short. */
const charsMax = 500
/** Each feedback is a pass of its own over the traces. */
const feedbacksMax = 5

const plainFigures = ['count', 'errors', 'unfinished', 'error_rate'] as const
export const latencies = ['p50', 'p95', 'p99'] as const
const figuresText =
  'count, errors, unfinished, error_rate, latency_ms.p50, .p95 and .p99, feedback.NAME.mean and .count'

/**
 * Refuses an expression that cannot be judged, with what it asks of traces.
 *
 * @throws INVALID_PARAMETER_VALUE see `checkExpression`; or it names figures of traces without saying of
 *   which, or none, or in a way that the write of a move could not ask again
 */
export function checkExpressionGate({ name, expression, traces }: ExpressionGate): void {
  checkExpression(expression)
  const ast = parseExpression(expression)
  const problem = ast && whatOfTraces(ast, { expression, scope: traces })
  if (problem !== undefined) {
    throw invalid(`Invalid expression '${excerpt(expression)}': ${problem}`)
  }
  if (traces) checkTraceScope(name, traces)
}

function whatOfTraces(
  ast: ASTNode,
  { expression, scope }: { readonly expression: string; readonly scope: Scope | undefined },
): string | undefined {
  if (!scope) {
    return namesTraces(ast)
      ? "it names figures of traces and says not of which: give the gate 'traces' with 'window_hours', a 'dataset' that their runs read, or both"
      : undefined
  }
  const figures = figuresIn(ast)
  if (figures.length === 0) {
    return `the gate has 'traces', and the expression names no figure of them; candidate.traces and current.traces have ${figuresText}`
  }
  if (expression.length > charsMax) {
    return `it names figures of traces and has more than ${charsMax} characters; make two gates of it`
  }
  const asked = new Set(figures.flatMap(({ feedback }) => feedback ?? []))
  if (asked.size > feedbacksMax) {
    return `it names ${asked.size} feedbacks, and ${feedbacksMax} are the most; make two gates of it`
  }
  return whatIsInvolved(ast)
}

/** Whether an expression looks into `traces`. `has(current.traces)` asks whether there is a version. */
function namesTraces(node: ASTNode): boolean {
  if (isVersionAsked(node)) return false
  const keys = keysOf(node)
  if (keys && isSide(keys[0]) && keys[1] === 'traces') return true
  return childrenOf(node.args).some(namesTraces)
}

/** Why the write of a move could not ask an expression again. */
function whatIsInvolved(node: ASTNode): string | undefined {
  if (figureOf(node)) return undefined
  if (figuresIn(node).length === 0) return whatIsHidden(node)
  if (!Object.hasOwn(operators, node.op)) {
    return `figures of traces can be compared, added, subtracted and multiplied, and the results joined by && || ! and ?:; write '${excerpt(serialize(node))}' otherwise`
  }
  for (const child of childrenOf(node.args)) {
    const problem = whatIsInvolved(child)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Why a part that names no figure may lead to one after all. */
function whatIsHidden(node: ASTNode): string | undefined {
  if (isVersionAsked(node)) return undefined
  const keys = keysOf(node)
  if (keys && isSide(keys[0])) {
    if (keys.length === 1) return `write each fact with its name, such as ${keys[0]}.tags`
    if (keys[1] === 'traces') {
      return `'${excerpt(serialize(node))}' is no figure of traces; there are ${figuresText}`
    }
    return undefined
  }
  for (const child of childrenOf(node.args)) {
    const problem = whatIsHidden(child)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** `has(current.traces)`: whether there is such a version. */
function isVersionAsked(node: ASTNode): boolean {
  if (node.op !== 'call' || node.args[0] !== 'has') return false
  const [asked] = node.args[1]
  const keys = asked && keysOf(asked)
  return keys?.length === 2 && isSide(keys[0]) && keys[1] === 'traces'
}

/** `['candidate', 'tags', 'risk']`, of a path whose names are all written out. */
function keysOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args]
  const key = keyOf(node)
  if (key === undefined || (node.op !== '.' && node.op !== '[]')) return undefined
  const below = keysOf(node.args[0])
  return below && [...below, key]
}

function isSide(text: string | undefined): text is ComparedSide {
  return text === 'candidate' || text === 'current'
}

/** The figures that an expression names. */
export function figuresIn(node: ASTNode): NamedFigure[] {
  const figure = figureOf(node)
  return figure ? [figure] : childrenOf(node.args).flatMap(figuresIn)
}

function figureOf(node: ASTNode): NamedFigure | undefined {
  const [side, traces, ...path] = keysOf(node) ?? []
  if (!isSide(side) || traces !== 'traces') return undefined
  const text = serialize(node)
  const [first, second, third] = path
  const plain = path.length === 1 && plainFigures.find((one) => one === first)
  if (plain) return { text, side, figure: plain }
  const latency = first === 'latency_ms' && path.length === 2 && latencies.find((p) => p === second)
  if (latency) return { text, side, figure: latency }
  if (first !== 'feedback' || second === undefined || path.length !== 3) return undefined
  if (third === 'mean') return { text, side, figure: 'mean', feedback: second }
  return third === 'count' ? { text, side, figure: 'rated', feedback: second } : undefined
}

/** How each operator is written in SQL; NULL is what is unknown, and what fails. */
const operators: Readonly<Record<string, (...parts: string[]) => string>> = {
  '&&': (a, b) => `(${a} and ${b})`,
  '||': (a, b) => `(${a} or ${b})`,
  '!_': (a) => `(not ${a})`,
  '-_': (a) => `(- ${a})`,
  '?:': (test, then, otherwise) =>
    `(case when ${test} then ${then} when not ${test} then ${otherwise} end)`,
  '==': (a, b) => `(${a} = ${b})`,
  '!=': (a, b) => `(${a} <> ${b})`,
  ...Object.fromEntries(
    ['<', '<=', '>', '>=', '+', '-', '*'].map((op) => [
      op,
      (a: string, b: string) => `(${a} ${op} ${b})`,
    ]),
  ),
}

/** An expression, and where each of its figures lies in `list`; undefined: there is no such version. */
export type FiguresToAsk = {
  readonly ast: ASTNode
  /** The facts beside the figures. */
  readonly facts: ExpressionFacts
  readonly placeOf: ReadonlyMap<string, number | undefined>
}

/** An expression as a condition over `list`, a JSON list of `MeasuredFigures`; null: it costs too much. */
export function conditionOf({ ast, facts, placeOf }: FiguresToAsk, budget: StepBudget): string {
  const cost = costOf(ast, facts)
  if (cost > budget.stepsLeft) return 'null'
  budget.stepsLeft -= cost
  const sqlOf = (node: ASTNode): string => {
    const figure = figureOf(node)
    if (figure) {
      const question = placeOf.get(figure.text)
      return question === undefined ? 'null' : `(list ->> '$[${question}].${figure.figure}')`
    }
    if (figuresIn(node).length === 0) return literalOf(valueOfNode(node, facts))
    const write = Object.hasOwn(operators, node.op) ? operators[node.op] : undefined
    return write ? write(...childrenOf(node.args).map(sqlOf)) : 'null'
  }
  return sqlOf(ast)
}

function literalOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? `(${number})` : 'null'
}
