import type { DocumentNode, SelectionNode, SelectionSetNode } from 'graphql'
import { invalid } from '../../core/error.ts'

/** As MLflow's server. */
const rootFieldsMax = 10
const aliasesMax = 10
const depthMax = 10
const selectionsMax = 1000

/** MLflow's own page sends a few hundred tokens, nested by ten. */
const tokensMax = 20_000
const nestingMax = 100

/**
 * Refuses a text that is longer or nested deeper than any query has to be: the parser would end the stack on it.
 *
 * @throws GraphQLError it has characters that no query has
 * @throws INVALID_PARAMETER_VALUE
 */
export function checkQueryText({ Lexer, Source }: typeof import('graphql'), query: string): void {
  const lexer = new Lexer(new Source(query))
  let nesting = 0
  for (let count = 0; lexer.advance().kind !== '<EOF>'; count++) {
    const { kind } = lexer.token
    if (kind === '[' || kind === '{' || kind === '(') nesting += 1
    if (kind === ']' || kind === '}' || kind === ')') nesting -= 1
    if (nesting > nestingMax) throw invalid(`Query exceeds maximum nesting of ${nestingMax}`)
    if (count >= tokensMax) throw invalid(`Query exceeds maximum length of ${tokensMax} tokens`)
  }
}

/**
 * Refuses a query that would make one request do the work of many, fragments counted wherever they are
 * used. A fragment that contains itself has too many selections.
 *
 * @throws INVALID_PARAMETER_VALUE in MLflow's words
 */
export function checkQuerySize(document: DocumentNode): void {
  const fragments = new Map<string, SelectionSetNode>()
  for (const one of document.definitions) {
    if (one.kind === 'FragmentDefinition') fragments.set(one.name.value, one.selectionSet)
  }
  const count = { selections: 0, aliases: 0 }
  let rootFields = 0
  for (const one of document.definitions) {
    if (one.kind !== 'OperationDefinition' && one.kind !== 'FragmentDefinition') continue
    const { fields } = measure(one.selectionSet, { depth: 1, fragments, count })
    if (one.kind === 'OperationDefinition') rootFields += fields
  }
  checkAtMost(rootFields, rootFieldsMax, 'root fields')
  checkAtMost(count.aliases, aliasesMax, 'aliases')
}

type Measuring = {
  readonly depth: number
  readonly fragments: ReadonlyMap<string, SelectionSetNode>
  /** Of all selections, and the most aliases that stand side by side. */
  readonly count: { selections: number; aliases: number }
}
type Level = { readonly fields: number; readonly aliases: number }

/** What stands side by side in `set`, fragments unfolded; what stands deeper is counted on the way. */
function measure(set: SelectionSetNode, at: Measuring): Level {
  const level = measureLevel(set, at)
  at.count.aliases = Math.max(at.count.aliases, level.aliases)
  return level
}

function measureLevel(set: SelectionSetNode, at: Measuring): Level {
  if (at.depth > depthMax) throw invalid(`Query exceeds maximum depth of ${depthMax}`)
  const parts = set.selections.map((one) => measureSelection(one, at))
  return {
    fields: parts.reduce((sum, part) => sum + part.fields, 0),
    aliases: parts.reduce((sum, part) => sum + part.aliases, 0),
  }
}

function measureSelection(one: SelectionNode, at: Measuring): Level {
  at.count.selections += 1
  if (at.count.selections > selectionsMax) {
    throw invalid(`Query exceeds maximum total selections of ${selectionsMax}`)
  }
  if (one.kind === 'Field') {
    if (one.selectionSet) measure(one.selectionSet, { ...at, depth: at.depth + 1 })
    return { fields: 1, aliases: one.alias ? 1 : 0 }
  }
  const inside = one.kind === 'InlineFragment' ? one.selectionSet : at.fragments.get(one.name.value)
  return inside ? measureLevel(inside, at) : { fields: 0, aliases: 0 }
}

function checkAtMost(count: number, most: number, what: string): void {
  if (count <= most) return
  throw invalid(`GraphQL queries should have at most ${most} ${what}, got ${count} ${what}`)
}
