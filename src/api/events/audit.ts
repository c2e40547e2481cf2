import { addHash, exportEntries } from '../../audit/export.ts'
import type { EntryFilter } from '../../audit/read-entries.ts'
import { readChainHead } from '../../audit/seal.ts'
import { type ChainVerdict, verifyStoredChain } from '../../audit/verify.ts'
import {
  auditFilterOf,
  readAuditPage,
  requireWholeAudit,
} from '../../governance/history/audit-page.ts'
import { requireAudit } from '../../governance/history/audit-scope.ts'
import { textStream } from '../../http/text-stream.ts'
import type { Context } from '../../platform/context.ts'
import { isNumberPlace, readPageFrom } from '../../search/page.ts'
import * as endpoints from '../endpoints/audit.ts'
import type { Answer, RequestOf } from '../endpoints/endpoint.ts'
import { pageRequest, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type Filtered = Pick<
  RequestOf<typeof endpoints.listAudit>['query'],
  | ('model' | 'version' | 'actor' | 'action' | 'group')
  | ('stage' | 'break_glass' | 'since' | 'until')
>

/** The audit log, for those who may read it: of one model, or of all. */
export const auditRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listAudit, mayReadFiltered, async (ctx, { query }) => {
    const { max_results, page_token: _token, ...given } = query
    const filter = await filterOf(ctx, given)
    const found = await readPageFrom(
      pageRequest(['audit', { ...filter, only: undefined }], query),
      isNumberPlace,
      async (from) => {
        const [before] = from ?? [Number.MAX_SAFE_INTEGER]
        const page = await readAuditPage(ctx, filter, { before, count: max_results })
        const items = await Promise.all(page.entries.map((sealed) => addHash(ctx, sealed)))
        return { items, next: page.next === undefined ? undefined : ([page.next] as const) }
      },
    )
    return pageToWire(found, (entry) => entry)
  }),

  serve(endpoints.exportAudit, mayReadFiltered, async (ctx, { query: { format, ...given } }) => {
    const type =
      format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson'
    const about = { requestId: ctx.requestId, operation: endpoints.exportAudit.name }
    const filter = await filterOf(ctx, given)
    return new Response(textStream(exportEntries(ctx, filter, format), about), {
      headers: {
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="audit.${format}"`,
      },
    })
  }),

  serve(endpoints.getAuditHead, requireWholeAudit, async (ctx) => {
    const { seq, hash } = await readChainHead(ctx)
    return { seq, head: hash }
  }),

  serve(endpoints.verifyAudit, requireWholeAudit, async (ctx, { query }) => {
    return verdictToWire(await verifyStoredChain(ctx, query.head))
  }),
]

export type WireVerdict = Answer<typeof endpoints.verifyAudit>

export function verdictToWire(verdict: ChainVerdict): WireVerdict {
  if (!verdict.ok) return verdict
  const { headSeq, ...sound } = verdict
  return { ...sound, ...(headSeq !== undefined && { head_seq: headSeq }) }
}

/** A grant may be for some models only. A query that names no model is for all of them. */
async function mayReadFiltered(ctx: Context, { query }: { query: Filtered }): Promise<void> {
  await requireAudit(ctx, query.model)
}

function filterOf(
  ctx: Context,
  { since, until, break_glass, ...query }: Filtered,
): Promise<EntryFilter> {
  const isBreakGlass = break_glass === undefined ? undefined : true
  return auditFilterOf(ctx, { ...query, isBreakGlass, sinceMs: since, untilMs: until })
}
