import type { SQL } from 'drizzle-orm'
import { exactJsonOf, parseExactJson } from '../../core/exact-json.ts'
import type { Context } from '../../platform/context.ts'
import { countStatement, readRulesOf, tracesExperiment } from '../intake/intake.ts'
import { type Redactor, redact, redactedTexts } from '../intake/redact.ts'

/** What somebody says of a trace, as far as it may quote the trace. */
type QuotingTexts = {
  readonly name?: string | undefined
  readonly kind?: string | undefined
  /** JSON. */
  readonly value?: string | undefined
  /** JSON. */
  readonly error?: string | undefined
  readonly rationale?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** An assessment without what is redacted. The value of an issue is its name, and stays. */
export function redactedAssessment<T extends QuotingTexts>(one: T, redactor: Redactor): T {
  const json = (key: string, text: string | undefined) =>
    text === undefined ? text : exactJsonOf(redactor.value(key, parseExactJson(text)))
  return {
    ...one,
    ...(one.kind === 'issue' ? {} : { value: json(one.name ?? '', one.value) }),
    error: json('error', one.error),
    rationale: one.rationale === undefined ? undefined : redactor.text(one.rationale),
    metadata: one.metadata && redactedTexts(one.metadata, redactor),
  }
}

/**
 * What is written to a trace, without what its experiment redacts.
 *
 * @param trace a select of `traces.id`
 * @returns with the statement that counts what was redacted; undefined: nothing was
 */
export async function screenWrite<T>(
  ctx: Context,
  trace: SQL,
  rewrite: (redactor: Redactor) => T,
): Promise<{ readonly made: T; readonly counted: SQL | undefined } | undefined> {
  const rules = await readRulesOf(ctx, trace)
  if (!rules) return undefined
  const { made, count } = await redact(rules, rewrite)
  return { made, counted: countStatement(tracesExperiment(trace), { valuesRedacted: count }) }
}
