import type { Context } from '../../platform/context.ts'
import { redactedAssessment } from '../assessments/redact-assessments.ts'
import { redact, redactedTexts } from '../intake/redact.ts'
import type { IntakeRules } from '../intake/rules.ts'
import { isInfoKept, isSampled } from '../intake/sample.ts'
import { spansTag } from '../texts.ts'
import type { TraceInfo } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'
import type { TraceStart } from './trace-start.ts'

/** What a client says of a trace, without what is redacted. */
export async function screenInfo(
  start: TraceStart,
  rules: IntakeRules | undefined,
): Promise<{ readonly screened: TraceStart; readonly valuesRedacted: number }> {
  if (!rules) return { screened: start, valuesRedacted: 0 }
  const { made, count } = await redact(rules, (redactor): TraceStart => {
    const preview = (name: string, text: string | undefined) =>
      text === undefined ? undefined : String(redactor.value(name, text))
    return {
      ...start,
      clientRequestId:
        start.clientRequestId === undefined ? undefined : redactor.text(start.clientRequestId),
      requestPreview: preview('request_preview', start.requestPreview),
      responsePreview: preview('response_preview', start.responsePreview),
      tags: redactedTexts(start.tags, redactor),
      metadata: redactedTexts(start.metadata, redactor),
      assessments: start.assessments.map((one) => redactedAssessment(one, redactor)),
    }
  })
  return { screened: made, valuesRedacted: count }
}

/** Whether a trace is left out. One that is there stays, and so does one whose end comes apart, as of clients of 2.x. */
export async function isLeftOut(
  ctx: Context,
  start: TraceStart,
  rules: IntakeRules | undefined,
): Promise<boolean> {
  const { sampleRate = 1 } = rules ?? {}
  if (isSampled(start.traceId, sampleRate) || !start.isFinal || isInfoKept(start)) return false
  return (await ctx.db.first(traceNamed(ctx, start.traceId))) === undefined
}

/** What its client is told of a trace that is left out: its spans need not be sent again. */
export function leftOutInfo(start: TraceStart): TraceInfo {
  return { ...start, tags: { ...start.tags, [spansTag]: 'TRACKING_STORE' }, assessments: [] }
}
