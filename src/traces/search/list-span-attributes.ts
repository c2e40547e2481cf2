import { sql } from 'drizzle-orm'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import { newestTraces, type TraceKey, type TraceKeySearch } from './list-trace-keys.ts'

/** Nothing but the spans has their attributes: of so many traces they are read, the newest ones, */
const tracesMax = 50
/** of so many bytes as they are kept, */
const keptBytesMax = 250_000
/** and so many characters. */
const charsMax = 4_000_000
/** Longer names are no help to whoever types. */
const nameCharsMax = 500

export type AttributeNames = {
  readonly items: readonly TraceKey[]
  /** Traces whose spans were read. */
  readonly tracesRead: number
  /** There are more traces, or spans, than were read. */
  readonly isPart: boolean
}

/**
 * Names of attributes that spans of the newest traces have, those of most traces first. Reading ends with the trace
 * that goes beyond the bound; one whose spans are lost is passed over. The caller may read the experiment.
 */
export async function listSpanAttributes(
  ctx: Context,
  { experimentId, prefix = '', part = '', count }: Omit<TraceKeySearch, 'kind'>,
): Promise<AttributeNames> {
  const newest = await ctx.db.all(sql<SpanPlace>`select ${placeColumns}
    from (${newestTraces(ctx, experimentId, tracesMax + 1)}) newest
    cross join traces t on t.id = newest.id order by t.request_time_ms desc, t.trace_id desc`)
  const places = withinBytes(newest.slice(0, tracesMax))
  const traces = new Map<string, number>()
  let [tracesRead, chars] = [0, 0]
  for await (const trace of readTraceLines(ctx, places, { onLost: () => {}, charsMax })) {
    chars += trace.chars
    tracesRead += 1
    for (const key of namesIn(trace.lines)) traces.set(key, (traces.get(key) ?? 0) + 1)
    if (chars > charsMax) break
    await letOthersRun()
  }
  const items = [...traces]
    .map(([key, of]) => ({ key, traces: of }))
    .filter(({ key }) => key !== '' && key.length <= nameCharsMax)
    .filter(({ key }) => key.startsWith(prefix) && key.toLowerCase().includes(part.toLowerCase()))
    .sort((a, b) => b.traces - a.traces || (a.key < b.key ? -1 : 1))
    .slice(0, count)
  return { items, tracesRead, isPart: tracesRead < newest.length }
}

/** The newest that are small enough together. */
function withinBytes(places: readonly SpanPlace[]): readonly SpanPlace[] {
  let bytes = 0
  return places.filter(({ span_bytes }) => {
    if (bytes + span_bytes > keptBytesMax) return false
    bytes += span_bytes
    return true
  })
}

/** As spanLineOf wrote them. */
function namesIn(lines: readonly string[]): ReadonlySet<string> {
  const spans = lines.map((line) => JSON.parse(line) as { readonly attributes: object })
  return new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)))
}
