import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { artifactUriColumn } from '../../tracking/experiments/artifact-location.ts'
import { type AssessmentRow, assessmentFrom, assessmentRead } from '../assessments/assessment.ts'
import { placeColumns, type SpanPlace } from '../spans/read-lines.ts'
import type { traces } from '../tables.ts'
import { artifactsTag, spansTag } from '../texts.ts'
import { type TraceInfo, type TraceState, traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'

export type InfoRow = Omit<
  typeof traces.$inferSelect,
  'workspace' | 'name' | 'session_id' | 'source_run'
> & { readonly artifact_uri: string }

/**
 * The statements that read whole infos, for a batch; `infosFrom` takes their rows.
 *
 * @param ids a select of one column, `traces.id`
 */
export function infoReads(ctx: Context, ids: SQL) {
  return {
    infos: sql<InfoRow>`select t.*, ${artifactUriColumn(ctx, sql`'/traces/' || t.trace_id || '/artifacts'`)} as artifact_uri
      from traces t join experiments on experiments.id = t.experiment where t.id in (${ids})`,
    assessments: assessmentRead(ids),
  }
}

/** Where the spans of a trace are; undefined: there is no such trace. */
export function findSpanPlace(ctx: Context, traceId: string): Promise<SpanPlace | undefined> {
  return ctx.db.first(sql<SpanPlace>`select ${placeColumns} from traces t
    where t.id = (${traceNamed(ctx, traceId)})`)
}

/** Whether the server has spans of the trace. A file that its client uploaded is none. */
function hasSpans({ payload_rows, pack }: Pick<InfoRow, 'payload_rows' | 'pack'>): boolean {
  return payload_rows > 0 || pack !== null
}

/** The same of `traces t`. */
export const hasSpansSql = sql`(t.payload_rows > 0 or t.pack is not null)`

export function infosFrom(read: {
  readonly infos: readonly InfoRow[]
  readonly assessments: readonly AssessmentRow[]
}): readonly TraceInfo[] {
  const assessments = Map.groupBy(read.assessments, (row) => row.trace)
  return read.infos.map((row) => ({
    traceId: row.trace_id,
    experimentId: row.experiment,
    requestTimeMs: row.request_time_ms,
    durationMs: row.duration_ms ?? undefined,
    // Only these are ever written.
    state: row.state as TraceState,
    clientRequestId: row.client_request_id ?? undefined,
    requestPreview: row.request_preview ?? undefined,
    responsePreview: row.response_preview ?? undefined,
    tags: {
      ...JSON.parse(row.tags),
      ...(hasSpans(row) ? { [spansTag]: 'TRACKING_STORE' } : {}),
      [artifactsTag]: row.artifact_uri,
    },
    metadata: JSON.parse(row.metadata),
    assessments: (assessments.get(row.id) ?? []).map(assessmentFrom),
  }))
}

/** One trace without its spans, of a deleted experiment too. @throws RESOURCE_DOES_NOT_EXIST */
export async function getTraceInfo(ctx: Context, traceId: string): Promise<TraceInfo> {
  const [info] = infosFrom(await ctx.db.batch(infoReads(ctx, traceNamed(ctx, traceId))))
  if (!info) throw traceNotFound(traceId)
  return info
}

/** As many infos as there are of these traces, in the order of the keys (`traces.id`). */
export async function readInfos(
  ctx: Context,
  ids: readonly number[],
): Promise<readonly TraceInfo[]> {
  if (ids.length === 0) return []
  const wanted = sql`select value from json_each(${JSON.stringify(ids)})`
  const read = await ctx.db.batch(infoReads(ctx, wanted))
  const byId = new Map(read.infos.map((row) => [row.id, row]))
  return infosFrom({ ...read, infos: ids.flatMap((id) => byId.get(id) ?? []) })
}
