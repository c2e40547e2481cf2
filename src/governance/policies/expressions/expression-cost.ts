import type { ASTNode } from '@marcbachmann/cel-js'
import { rememberEach } from '../remember.ts'

/**
 * What the expressions of one request may cost together, in evaluated nodes: some 20 ms. Each
 * judgement makes one budget, and every expression takes from it.
 */
export type StepBudget = { stepsLeft: number }

export function newBudget(): StepBudget {
  return { stepsLeft: 100_000 }
}

/** The facts that an expression goes through, to measure what it names. */
type Measured = Readonly<Record<string, unknown>>

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** To compare two values by their parts, or to copy them, takes longer than to look at them. */
const stepsPerPart = 4
/** How many characters of text one step goes through. */
const charsPerStep = 100

/** Whether this call goes through a list or map for each of whose items it evaluates something. */
export function isLoop(name: string | undefined): boolean {
  return name !== undefined && loops.has(name)
}

/** The most steps that an expression can take on these facts. */
export function costOf(ast: ASTNode, facts: Measured): number {
  switch (ast.op) {
    case 'rcall':
      return costOfMethod(ast.args, facts)
    case '==':
    case '!=':
    case '+':
      return 1 + stepsPerPart * partsOf(ast.args, facts) + costOfAll(ast.args, facts)
    case 'in':
      return 1 + itemsOf(ast.args[1], facts) + costOfAll(ast.args, facts)
    default:
      return 1 + costOfAll(childrenOf(ast.args), facts)
  }
}

function costOfMethod(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  facts: Measured,
): number {
  const below = costOf(receiver, facts)
  const each = costOfAll(args, facts)
  if (isLoop(name)) return 1 + below + each * Math.max(1, itemsOf(receiver, facts))
  return 1 + below + each + (textMethods.has(name) ? textOf(receiver, args[0], facts) : 0)
}

/** Methods that go through all of a text. */
const textMethods = new Set(['contains', 'lowerAscii', 'upperAscii', 'trim'])

/** Text may have to be compared with another anew from each of its characters. */
function textOf(receiver: ASTNode, other: ASTNode | undefined, facts: Measured): number {
  const found = valueAt(receiver, facts)
  const size = longestText(found ? found.value : facts) / charsPerStep
  if (!other) return size
  return size * (other.op === 'value' ? String(other.args).length : longestText(facts))
}

function costOfAll(nodes: readonly ASTNode[], facts: Measured): number {
  return nodes.reduce((sum, node) => sum + costOf(node, facts), 0)
}

/** How many parts of two values are compared or copied; where one is written out it is quick. */
function partsOf(operands: readonly ASTNode[], facts: Measured): number {
  if (operands.some(({ op }) => op === 'value')) return 0
  return Math.max(...operands.map((node) => sizeOf(node, facts)))
}

/** The parts of a value, all the way down; of what cannot be told before, those of all facts. */
function sizeOf(node: ASTNode, facts: Measured): number {
  const found = valueAt(node, facts)
  return found ? partCount(found.value) : isSmall(node) ? 1 : partCount(facts)
}

/** Operators and functions that give a truth, a number or a moment. */
function isSmall(node: ASTNode): boolean {
  return smallOps.has(node.op) || (node.op === 'call' && node.args[0] !== 'dyn')
}

const smallOps = new Set(['-', '*', '/', '%', '<', '<=', '>', '>=', '!_', '-_', '||', '&&', 'id'])

function itemsOf(node: ASTNode, facts: Measured): number {
  if (node.op === 'list' || node.op === 'map') return node.args.length
  const found = valueAt(node, facts)
  if (!found) return partCount(facts)
  return typeof found.value === 'object' && found.value !== null ? itemsIn(found.value) : 1
}

const itemsIn = rememberEach((value: object) => Object.keys(value).length)

/** What a path such as `candidate.tags` names in the facts; undefined for any other expression. */
function valueAt(node: ASTNode, facts: Measured): { readonly value: unknown } | undefined {
  if (node.op === 'id')
    return Object.hasOwn(facts, node.args) ? { value: facts[node.args] } : undefined
  const key = keyOf(node)
  if (key === undefined || (node.op !== '.' && node.op !== '[]')) return undefined
  const below = valueAt(node.args[0], facts)
  if (!below) return undefined
  const { value } = below
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
  return { value: isThere ? Reflect.get(value, key) : undefined }
}

/** The key of a field or an index that is written out. */
export function keyOf(node: ASTNode): string | undefined {
  if (node.op === '.') return node.args[1]
  if (node.op !== '[]' || node.args[1].op !== 'value') return undefined
  return String(node.args[1].args)
}

function partCount(value: unknown): number {
  if (typeof value === 'string') return 1 + Math.floor(value.length / charsPerStep)
  return typeof value === 'object' && value !== null ? partsIn(value) : 1
}

const partsIn = rememberEach((value: object): number =>
  Object.values(value).reduce((count, part) => count + partCount(part), 1),
)

/** The characters of the longest text in a value. */
function longestText(value: unknown): number {
  if (typeof value === 'string') return value.length
  return typeof value === 'object' && value !== null ? longestIn(value) : 0
}

const longestIn = rememberEach((value: object): number =>
  Object.values(value).reduce((chars, part) => Math.max(chars, longestText(part)), 0),
)

/** The nodes below a node. */
export function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return isNode(args) ? [args] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}
