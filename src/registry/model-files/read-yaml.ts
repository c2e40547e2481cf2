import { Composer, type CST, type Document, Lexer, Parser } from 'yaml'
import { letOthersRun } from '../../core/rounds.ts'

/** Bounds of one text; what clients log has far less. */
const tokensMax = 30_000
const linesMax = 30_000
/** Escapes of quoted scalars, each of which is looked at by itself. */
const escapesMax = 100_000
const depthMax = 64
const aliasesMax = 500
/** Limit for the value, with each alias replaced by what it stands for. */
const nodesMax = 100_000
/** What is read in one go, some 10 ms: other requests run in between. */
const tokensPerTurn = 2000
const charsPerTurn = 10_000

/**
 * YAML that a client wrote. Mappings are read as Maps, so that no key means anything to an object.
 * The first error ends the reading, and so does the first bound that is met. A long text is read
 * in turns with what else the server does.
 *
 * @returns the value, null for YAML that says nothing, at most `depthMax` deep; or what is wrong, to
 *   follow `it is`
 */
export async function readYaml(text: string): Promise<{ value: unknown } | { problem: string }> {
  try {
    checkLength(text)
    const tokens = await tokensOf(text)
    const document = compose(text, tokens)
    if (text.length > charsPerTurn) await letOthersRun()
    const value: unknown = document?.toJS({ mapAsMap: true, maxAliasCount: -1 }) ?? null
    checkSize(value, { depth: 0, nodesLeft: nodesMax })
    return { value }
  } catch (err) {
    if (err instanceof YamlProblem) return { problem: err.message }
    // The library itself throws for some bad YAML, such as an alias without its anchor.
    if (!(err instanceof Error)) throw err
    return { problem: `not valid YAML: ${err.message.split('\n')[0]}` }
  }
}

class YamlProblem extends Error {}

function checkLength(text: string): void {
  if (countOf(text, /[\n\r]/g, linesMax) || countOf(text, /''|\\/g, escapesMax)) {
    throw new YamlProblem('YAML with too many lines or escapes to be read')
  }
}

/** Whether `what` is in `text` more than `max` times. */
function countOf(text: string, what: RegExp, max: number): boolean {
  let count = 0
  for (const _ of text.matchAll(what)) if (++count > max) return true
  return false
}

/** The tokens of the text, within the limit of nesting, since the composer is recursive. */
async function tokensOf(text: string): Promise<CST.Token[]> {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  const take = (token: CST.Token) => {
    if (token.type === 'error') throw notValid(text, token.offset, token.message)
    tokens.push(token)
  }
  let [count, aliases] = [0, 0]
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > tokensMax) throw new YamlProblem(`YAML of more than ${tokensMax} tokens`)
    if (lexeme.startsWith('*') && ++aliases > aliasesMax) {
      throw new YamlProblem(`YAML with more than ${aliasesMax} aliases`)
    }
    for (const token of parser.next(lexeme)) take(token)
    if (parser.stack.length > 2 * depthMax) throw tooDeep()
    if (count % tokensPerTurn === 0) await letOthersRun()
  }
  for (const token of parser.end()) take(token)
  if (text.length > charsPerTurn) await letOthersRun()
  return tokens
}

function compose(text: string, tokens: CST.Token[]): Document | undefined {
  const composer = new Composer({
    uniqueKeys: false,
    logLevel: 'error',
    prettyErrors: false,
  })
  let first: YamlProblem | undefined
  // The library collects errors, each with a trace; it has no option to stop at the first.
  Reflect.set(
    composer,
    'onError',
    // biome-ignore lint/complexity/useMaxParams: what the library calls it with
    (at: unknown, _code: string, detail: string, warns?: boolean) => {
      if (warns) return
      first ??= notValid(text, offsetOf(at), detail)
      throw first
    },
  )
  try {
    const [document, ...others] = [...composer.compose(tokens)]
    if (others.length > 0) throw new YamlProblem('more than one YAML document')
    return document
  } catch (err) {
    throw first ?? err
  }
}

/** Where the library says that an error is: a number, a range, or a token. */
function offsetOf(at: unknown): number {
  if (typeof at === 'number') return at
  if (Array.isArray(at)) return Number(at[0])
  return typeof at === 'object' && at !== null && 'offset' in at ? Number(at.offset) : 0
}

function notValid(text: string, offset: number, detail: string): YamlProblem {
  const before = text.slice(0, offset).split('\n')
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  return new YamlProblem(`not valid YAML: ${detail.split('\n')[0]?.slice(0, 200)} at ${place}`)
}

function tooDeep(): YamlProblem {
  return new YamlProblem(`YAML nested deeper than ${depthMax} levels`)
}

function checkSize(value: unknown, at: { readonly depth: number; nodesLeft: number }): void {
  if (--at.nodesLeft < 0) throw new YamlProblem('YAML that grows too large by its aliases')
  if (at.depth > depthMax) throw tooDeep()
  const below = { depth: at.depth + 1, nodesLeft: at.nodesLeft }
  if (Array.isArray(value)) for (const item of value) checkSize(item, below)
  if (value instanceof Map) {
    for (const [key, item] of value) {
      checkSize(key, below)
      checkSize(item, below)
    }
  }
  at.nodesLeft = below.nodesLeft
}
