import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  ParseError,
  serialize,
} from '@marcbachmann/cel-js'
import { excerpt, invalid } from '../../../core/error.ts'
import { nearestOf } from '../../../core/names.ts'
import { fieldNames } from '../../cards/card-shape.ts'
import { factNames } from '../facts.ts'
import { childrenOf, costOf, isLoop, keyOf, newBudget, type StepBudget } from './expression-cost.ts'

/** The facts that an expression sees: plain JSON, `{}` where there is no version. */
export type ExpressionFacts = { readonly candidate: object; readonly current: object }

const charsMax = 2000

/**
 * CEL as policies may use it. The cost of an expression is known before it runs, from its size and
 * the facts that it names: see `costOf`. So comprehensions cannot be nested, and only the listed
 * functions exist.
 */
const environment = new Environment({
  limits: {
    maxAstNodes: 500,
    maxDepth: 40,
    maxListElements: 100,
    maxMapEntries: 100,
    maxCallArguments: 16,
  },
})
  .registerVariable('candidate', 'map')
  .registerVariable('current', 'map')

const functions = [
  'has',
  'size',
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'timestamp',
  'duration',
  'type',
]
const methods = [
  ...['all', 'exists', 'exists_one', 'map', 'filter'],
  ...['size', 'contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim'],
]

type Compiled =
  | { readonly ast: ASTNode; readonly run: (facts: Record<string, unknown>) => unknown }
  | { readonly problem: string }

/**
 * Refuses an expression that cannot be judged.
 *
 * @throws INVALID_PARAMETER_VALUE it does not parse, names an unknown fact, gives no boolean, or
 *   may cost too much
 */
export function checkExpression(expression: string): void {
  const compiled = compile(expression)
  if (!('problem' in compiled)) return
  throw invalid(`Invalid expression '${excerpt(expression)}': ${excerpt(compiled.problem, 300)}`)
}

/** The parts of an expression; undefined: it cannot be judged. */
export function parseExpression(expression: string): ASTNode | undefined {
  const compiled = compile(expression)
  return 'problem' in compiled ? undefined : compiled.ast
}

/** What a part of an expression that was checked gives; undefined: the data lacks what it reads. */
export function valueOfNode(node: ASTNode, facts: ExpressionFacts): unknown {
  try {
    return environment.parse(serialize(node))({ ...facts })
  } catch {
    // As in `judgeExpression`: the data lacks it, and where it matters the gate says so.
    return undefined
  }
}

/**
 * Whether an expression is true; `problem` says why it could not be judged, which is a failure too.
 *
 * @param budget what all expressions of a request may cost; the cost is taken from it
 */
export function judgeExpression(
  expression: string,
  facts: ExpressionFacts,
  budget: StepBudget = newBudget(),
): { readonly holds: boolean; readonly problem?: string } {
  const compiled = compile(expression)
  if ('problem' in compiled) return { holds: false, problem: compiled.problem }
  const cost = costOf(compiled.ast, facts)
  if (cost > budget.stepsLeft) {
    const problem = `it and the expressions before it take too long on this version: ${cost} steps, and ${budget.stepsLeft} are left`
    return { holds: false, problem }
  }
  budget.stepsLeft -= cost
  try {
    const result = compiled.run({ ...facts })
    if (typeof result === 'boolean') return { holds: result }
    return { holds: false, problem: `it gave ${typeof result}, not true or false` }
  } catch (err) {
    // The data lacks what the expression reads: the author should know, and it is no server error.
    return { holds: false, problem: firstLine(err) }
  }
}

/** Compiled expressions, kept because policies are judged again and again. */
const known = new Map<string, Compiled>()
const knownMax = 500

function compile(expression: string): Compiled {
  const found = known.get(expression)
  if (found) return found
  const compiled = compileAnew(expression)
  if (known.size >= knownMax) known.clear()
  known.set(expression, compiled)
  return compiled
}

