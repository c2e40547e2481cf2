import { requireExperiment } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { requireTraces } from '../../../traces/permissions.ts'
import { getTrace } from '../../../traces/reading/get-trace.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { countIn, experimentIdOf } from '../../addressed.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { selectedIn } from '../list/traces-query.ts'
import { treeOf } from '../trace/span-tree.ts'
import { alignSpans } from './align-spans.ts'
import { CompareTracesPage } from './compare-traces-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export async function mayCompareTraces(ctx: Context, c: AppContext): Promise<void> {
  await requireExperiment(ctx, experimentIdOf(c), 'READ')
  await requireTraces(ctx, selectedIn(c), 'READ')
}

/** `GET /experiments/{id}/traces/compare?sel=a&sel=b&span=&from=` */
export async function showTraceComparison(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const ids = selectedIn(c)
  const [firstId, secondId] = ids
  if (firstId === undefined || secondId === undefined || ids.length > 2) {
    throw invalid(`Two traces are compared, and ${ids.length} are selected: go back and select two`)
  }
  const [frame, experiment, first, second] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, experimentIdOf(c)),
    getTrace(ctx, firstId, true),
    getTrace(ctx, secondId, true),
  ])
  const pairs = alignSpans(treeOf(first.spans), treeOf(second.spans))
  const asked = { span: optionalQuery(c, 'span'), from: countIn(c, 'from') ?? 0 }
  const page = <CompareTracesPage {...{ frame, experiment, first, second, pairs, asked }} />
  return sendPage(c, { frame, page })
}
