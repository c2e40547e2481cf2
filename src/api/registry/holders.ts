import { requireModelVersion } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import { foreignPageToken, type PageKey } from '../../core/page-token.ts'
import { readAsOf } from '../../governance/history/as-of.ts'
import { requireAudit } from '../../governance/history/audit-scope.ts'
import {
  findAliasHolders,
  findStageHolders,
  type Held,
  type Holder,
} from '../../governance/history/holders.ts'
import type { ModelThen } from '../../governance/history/model-then.ts'
import { checkPast } from '../../governance/history/moment.ts'
import { readStageSpans } from '../../governance/history/stage-spans.ts'
import type { Rule } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { listStages } from '../../registry/stages/stage-list.ts'
import { isActive, resolveStage } from '../../registry/stages/stages.ts'
import {
  isNumberPlace,
  pageOf,
  pageStart,
  readKeysetPage,
  readPageFrom,
} from '../../search/page.ts'
import { momentForm, momentOf } from '../../search/times/moment.ts'
import type { RunDataset } from '../../tracking/run-data/datasets.ts'
import * as endpoints from '../endpoints/holders.ts'
import { pageRequest, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type OfHolders = {
  readonly params: { readonly name: string }
  readonly query: { readonly at?: string | undefined }
}

/** For the past, the verb checks the model of that time, which may have another name today. */
const mayRead: Rule<OfHolders> = (ctx, { params, query }) =>
  query.at === undefined ? requireModelVersion(ctx, params.name, 'READ') : undefined

/** The versions in a stage or behind an alias, now and in the past. */
export const holderRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.getStageHolders, mayRead, async (ctx, { params, query }) => {
    const atMs = query.at === undefined ? undefined : parseMoment(ctx, query.at)
    const wanted = pageRequest(['stage holders', params, atMs ?? ''], query)
    const found = await findStageHolders(ctx, params.name, {
      stage: params.stage,
      atMs,
      before: pageStart(wanted, Number.MAX_SAFE_INTEGER),
      count: wanted.count + 1,
    })
    const versions = pageOf(wanted, found.holders, ({ version }) => version)
    return {
      ...heldToWire(found, atMs),
      stage: found.place,
      ...pageToWire(versions, holderToWire),
    }
  }),

  serve(endpoints.getAliasHolder, mayRead, async (ctx, { params, query }) => {
    const atMs = query.at === undefined ? undefined : parseMoment(ctx, query.at)
    const found = await findAliasHolders(ctx, params.name, { alias: params.alias, atMs })
    return {
      ...heldToWire(found, atMs),
      alias: found.place,
      items: found.holders.map(holderToWire),
    }
  }),

  serve(
    endpoints.listStageSpans,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params: { name }, query }) => {
      const { id } = await getModel(ctx, name)
      const stages =
        query.stage === undefined
          ? (await listStages(ctx)).map((stage) => stage.name).filter(isActive)
          : [await resolveStage(ctx, query.stage)]
      const found = await readKeysetPage(pageRequest(['stage spans', name, ...stages], query), {
        read: (key, count) =>
          readStageSpans(ctx, id, { stages, after: key && spanPlaceOf(key), count }),
        keyOf: ({ seq, version }) => [seq, version],
      })
      return pageToWire(found, ({ version, stage, fromMs, untilMs }) => ({
        ...{ version: String(version), stage, from: fromMs },
        ...(untilMs !== undefined && { until: untilMs }),
      }))
    },
  ),

  serve(endpoints.listAsOf, requireAllAudit, async (ctx, { query }) => {
    const { stage } = query
    const atMs = parseMoment(ctx, query.at)
    const wanted = pageRequest(['as of', stage, atMs], query)
    const found = await readPageFrom(wanted, isNumberPlace, async (from) => {
      const [after] = from ?? [0]
      const { items, next } = await readAsOf(ctx, { stage, atMs, after, count: wanted.count })
      return { items, next: next === undefined ? undefined : ([next] as const) }
    })
    return {
      at: atMs,
      stage,
      ...pageToWire(found, ({ model, holders, hasMore, today }) => ({
        ...modelToWire(model),
        items: holders.map(holderToWire),
        ...(hasMore && { more: true as const }),
        today: today.map(({ version }) => String(version)),
        rolled_back: today.flatMap(({ version, isRolledBack }) =>
          isRolledBack ? [String(version)] : [],
        ),
      })),
    }
  }),
]

/** @throws INVALID_PARAMETER_VALUE the token is of no such list */
function spanPlaceOf([seq, version, ...rest]: PageKey) {
  if (typeof seq !== 'number' || typeof version !== 'number' || rest.length > 0)
    throw foreignPageToken()
  return { seq, version }
}

async function requireAllAudit(ctx: Context): Promise<void> {
  await requireAudit(ctx, undefined)
}

function heldToWire({ model }: Held, atMs: number | undefined) {
  return { ...modelToWire(model), at: atMs }
}

function modelToWire(model: ModelThen) {
  return {
    model: model.nameThen,
    model_now: model.nameNow,
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
      approvers: since.approvers.map(({ name, account }) => ({
        name,
        ...(account === undefined ? {} : { account }),
      })),
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

/**
 * The moment of a query's `at`.
 *
 * @throws INVALID_PARAMETER_VALUE it is not a moment, or lies in the future
 */
function parseMoment(ctx: Context, text: string): number {
  const atMs = momentOf(text)
  if (atMs === undefined) {
    throw invalid(`Invalid value '${excerpt(text)}' for 'at': use ${momentForm}`)
  }
  return checkPast(ctx, atMs)
}
