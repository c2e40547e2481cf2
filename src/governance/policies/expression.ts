import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { excerpt, invalid } from '../../core/error.ts'

/** The facts that an expression sees: plain JSON, `{}` where there is no version. */
export type ExpressionFacts = { readonly candidate: object; readonly current: object }

const charsMax = 2000

/**
 * CEL as policies may use it. The cost of an expression is bounded by its size and by the facts, whose
 * lists are bounded. So no comprehension may stand in another, and there are no regular expressions,
 * since JavaScript may match one for ever.
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

const comprehensions = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/**
 * Refuses an expression that cannot be judged.
 *
 * @throws INVALID_PARAMETER_VALUE it does not parse, names what is not there, gives no boolean, or
 *   may cost too much
 */
export function checkExpression(expression: string): void {
  const refuse = (why: string) =>
    invalid(`Invalid expression '${excerpt(expression)}': ${excerpt(why, 300)}`)
  if (expression.length > charsMax) throw refuse(`it has more than ${charsMax} characters`)
  let problem: string | undefined
  try {
    const { valid, type, error } = environment.check(expression)
    if (!valid) problem = firstLine(error)
    else if (type !== 'bool' && type !== 'dyn') problem = `it gives ${type}, not true or false`
    else problem = costly(environment.parse(expression).ast)
  } catch (err) {
    problem = firstLine(err)
  }
  if (problem !== undefined) throw refuse(problem)
}

/** Whether an expression holds; `problem` says why it could not be judged, which is a failure too. */
export function judgeExpression(
  expression: string,
  facts: ExpressionFacts,
): { readonly holds: boolean; readonly problem?: string } {
  try {
    const result: unknown = environment.evaluate(expression, { ...facts })
    if (typeof result === 'boolean') return { holds: result }
    return { holds: false, problem: `it gave ${typeof result}, not true or false` }
  } catch (err) {
    // The data lacks what the expression reads: an answer for its author, not a fault of the server.
    return { holds: false, problem: firstLine(err) }
  }
}

function firstLine(err: unknown): string {
  return (err instanceof Error ? err.message : String(err)).split('\n')[0] ?? ''
}

/** Why an expression may cost too much, if it may. */
function costly(ast: ASTNode, inside = false): string | undefined {
  const name = methodOf(ast)
  if (name === 'matches') return 'matches() is not allowed; use startsWith, endsWith or contains'
  const loops = name !== undefined && comprehensions.has(name)
  if (loops && inside) return `${name}() stands within another loop`
  for (const child of childrenOf(ast.args)) {
    const problem = costly(child, inside || loops)
    if (problem !== undefined) return problem
  }
  return undefined
}

function methodOf(ast: ASTNode): string | undefined {
  if (ast.op !== 'rcall' && ast.op !== 'call') return undefined
  const [name] = ast.args as readonly unknown[]
  return typeof name === 'string' ? name : undefined
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return isNode(args) ? [args] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}
