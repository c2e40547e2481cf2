import { requireExperiment } from '../../access/permissions/require.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { traceKeeping } from '../../registry/versions/deletable.ts'
import { startTrace } from '../../traces/ingest/start-trace.ts'
import type { TraceStart } from '../../traces/ingest/trace-start.ts'
import { requireTrace } from '../../traces/permissions.ts'
import { getTrace, getTraceInfos, getTraces } from '../../traces/reading/get-trace.ts'
import { getTraceInfo } from '../../traces/reading/read-infos.ts'
import { searchTraces } from '../../traces/search/search-traces.ts'
import { type Operation, operation, reading } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'
import {
  experimentIn,
  locationMessage,
  traceInfoMessage,
  traceInfoToWire,
  traceStartFromWire,
  traceToWire,
} from './trace-wire.ts'

const traceId = { type: 'string', required: true } as const
const traceIds = { type: 'string', repeated: true } as const

const StartTrace = message({
  trace: {
    type: message({ trace_info: { type: traceInfoMessage, required: true } }),
    required: true,
  },
})

function mayLog(ctx: Context, { experimentId }: TraceStart): Promise<void> {
  return requireExperiment(ctx, experimentId, 'EDIT')
}

function mayRead(ctx: Context, req: { readonly trace_id: string }): Promise<void> {
  return requireTrace(ctx, req.trace_id, 'READ')
}

/** Traces as clients of 3.x log and read them. */
export const traceOperations: readonly Operation[] = [
  operation('startTraceV3', {
    request: reading(StartTrace, async (_ctx, req) => traceStartFromWire(req.trace.trace_info)),
    rule: mayLog,
    answer: async (ctx, start) => ({
      trace: { trace_info: traceInfoToWire(await startTrace(ctx, start, traceKeeping.isHeld)) },
    }),
  }),
  operation('getTraceInfoV3', {
    request: message({ trace_id: traceId }),
    rule: mayRead,
    answer: async (ctx, req) => ({
      trace: { trace_info: traceInfoToWire(await getTraceInfo(ctx, req.trace_id)) },
    }),
  }),
  operation('getTrace', {
    request: message({ trace_id: traceId, allow_partial: { type: 'bool' } }),
    rule: mayRead,
    answer: async (ctx, req) => ({
      trace: traceToWire(await getTrace(ctx, req.trace_id, req.allow_partial ?? false)),
    }),
  }),
  operation('searchTracesV3', {
    request: message({
      locations: { type: locationMessage, repeated: true, required: true },
      filter: { type: 'string' },
      max_results: { type: 'int64' },
      order_by: { type: 'string', repeated: true },
      page_token: { type: 'string' },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchTraces(ctx, {
        experimentIds: req.locations.flatMap((location) => experimentIn(location) ?? []),
        filter: req.filter,
        orderBy: req.order_by,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return {
        traces: unlessEmpty(page.items.map(traceInfoToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),
  operation('batchGetTraces', {
    request: message({ trace_ids: traceIds }),
    rule: anyone,
    answer: async (ctx, req) => ({
      traces: unlessEmpty((await getTraces(ctx, req.trace_ids)).map(traceToWire)),
    }),
  }),
  operation('batchGetTraceInfos', {
    request: message({ trace_ids: { ...traceIds, required: true } }),
    rule: anyone,
    answer: async (ctx, req) => ({
      trace_infos: unlessEmpty((await getTraceInfos(ctx, req.trace_ids)).map(traceInfoToWire)),
    }),
  }),
]
