import { readOpenRequests } from '../../governance/promotions/awaiting.ts'
import type { Context } from '../../platform/context.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'
import { filterOfWords } from '../parts/words.ts'

/** What a page of the catalogue was asked for. */
export type CatalogueQuery = {
  /** A filter or plain words; empty: all. */
  readonly words: string
  readonly sort: CatalogueSort
  readonly after: string | undefined
  readonly count: number
}

export const catalogueSorts = ['name', 'changed'] as const
export type CatalogueSort = (typeof catalogueSorts)[number]

export type CatalogueRow = {
  readonly model: RegisteredModel
  /** Ids of its open requests, newest first. */
  readonly requests: readonly number[]
}

export type Catalogue = {
  readonly rows: readonly CatalogueRow[]
  readonly next: string | undefined
}

/** @throws INVALID_PARAMETER_VALUE the filter is wrong */
export async function readCatalogue(
  ctx: Context,
  { words, sort, after, count }: CatalogueQuery,
): Promise<Catalogue> {
  const { items, nextPageToken } = await searchRegisteredModels(ctx, {
    filter: filterOfWords(words, 'name'),
    orderBy: sort === 'changed' ? ['last_updated_timestamp DESC'] : [],
    maxResults: count,
    pageToken: after,
  })
  const requests = await readOpenRequests(
    ctx,
    items.map(({ id }) => id),
  )
  return {
    rows: items.map((model) => ({ model, requests: requests.get(model.id) ?? [] })),
    next: nextPageToken,
  }
}
