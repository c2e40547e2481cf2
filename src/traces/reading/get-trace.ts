import { type SQL, sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import {
  placeColumns,
  readLines,
  readTraceLines,
  type SpanPlace,
  spanCharsMax,
  tooManySpans,
} from '../spans/read-lines.ts'
import type { Span } from '../spans/span.ts'
import { parseSpanLine } from '../spans/span-line.ts'
import { sizeStatsKey } from '../texts.ts'
import type { TraceInfo } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'
import { hasSpansSql, infoReads, infosFrom } from './read-infos.ts'

export type Trace = { readonly info: TraceInfo; readonly spans: readonly Span[] }

const batchMax = 1000

/**
 * A trace with its spans: roots first, then by their start.
 *
 * @param allowPartial whether fewer spans will do than its client announced
 * @throws RESOURCE_DOES_NOT_EXIST no such trace, or it is not complete yet
 */
export async function getTrace(
  ctx: Context,
  traceId: string,
  allowPartial: boolean,
): Promise<Trace> {
  const id = traceNamed(ctx, traceId)
  const { places, ...read } = await ctx.db.batch({ ...infoReads(ctx, id), places: placeRead(id) })
  const [place] = places
  const [info] = infosFrom(read)
  if (!info) throw absent(messages.noWholeTrace(traceId))
  const lines = place ? await readLines(ctx, place) : []
  if (!allowPartial && isIncomplete(info, lines.length)) {
    throw absent(messages.traceIncomplete(traceId))
  }
  return { info, spans: spansOf(lines) }
}

/**
 * Several traces, in the order of the ids, each once; those that are not there, not complete, or not for
 * the caller to read are left out.
 *
 * @throws INVALID_PARAMETER_VALUE no id, too many, or more spans than one answer may have
 */
export async function getTraces(
  ctx: Context,
  traceIds: readonly string[],
): Promise<readonly Trace[]> {
  const wanted = checkIds(traceIds)
  const ids = readableSql(ctx, wanted)
  const { places, ...read } = await ctx.db.batch({ ...infoReads(ctx, ids), places: placeRead(ids) })
  const infos = new Map(infosFrom(read).map((info, i) => [read.infos[i]?.id, info]))
  const traces = new Map<string, Trace>()
  let charsLeft = spanCharsMax
  for await (const { id, lines, chars, isWhole } of readTraceLines(ctx, places)) {
    charsLeft -= chars
    if (!isWhole || charsLeft < 0) throw tooManySpans()
    const info = infos.get(id)
    if (!info || isIncomplete(info, lines.length)) continue
    traces.set(info.traceId, { info, spans: spansOf(lines) })
  }
  return wanted.flatMap((id) => traces.get(id) ?? [])
}

/** As `getTraces`, without spans, whether they are complete or not; no id gives none. */
export async function getTraceInfos(
  ctx: Context,
  traceIds: readonly string[],
): Promise<readonly TraceInfo[]> {
  if (traceIds.length === 0) return []
  const wanted = checkIds(traceIds)
  const infos = infosFrom(await ctx.db.batch(infoReads(ctx, readableSql(ctx, wanted))))
  const byId = new Map(infos.map((info) => [info.traceId, info]))
  return wanted.flatMap((id) => byId.get(id) ?? [])
}

/** The statement that reads where spans are. @param ids a select of `traces.id` */
function placeRead(ids: SQL) {
  return sql<SpanPlace>`select ${placeColumns} from traces t where t.id in (${ids}) and ${hasSpansSql}`
}

/** A select of `traces.id`. */
function readableSql(ctx: Context, traceIds: readonly string[]): SQL {
  return sql`select t.id from json_each(${JSON.stringify(traceIds)}) w
    cross join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value
    join experiments e on e.id = t.experiment
    where ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}`
}

function checkIds(traceIds: readonly string[]): readonly string[] {
  const wanted = [...new Set(traceIds)]
  if (wanted.length === 0) throw invalid(messages.missing('trace_ids'))
  if (wanted.length > batchMax) {
    throw invalid(`trace_ids may have at most ${batchMax} ids, and these are ${wanted.length}`)
  }
  return wanted
}

/** The spans of lines, roots first, then by their start. */
function spansOf(lines: readonly string[]): readonly Span[] {
  return lines
    .map(parseSpanLine)
    .sort(
      (a, b) =>
        Number(a.parentId !== undefined) - Number(b.parentId !== undefined) ||
        Number(a.startNs - b.startNs),
    )
}

/** Without an announcement whatever is there is complete, but for nothing. */
function isIncomplete(info: TraceInfo, count: number): boolean {
  return count < (announcedSpansOf(info) ?? 1)
}

/** How many spans its client says that a trace has; undefined: it says nothing. */
export function announcedSpansOf({ metadata }: TraceInfo): number | undefined {
  try {
    const announced: unknown = JSON.parse(metadata[sizeStatsKey] ?? '{}')?.num_spans
    return typeof announced === 'number' ? announced : undefined
  } catch {
    return undefined
  }
}
