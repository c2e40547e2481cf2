import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { redact, redactedSpan, redactedTexts } from '../intake/redact.ts'
import type { IntakeRules } from '../intake/rules.ts'
import { asksToKeep, isSampled } from '../intake/sample.ts'
import { type Span, traceIdOf } from '../spans/span.ts'
import { type GatheredTrace, gatherTraces, type SpanGroup } from './gather-traces.ts'

type Arrived = {
  readonly groups: readonly SpanGroup[]
  /** The run that they are linked with, which keeps them. */
  readonly runId?: string | undefined
}

type Screened = {
  readonly traces: ReadonlyMap<string, GatheredTrace>
  readonly valuesRedacted: number
  readonly spansLeftOut: number
}

/** The spans that are kept, without what is redacted, by their traces. */
export async function screenTraces(
  ctx: Context,
  arrived: Arrived,
  rules: IntakeRules | undefined,
): Promise<Screened> {
  if (!rules) {
    return { traces: await gatherTraces(arrived.groups), valuesRedacted: 0, spansLeftOut: 0 }
  }
  const groups = await sampledGroups(ctx, arrived, rules)
  const spansLeftOut = countSpans(arrived.groups) - countSpans(groups)
  const raw = await redact(rules, (redactor) =>
    groups.map(({ spans, resource }) => ({
      spans: spans.map((span) => redactedSpan(span, redactor)),
      resource: redactedTexts(resource, redactor),
    })),
  )
  // What other conventions say is now under MLflow's names too, which may be redacted by these.
  const gathered = await gatherTraces(raw.made)
  const named = await redact({ ...rules, patterns: [] }, (redactor) =>
    [...gathered].map(([id, { spans, tags }]): [string, GatheredTrace] => [
      id,
      { tags, spans: spans.map((span) => redactedSpan(span, redactor)) },
    ]),
  )
  return {
    traces: new Map(named.made),
    valuesRedacted: raw.count + named.count,
    spansLeftOut,
  }
}

async function sampledGroups(
  ctx: Context,
  { groups, runId }: Arrived,
  { sampleRate }: IntakeRules,
): Promise<readonly SpanGroup[]> {
  if (sampleRate >= 1 || runId !== undefined) return groups
  const kept = new Set<string>()
  const open = new Set<string>()
  for (const { spans, resource } of groups) {
    const isKept = asksToKeep(resource)
    for (const span of spans) {
      const id = traceIdOf(span)
      const isIn = isKept || isSampled(id, sampleRate) || asksToKeep(span.attributes)
      ;(isIn ? kept : open).add(id)
    }
  }
  // A trace that is there stays whole, whatever the rate is now.
  const known = await ctx.db.all(sql<{ trace_id: string }>`select t.trace_id
    from json_each(${JSON.stringify([...open])}) w
    cross join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value`)
  for (const { trace_id } of known) kept.add(trace_id)
  const isIn = (span: Span) => kept.has(traceIdOf(span))
  return groups.map(({ spans, resource }) => ({ resource, spans: spans.filter(isIn) }))
}

function countSpans(groups: readonly SpanGroup[]): number {
  return groups.reduce((sum, { spans }) => sum + spans.length, 0)
}
