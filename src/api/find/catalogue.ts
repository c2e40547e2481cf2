import { type CatalogueRow, readCatalogue } from '../../find/catalogue.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/catalogue.ts'
import { pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** All models that the caller may read, as a page of them is looked over. */
export const catalogueRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listCatalogue, anyone, async (ctx, { query }) => {
    const { rows, next } = await readCatalogue(ctx, {
      words: query.q,
      sort: query.sort,
      isAsked: query.requests === 'open',
      after: query.page_token,
      count: query.max_results,
    })
    return pageToWire({ items: rows, nextPageToken: next }, rowToWire)
  }),
]

function rowToWire({ model, requests, metric }: CatalogueRow) {
  const versions = model.latestVersions.map(({ version }) => version)
  return {
    name: model.name,
    ...(model.description ? { description: model.description } : {}),
    tags: model.tags,
    created_at: model.createdAtMs,
    updated_at: model.updatedAtMs,
    ...(versions.length > 0 ? { latest_version: String(Math.max(...versions)) } : {}),
    stages: model.latestVersions.map(({ stage, version }) => ({ stage, version: String(version) })),
    aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    open_requests: requests.map(String),
    ...(metric && {
      metric: {
        key: metric.key,
        values: [...metric.values].map(([version, value]) => ({
          version: String(version),
          value: Number.isNaN(value) ? ('NaN' as const) : value,
        })),
      },
    }),
  }
}
