import { hasOpenRequest, readOpenRequests } from '../governance/promotions/awaiting.ts'
import type { Context } from '../platform/context.ts'
import type { RegisteredModel } from '../registry/models/read-models.ts'
import { listLooserModelFilters, searchRegisteredModels } from '../registry/models/search-models.ts'
import { isActive } from '../registry/stages/stages.ts'
import { readWantedMetrics } from '../registry/versions/version-metrics.ts'
import type { LooserFilter } from '../search/find-page.ts'
import { filterOfWords } from '../search/words.ts'
import { chosenMetricOf } from './chosen-metric.ts'

/** What a page of the catalogue was asked for. */
export type CatalogueQuery = {
  /** A filter or plain words; empty: all. */
  readonly words: string
  readonly sort: CatalogueSort
  /** Only models with an open request. */
  readonly isAsked?: boolean
  readonly after: string | undefined
  /** What times in words are counted from; undefined: a program asks, and gives milliseconds. */
  readonly nowMs?: number
  readonly count: number
}

export const catalogueSorts = ['name', 'changed'] as const
export type CatalogueSort = (typeof catalogueSorts)[number]

export type CatalogueRow = {
  readonly model: RegisteredModel
  /** Ids of its open requests, newest first. */
  readonly requests: readonly number[]
  /** Of the metric that its tag names, by live version; undefined: none is named. */
  readonly metric:
    | { readonly key: string; readonly values: ReadonlyMap<number, number> }
    | undefined
}

export type Catalogue = {
  readonly rows: readonly CatalogueRow[]
  /** Where nothing was found: what the filter finds without each of its clauses. */
  readonly looser: readonly LooserFilter[]
  readonly next: string | undefined
}

/** @throws INVALID_PARAMETER_VALUE the filter is wrong */
export async function readCatalogue(
  ctx: Context,
  { words, sort, isAsked, after, count, nowMs }: CatalogueQuery,
): Promise<Catalogue> {
  const search = {
    filter: filterOfWords(words, 'name'),
    nowMs,
    also: isAsked ? hasOpenRequest(ctx) : undefined,
  }
  const { items, nextPageToken } = await searchRegisteredModels(ctx, {
    ...search,
    orderBy: sort === 'changed' ? ['last_updated_timestamp DESC'] : [],
    maxResults: count,
    pageToken: after,
  })
  // A program reads what it finds, and no way to more.
  const isLost = nowMs !== undefined && items.length === 0 && after === undefined
  const [looser, requests, metrics] = await Promise.all([
    isLost ? listLooserModelFilters(ctx, search) : [],
    readOpenRequests(
      ctx,
      items.map(({ id }) => id),
    ),
    readChosen(ctx, items),
  ])
  return {
    rows: items.map((model) => ({
      model,
      requests: requests.get(model.id) ?? [],
      metric: metrics.get(model.id),
    })),
    looser,
    next: nextPageToken,
  }
}

/** The metrics that tags of models name, of their live versions, by `registered_models.id`. */
async function readChosen(
  ctx: Context,
  models: readonly RegisteredModel[],
): Promise<ReadonlyMap<number, NonNullable<CatalogueRow['metric']>>> {
  const wanted = models.flatMap((model) => {
    const key = chosenMetricOf(model)
    if (key === undefined) return []
    const live = model.latestVersions.filter(({ stage }) => isActive(stage))
    return live.map(({ version }) => ({ model: model.id, version, key }))
  })
  const found = await readWantedMetrics(ctx, wanted)
  return new Map(
    [...Map.groupBy(found, ([{ model }]) => model)].map(([model, of]) => [
      model,
      {
        key: of[0]?.[0].key ?? '',
        values: new Map(
          of.flatMap(([{ version }, value]) => (value === null ? [] : [[version, value] as const])),
        ),
      },
    ]),
  )
}
