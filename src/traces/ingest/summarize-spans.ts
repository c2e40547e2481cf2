import { invalid } from '../../core/error.ts'
import { exactJsonOf } from '../../core/exact-json.ts'
import { checkLength, truncate } from '../../core/names.ts'
import { previewOf } from '../spans/preview.ts'
import { attributeText, type Span, spanTypeOf, traceIdOf } from '../spans/span.ts'
import { cost, hasAmounts, tokenUsage } from '../spans/usage.ts'
import {
  checkNamed,
  kindCharsMax,
  nameTag,
  sessionKey,
  type Texts,
  tagCharsMax,
  userKey,
} from '../texts.ts'

export type SpanKind = readonly [status: string, type: string, name: string]

/** What the spans of one trace in one request say of it. */
export type SpanSummary = {
  readonly traceId: string
  readonly startMs: number
  /** Undefined while all of them are open. */
  readonly durationMs: number | undefined
  /** Undefined without a root. */
  readonly state: 'OK' | 'ERROR' | undefined
  readonly requestPreview: string | undefined
  readonly responsePreview: string | undefined
  /** Set where the trace has none: its name. */
  readonly names: Texts
  /** Set in any case. */
  readonly tags: Texts
  /** Set where the trace has none: session and user. */
  readonly metadata: Texts
  readonly kinds: readonly SpanKind[]
  /** Whether a span tells what it used, or cost. */
  readonly hasAmounts: boolean
}

const spanNameCharsMax = 100_000
const tagPrefix = 'mlflow.traceTag.'
const metadataKeys = [
  [sessionKey, ['session.id', 'gen_ai.conversation.id']],
  [userKey, ['user.id']],
] as const

/**
 * @param spans of one trace, one at least
 * @param resourceTags of what sent them
 * @throws INVALID_PARAMETER_VALUE a name or a session is too long
 */
export function summarizeSpans(spans: readonly Span[], resourceTags: Texts): SpanSummary {
  const [first] = spans
  if (!first) throw new Error('a trace of no spans is not logged')
  for (const { name } of spans) checkLength(name, spanNameCharsMax, 'span name')
  const root = spans.find((span) => span.parentId === undefined)
  const starts = spans.map(({ startNs }) => startNs)
  const startNs = starts.reduce((least, ns) => (ns < least ? ns : least))
  const endNs = spans.reduce((most, span) => (span.endNs > most ? span.endNs : most), 0n)
  return {
    traceId: traceIdOf(first),
    startMs: millisOf(startNs),
    durationMs: endNs === 0n ? undefined : millisOf(endNs) - millisOf(startNs),
    state: root && (root.status === 'ERROR' ? 'ERROR' : 'OK'),
    requestPreview: previewOf(root?.attributes['mlflow.spanInputs'], 'user'),
    responsePreview: previewOf(root?.attributes['mlflow.spanOutputs'], 'assistant'),
    names: root ? { [nameTag]: truncate(root.name, tagCharsMax) } : {},
    tags: { ...resourceTags, ...(root ? rootTags(root) : {}) },
    metadata: metadataOf(spans),
    kinds: kindsOf(spans),
    hasAmounts: spans.some((span) => hasAmounts(span, tokenUsage) || hasAmounts(span, cost)),
  }
}

/** What kind of span one is, for searches. */
function kindOf(span: Span): SpanKind {
  const [type, name] = [spanTypeOf(span), span.name]
  return [span.status, truncate(type, kindCharsMax), truncate(name, kindCharsMax)]
}

function kindsOf(spans: readonly Span[]): readonly SpanKind[] {
  const kinds = spans.map(kindOf)
  return [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()]
}

function millisOf(ns: bigint): number {
  return Number(ns / 1_000_000n)
}

function rootTags(root: Span): Texts {
  const tags = Object.entries(root.attributes).filter(([key]) => key.startsWith(tagPrefix))
  return Object.fromEntries(
    tags.map(([key, value]) => [
      key.slice(tagPrefix.length),
      typeof value === 'string' ? value : exactJsonOf(value),
    ]),
  )
}

function metadataOf(spans: readonly Span[]): Texts {
  const metadata: Record<string, string> = {}
  for (const [key, attributes] of metadataKeys) {
    for (const span of spans) {
      const value = attributes.map((name) => attributeText(span, name)).find((text) => text)
      if (value === undefined) continue
      checkNamed(key, value)
      if (value.length > tagCharsMax)
        throw invalid(`'${attributes[0]}' has more than ${tagCharsMax} characters`)
      metadata[key] = value
      break
    }
  }
  return metadata
}
