import { requireModel } from '../../access/permissions/require.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../../core/page-token.ts'
import {
  aliasHolders,
  type Held,
  type Holder,
  stageHolders,
} from '../../governance/history/holders.ts'
import type { Rule } from '../../http/guards/guard.ts'
import type { RunDataset } from '../../tracking/run-data/datasets.ts'
import { getAliasHolder, getStageHolders } from '../endpoints/holders.ts'
import { type Served, serve } from '../serve.ts'
import { parseMoment } from './moment.ts'

type Asked = {
  readonly params: { readonly name: string }
  readonly query: { readonly at?: string | undefined }
}

/** Of the past, the verb asks for the model that it was, which may have another name today. */
const mayRead: Rule<Asked> = (ctx, { params, query }) =>
  query.at === undefined ? requireModel(ctx, params.name, 'READ', 'version') : undefined

/** Who holds a stage or an alias, and who held it. */
export const holderRoutes: readonly Served[] = [
  serve(getStageHolders, mayRead, async (ctx, { params, query }) => {
    const { max_results: count, page_token, at } = query
    const atMs = at === undefined ? undefined : parseMoment(ctx, at)
    const asked = ['stage holders', params, atMs ?? '']
    const [before = Number.MAX_SAFE_INTEGER] = decodePageToken(asked, page_token) ?? []
    if (typeof before !== 'number') throw foreignPageToken()
    const found = await stageHolders(ctx, params.name, params.stage, atMs, {
      before,
      count: count + 1,
    })
    const holders = found.holders.slice(0, count)
    const last = found.holders.length > count ? holders.at(-1) : undefined
    return {
      ...heldToWire(found, atMs),
      stage: found.place,
      items: holders.map(holderToWire),
      ...(last && { next_page_token: encodePageToken(asked, [last.version]) }),
    }
  }),

  serve(getAliasHolder, mayRead, async (ctx, { params, query }) => {
    const atMs = query.at === undefined ? undefined : parseMoment(ctx, query.at)
    const found = await aliasHolders(ctx, params.name, params.alias, atMs)
    return {
      ...heldToWire(found, atMs),
      alias: found.place,
      items: found.holders.map(holderToWire),
    }
  }),
]

function heldToWire({ model }: Held, atMs: number | undefined) {
  return {
    model: model.nameThen,
    model_now: model.nameNow,
    at: atMs,
    recorded_since: model.recordedSinceMs,
  }
}

function holderToWire({ version, since, source, runId, modelId, digest, datasets }: Holder) {
  return {
    version: String(version),
    since: since && {
      at: since.atMs,
      requested_by: since.requestedBy,
      moved_by: since.movedBy,
      approved_by: since.approvedBy,
      promotion_id: since.promotion?.toString(),
      reason: since.reason,
    },
    source,
    run_id: runId,
    model_id: modelId,
    digest,
    datasets: datasets.map(datasetToWire),
  }
}

export function datasetToWire({ name, digest, sourceType, source, context }: RunDataset) {
  return { name, digest, source_type: sourceType, source, context }
}
