import { requireModelVersion } from '../../access/permissions/require.ts'
import type { Context } from '../../platform/context.ts'
import {
  type FactsInFull,
  type FactsRevisionInfo,
  getFacts,
  listFactRevisions,
} from '../../registry/facts/read-revisions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import * as endpoints from '../endpoints/facts.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

function mayRead(ctx: Context, { params }: { readonly params: { readonly name: string } }) {
  return requireModelVersion(ctx, params.name, 'READ')
}

/** What versions are known by, now and before. */
export const factRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.getFacts, mayRead, async (ctx, { params }) =>
    factsToWire(await getFacts(ctx, await idOf(ctx, params))),
  ),

  serve(endpoints.listFactRevisions, mayRead, async (ctx, { params, query }) => {
    const id = await idOf(ctx, params)
    return page(['fact-revisions', id], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => listFactRevisions(ctx, id, { before, count }),
      keyOf: ({ revision }) => revision,
      toWire: revisionToWire,
    })
  }),

  serve(endpoints.getFactRevision, mayRead, async (ctx, { params }) =>
    factsToWire(await getFacts(ctx, await idOf(ctx, params), params.revision)),
  ),
]

type OfVersion = { readonly name: string; readonly version: number }

async function idOf(ctx: Context, { name, version }: OfVersion): Promise<number> {
  return (await getVersion(ctx, name, version)).id
}

function factsToWire({ facts, lateMetrics, ...revision }: FactsInFull) {
  const { problems, datasets, ...others } = facts
  return {
    ...revisionToWire(revision),
    ...others,
    datasets: [...datasets],
    ...(problems && { problems: problems.map(({ detail }) => detail) }),
    ...(lateMetrics.length > 0 && { late_metrics: [...lateMetrics] }),
  }
}

function revisionToWire(found: FactsRevisionInfo) {
  const { changedBy } = found
  return {
    revision: found.revision,
    digest: found.digest,
    at: found.atMs,
    changed: [...found.changes],
    ...(found.more > 0 && { changed_more: found.more }),
    ...(changedBy && { changed_by: { ...changedBy, groups: [...changedBy.groups] } }),
    ...(found.changedAtMs !== undefined && { changed_at: found.changedAtMs }),
  }
}
