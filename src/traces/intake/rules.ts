import { RE2JS } from 're2js'
import { excerpt, invalid } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'

/** What is done with traces before anything of them is kept, as somebody wrote it. */
export type IntakeTerms = {
  /** Globs of names, whatever their case: values under them are replaced. */
  readonly redactKeys: readonly string[]
  /** Regular expressions: what they match is replaced. */
  readonly redactPatterns: readonly string[]
  /** The share of traces that is kept, 0 to 1; undefined: what the default says. */
  readonly sampleRate: number | undefined
}

/** The same, ready to be applied. */
export type IntakeRules = {
  readonly isRedacted: (key: string) => boolean
  readonly hasKeys: boolean
  readonly patterns: readonly IntakePattern[]
  readonly sampleRate: number
}

export type IntakePattern = {
  readonly regex: RE2JS
  /** A match takes so many steps a character, at most. */
  readonly size: number
}

const patternSizeMax = 500
/** Names by which traces are found and counted: no glob takes these. */
const keptNames: ReadonlySet<string> = new Set([
  ...['mlflow.traceRequestId', 'mlflow.spanType', 'mlflow.sourceRun', 'mlflow.modelId'],
  ...['mlflow.trace.sizeStats', 'mlflow.trace.sizeBytes', 'mlflow.trace_schema.version'],
  ...['mlflow.trace.tokenUsage', 'mlflow.trace.cost', 'mlflow.trace.infoFinalized'],
  ...['mlflow.chat.tokenUsage', 'mlflow.llm.cost', 'mlflow.eval.requestId'],
])

/** @throws INVALID_PARAMETER_VALUE a glob of stars alone; a pattern that is broken, matches nothing at all, or is too much work */
export function checkTerms({ redactKeys, redactPatterns }: IntakeTerms): void {
  for (const glob of redactKeys) {
    if (!/^\**$/.test(glob)) continue
    throw invalid(`'${excerpt(glob)}' would redact everything; name what is to be redacted`)
  }
  for (const pattern of redactPatterns) compilePattern(pattern)
}

/**
 * RE2's syntax: the time of a match grows with the text alone.
 *
 * @throws INVALID_PARAMETER_VALUE as `checkTerms`
 */
function compilePattern(pattern: string): IntakePattern {
  const shown = excerpt(pattern)
  let regex: RE2JS
  try {
    regex = RE2JS.compile(pattern)
  } catch (err) {
    const why = err instanceof Error ? err.message : ''
    throw invalid(
      `The pattern '${shown}' is no regular expression of RE2's syntax: ${excerpt(why)}`,
    )
  }
  const size = regex.programSize()
  if (size > patternSizeMax) {
    throw invalid(
      `The pattern '${shown}' has ${size} steps and may have ${patternSizeMax}: repeat less in it, or write two patterns`,
    )
  }
  if (regex.matcher('').find()) {
    throw invalid(`The pattern '${shown}' matches an empty text, so it would match everywhere`)
  }
  return { regex, size }
}

const known = new Map<string, IntakeRules>()
const knownMax = 100

/** @param all of the experiment and of the server, of which the first that says a rate counts */
export function compileRules(all: readonly IntakeTerms[]): IntakeRules {
  const text = JSON.stringify(all)
  const rules = known.get(text) ?? rulesFrom(all)
  if (known.size >= knownMax) known.clear()
  known.set(text, rules)
  return rules
}

function rulesFrom(all: readonly IntakeTerms[]): IntakeRules {
  const globs = all.flatMap(({ redactKeys }) => redactKeys.map((glob) => glob.toLowerCase()))
  return {
    isRedacted: (key) =>
      !keptNames.has(key) && globs.some((glob) => matchesGlob(glob, key.toLowerCase())),
    hasKeys: globs.length > 0,
    patterns: [...new Set(all.flatMap(({ redactPatterns }) => redactPatterns))].map(compilePattern),
    sampleRate: all.find(({ sampleRate }) => sampleRate !== undefined)?.sampleRate ?? 1,
  }
}