function compileAnew(expression: string): Compiled {
  if (expression.length > charsMax) return { problem: `it has more than ${charsMax} characters` }
  try {
    const run = environment.parse(expression)
    const problem = whatIsRefused(run.ast)
    if (problem !== undefined) return { problem }
    const { valid, type, error } = run.check()
    if (!valid) return { problem: placed(firstLine(error), error, expression) }
    if (type !== 'bool' && type !== 'dyn') return { problem: `it gives ${type}, not true or false` }
    return { ast: run.ast, run }
  } catch (err) {
    return { problem: placed(firstLine(err), err, expression) }
  }
}

/** What is wrong, with the character at which it was noticed, counted from 1 as people see them. */
function placed(problem: string, err: unknown, expression: string): string {
  const at = err instanceof ParseError || err instanceof CelTypeError ? err.range?.start : undefined
  if (at === undefined) return problem
  if (at >= expression.trimEnd().length) return `${problem}, at its end`
  return `${problem}, at character ${[...expression.slice(0, at)].length + 1}`
}

function firstLine(err: unknown): string {
  return (err instanceof Error ? err.message : String(err)).split('\n')[0] ?? ''
}

/** Why an expression is refused for what it names or may cost, if it is. */
function whatIsRefused(ast: ASTNode, inside = false): string | undefined {
  const name = ast.op === 'call' || ast.op === 'rcall' ? ast.args[0] : undefined
  const problem = whatIsUnlisted(ast, name) ?? whatIsUnknown(ast)
  if (problem !== undefined) return problem
  if (isLoop(name) && inside) return `${name}() stands within another loop`
  for (const child of childrenOf(ast.args)) {
    const below = whatIsRefused(child, inside || isLoop(name))
    if (below !== undefined) return below
  }
  return undefined
}

function whatIsUnlisted(ast: ASTNode, name: string | undefined): string | undefined {
  if (name === 'matches') return 'matches() is not allowed; use startsWith, endsWith or contains'
  const listed = ast.op === 'call' ? functions : methods
  if (name !== undefined && !listed.includes(name)) {
    return `${name}() is not allowed; there are ${listed.join(', ')}`
  }
  // Facts never change their names within an expression.
  const variable = ast.op === 'rcall' && isLoop(name) ? ast.args[2][0] : undefined
  if (variable?.op === 'id' && isSubject(variable.args)) {
    return `'${variable.args}' cannot be the variable of a loop`
  }
  return undefined
}

/** The fields below `candidate` and `current`, where they are known beforehand. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  '': factNames,
  run: ['id', 'name', 'status'],
  signature: ['inputs', 'outputs', 'params'],
  card: fieldNames,
  traces: ['count', 'errors', 'unfinished', 'error_rate', 'latency_ms', 'feedback'],
}

/** Why a fact with this name cannot exist. */
function whatIsUnknown(node: ASTNode): string | undefined {
  const key = keyOf(node)
  if (key === undefined || (node.op !== '.' && node.op !== '[]')) return undefined
  const path = pathOf(node.args[0])
  const shape =
    path === undefined || !Object.hasOwn(shapes, path.below) ? undefined : shapes[path.below]
  if (!path || !shape || shape.includes(key)) return undefined
  const whole = `${path.text}.${key}`
  const nearest = nearestOf(key, shape)
  return nearest === undefined
    ? `there is no ${whole}; ${path.text} has ${shape.join(', ')}`
    : `there is no ${whole}; did you mean ${path.text}.${nearest}?`
}

/** `candidate`, or one field of it, with the fields below the version. */
function pathOf(node: ASTNode): { readonly text: string; readonly below: string } | undefined {
  if (node.op === 'id') return isSubject(node.args) ? { text: node.args, below: '' } : undefined
  const key = keyOf(node)
  if (key === undefined || (node.op !== '.' && node.op !== '[]')) return undefined
  const [of] = node.args
  if (of.op !== 'id' || !isSubject(of.args)) return undefined
  return { text: `${of.args}.${key}`, below: key }
}

function isSubject(name: string): boolean {
  return name === 'candidate' || name === 'current'
}
