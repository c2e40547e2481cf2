import { sql } from 'drizzle-orm'
import { storePathOf } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { type ExactJson, parseExactJson } from '../../core/exact-json.ts'
import { measureJson } from '../../core/measure-json.ts'
import type { Context } from '../../platform/context.ts'
import { artifactUriColumn } from '../../tracking/experiments/artifact-location.ts'
import { intakeReads, rulesFromRows } from '../intake/intake.ts'
import { placeColumns, readLines, type SpanPlace } from '../spans/read-lines.ts'
import { type Span, traceIdOf } from '../spans/span.ts'
import { compareLines, spanFrom } from '../spans/span-line.ts'
import { logSpans, spansMax } from './log-spans.ts'

/** A trace whose spans clients look for in a file. */
export type FiledTrace = SpanPlace & { readonly traceId: string; readonly experimentId: number }

type FiledRow = SpanPlace & {
  readonly trace_id: string
  readonly experiment: number
  readonly artifact_uri: string
}

const filePath = /^(?:.*\/)?traces\/([^/]+)\/artifacts\/traces\.json$/

/** The trace whose `traces.json` has this path in the artifact store, if it is that of one. */
export async function findFiledTrace(ctx: Context, path: string): Promise<FiledTrace | undefined> {
  const traceId = filePath.exec(path)?.[1]
  if (traceId === undefined) return undefined
  const row = await ctx.db.first(sql<FiledRow>`select ${placeColumns}, t.trace_id, t.experiment,
      ${artifactUriColumn(ctx, sql`'/traces/' || t.trace_id || '/artifacts'`)} as artifact_uri
    from traces t join experiments on experiments.id = t.experiment
    where t.workspace = ${ctx.workspace} and t.trace_id = ${traceId}`)
  if (!row || `${storePathOf(row.artifact_uri, ctx.workspace)}/traces.json` !== path)
    return undefined
  return { ...row, traceId: row.trace_id, experimentId: row.experiment }
}

/**
 * Keep the spans that a client uploads as a file, since it does not know whether those that it sent have
 * arrived. Those that have are not kept again.
 *
 * @returns false: these are no spans of the trace, and the file is to be kept as it is
 */
export async function takeTraceFile(
  ctx: Context,
  trace: FiledTrace,
  text: string,
): Promise<boolean> {
  const spans = spansIn(text)
  if (!spans?.every((span) => traceIdOf(span) === trace.traceId)) {
    await refuseUnread(ctx, trace)
    return false
  }
  const lines = await readLines(ctx, trace)
  const known = new Set(lines.map((line) => spanFrom(parseExactJson(line))?.spanId))
  const missing = spans.filter(({ spanId }) => !known.has(spanId))
  const { experimentId } = trace
  for (let at = 0; at < missing.length; at += spansMax) {
    const part = missing.slice(at, at + spansMax)
    await logSpans(ctx, { experimentId, groups: [{ spans: part, resource: {} }] })
  }
  return true
}

/**
 * Refuse a file that is kept as it is, where something of traces is redacted.
 *
 * @throws INVALID_PARAMETER_VALUE the experiment redacts
 */
export async function refuseUnread(
  ctx: Context,
  { traceId, experimentId }: FiledTrace,
): Promise<void> {
  const rules = rulesFromRows(await ctx.db.batch(intakeReads(sql`${experimentId}`)))
  if (!rules?.hasKeys && !rules?.patterns.length) return
  throw invalid(
    `'traces.json' holds no spans of trace '${traceId}' that can be read, and experiment ${experimentId} keeps nothing of traces that it cannot redact`,
  )
}

/** Refuse to take a trace's `traces.json` without looking into it, as `refuseUnread` says. */
export async function refuseUnreadAt(ctx: Context, path: string): Promise<void> {
  const trace = await findFiledTrace(ctx, path)
  if (trace) await refuseUnread(ctx, trace)
}

/** The text of a trace's `traces.json`; undefined where the server has no spans of it. */
export async function readTraceFile(ctx: Context, trace: SpanPlace): Promise<string | undefined> {
  const lines = await readLines(ctx, trace)
  const ordered = lines.toSorted(compareLines)
  return lines.length === 0 ? undefined : `{"spans": [${ordered.join(', ')}]}`
}

const levelsMax = 100
/** Of a longer file none is read; it is kept, and read by clients, as a file. */
const valuesMax = 500_000

function spansIn(text: string): readonly Span[] | undefined {
  const { depth, marks } = measureJson(text)
  if (depth > levelsMax || marks > valuesMax) return undefined
  const body = parseFile(text)
  if (typeof body !== 'object' || body === null || !('spans' in body)) return undefined
  const { spans } = body
  if (!Array.isArray(spans) || spans.length === 0) return undefined
  const found = spans.map(spanFrom)
  return found.every((span) => span !== undefined) ? found : undefined
}

/** A client may upload anything; what is no JSON is a file like any other. */
function parseFile(text: string): ExactJson {
  try {
    return parseExactJson(text)
  } catch {
    return null
  }
}
