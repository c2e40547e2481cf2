import { requireExperiment } from '../../access/permissions/require.ts'
import { anyone } from '../../http/guards/guard.ts'
import { traceKeeping } from '../../registry/versions/deletable.ts'
import { endTrace } from '../../traces/ingest/end-trace.ts'
import { startTrace } from '../../traces/ingest/start-trace.ts'
import { requireTrace } from '../../traces/permissions.ts'
import { getTraceInfo } from '../../traces/reading/read-infos.ts'
import { searchTraces } from '../../traces/search/search-traces.ts'
import type { Texts } from '../../traces/texts.ts'
import { type TraceInfo, traceStates } from '../../traces/trace.ts'
import { keyValueMessage } from '../key-value.ts'
import { type Operation, operation } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { type Decoded, message } from '../wire/message.ts'

const labels = { type: keyValueMessage, repeated: true } as const
const timestamp = { type: 'time_ms', required: true } as const

/** Traces as clients of 2.x log and read them: the same traces, in MLflow's older messages. */
export const olderTraceOperations: readonly Operation[] = [
  operation('startTrace', {
    request: message({
      experiment_id: { type: 'experiment_id', required: true },
      timestamp_ms: timestamp,
      request_metadata: labels,
      tags: labels,
    }),
    rule: (ctx, req) => requireExperiment(ctx, req.experiment_id, 'EDIT'),
    answer: async (ctx, req) => {
      const start = {
        traceId: ctx.randomId(),
        experimentId: req.experiment_id,
        requestTimeMs: req.timestamp_ms,
        durationMs: undefined,
        state: 'IN_PROGRESS' as const,
        clientRequestId: undefined,
        requestPreview: undefined,
        responsePreview: undefined,
        tags: textsFrom(req.tags),
        metadata: textsFrom(req.request_metadata),
        assessments: [],
        isFinal: false,
      }
      const info = await startTrace(ctx, start, traceKeeping.isHeld)
      return { trace_info: olderInfoToWire(info) }
    },
  }),
  operation('endTrace', {
    request: message({
      request_id: { type: 'string', required: true },
      timestamp_ms: timestamp,
      status: { type: traceStates, required: true },
      request_metadata: labels,
      tags: labels,
    }),
    rule: (ctx, req) => requireTrace(ctx, req.request_id, 'EDIT'),
    answer: async (ctx, req) => {
      const end = {
        traceId: req.request_id,
        endMs: req.timestamp_ms,
        state: req.status,
        tags: textsFrom(req.tags),
        metadata: textsFrom(req.request_metadata),
      }
      const info = await endTrace(ctx, end, traceKeeping.isHeld)
      return { trace_info: olderInfoToWire(info) }
    },
  }),
  operation('getTraceInfo', {
    request: message({ request_id: { type: 'string', required: true } }),
    rule: (ctx, req) => requireTrace(ctx, req.request_id, 'READ'),
    answer: async (ctx, req) => ({
      trace_info: olderInfoToWire(await getTraceInfo(ctx, req.request_id)),
    }),
  }),
  operation('searchTraces', {
    request: message({
      experiment_ids: { type: 'experiment_id', repeated: true, required: true },
      filter: { type: 'string' },
      max_results: { type: 'int64' },
      order_by: { type: 'string', repeated: true },
      page_token: { type: 'string' },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchTraces(ctx, {
        experimentIds: req.experiment_ids,
        filter: req.filter,
        orderBy: req.order_by,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return {
        traces: unlessEmpty(page.items.map(olderInfoToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),
]

function textsFrom(items: readonly Decoded<typeof keyValueMessage.fields>[]): Texts {
  return Object.fromEntries(items.map(({ key, value }) => [key, value ?? '']))
}

/** MLflow's `TraceInfo`, of 2.x. */
function olderInfoToWire(info: TraceInfo): object {
  return {
    request_id: info.traceId,
    experiment_id: String(info.experimentId),
    timestamp_ms: info.requestTimeMs,
    execution_time_ms: info.durationMs ?? 0,
    status: info.state,
    request_metadata: pairsOf(info.metadata),
    tags: pairsOf(info.tags),
  }
}

function pairsOf(texts: Texts): readonly object[] | undefined {
  return unlessEmpty(Object.entries(texts).map(([key, value]) => ({ key, value })))
}
