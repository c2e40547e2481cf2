import { requireExperiment } from '../../access/permissions/require.ts'
import type { Context } from '../../platform/context.ts'
import { listSpanAttributes } from '../../traces/search/list-span-attributes.ts'
import {
  keyTracesMax,
  listTraceKeys,
  readTraceValues,
} from '../../traces/search/list-trace-keys.ts'
import * as endpoints from '../endpoints/trace-keys.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

function mayReadTraces(ctx: Context, { params }: { readonly params: { readonly id: number } }) {
  return requireExperiment(ctx, params.id, 'READ')
}

/** What helps to write a filter of traces: names, and values. */
export const traceKeyRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listTraceKeys, mayReadTraces, async (ctx, { params, query }) => {
    const { kind, prefix, contains: part, max_results: count } = query
    const search = { experimentId: params.id, prefix, part, count }
    if (kind === 'span_attribute') {
      const { items, tracesRead, isPart } = await listSpanAttributes(ctx, search)
      return { items: [...items], traces_max: tracesRead, is_part: isPart }
    }
    const items = await listTraceKeys(ctx, { ...search, kind })
    return { items: [...items], traces_max: keyTracesMax }
  }),

  serve(endpoints.listTraceValues, mayReadTraces, async (ctx, { params, query }) => {
    const { key, prefix = '' } = query
    const items = await readTraceValues(ctx, { experimentId: params.id, key, prefix })
    return { items: [...items], traces_max: keyTracesMax }
  }),
]
