import { requireExperimentPart } from '../../access/permissions/require.ts'
import type { Context } from '../../platform/context.ts'
import {
  listExperimentKeys,
  readKeyedValues,
  valueRunsMax,
} from '../../tracking/runs/experiment-keys.ts'
import * as endpoints from '../endpoints/experiment-keys.ts'
import { pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

function mayReadRuns(ctx: Context, { params }: { readonly params: { readonly id: number } }) {
  return requireExperimentPart(ctx, { id: params.id, part: 'run' }, 'READ')
}

/** What helps to write a filter of runs: names, and values. */
export const experimentKeyRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listExperimentKeys, mayReadRuns, async (ctx, { params, query }) => {
    const { kind, prefix, contains, max_results: count, page_token: token } = query
    const search = { experimentIds: [params.id], kind, prefix, part: contains }
    return pageToWire(await listExperimentKeys(ctx, search, { count, token }), (item) => item)
  }),

  serve(endpoints.listExperimentValues, mayReadRuns, async (ctx, { params, query }) => {
    const { key, prefix = '' } = query
    const items = await readKeyedValues(ctx, { experimentId: params.id, key, prefix })
    return { items: [...items], runs_max: valueRunsMax }
  }),
]
