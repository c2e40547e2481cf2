import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { requireTrace } from '../../../traces/permissions.ts'
import { countIn, traceIdOf } from '../../addressed.ts'
import type { Reshown } from '../../changes/change.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { readTraceStanding } from './read-trace.ts'
import { treeOf } from './span-tree.ts'
import { type SpanQuery, viewOf } from './span-view.ts'
import { TracePage } from './trace-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadTrace(ctx: Context, c: AppContext): Promise<void> {
  return requireTrace(ctx, traceIdOf(c), 'READ')
}

/** `GET /traces/{id}?span=&under=&from=&assessment=&said=` */
export async function showTrace(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const query = spanQueryOf(c)
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readTraceStanding(c.var.ctx, traceIdOf(c)),
  ])
  const tree = treeOf(standing.trace.spans)
  const view = viewOf(tree, query)
  const said = { chosen: optionalQuery(c, 'assessment'), from: countIn(c, 'said') ?? 0, ...shown }
  const page = <TracePage {...{ frame, standing, tree, view, query, said }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

function spanQueryOf(c: AppContext): SpanQuery {
  return {
    span: optionalQuery(c, 'span'),
    under: optionalQuery(c, 'under'),
    from: countIn(c, 'from'),
  }
}
