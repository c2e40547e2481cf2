import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { requireTrace } from '../../../traces/permissions.ts'
import { traceIdOf } from '../../addressed.ts'
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

/** `GET /traces/{id}?span=&under=&from=` */
export async function showTrace(c: AppContext): Promise<Response> {
  const query = spanQueryOf(c)
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readTraceStanding(c.var.ctx, traceIdOf(c)),
  ])
  const tree = treeOf(standing.trace.spans)
  const view = viewOf(tree, query)
  return sendPage(c, { frame, page: <TracePage {...{ frame, standing, tree, view, query }} /> })
}

function spanQueryOf(c: AppContext): SpanQuery {
  const from = optionalQuery(c, 'from')
  if (from !== undefined && !/^\d{1,6}$/.test(from)) throw invalid("'from' is a number of spans")
  return {
    span: optionalQuery(c, 'span'),
    under: optionalQuery(c, 'under'),
    from: from === undefined ? undefined : Number(from),
  }
}
