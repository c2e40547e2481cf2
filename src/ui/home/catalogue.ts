import type { CatalogueQuery } from '../../find/catalogue.ts'
import { countModelsAsked } from '../../governance/promotions/awaiting.ts'
import type { Context } from '../../platform/context.ts'
import { countModels, type ModelCounts } from '../../registry/models/count-models.ts'
import type { Paths } from '../paths.ts'

/** Where a page of the catalogue stands; what is the default is left out. */
export function catalogueAddress(
  to: Paths,
  { words, isAsked, sort, after }: Partial<CatalogueQuery>,
): string {
  return to.query(to.models, {
    q: words,
    requests: isAsked ? 'open' : undefined,
    sort: sort === 'name' ? undefined : sort,
    after,
  })
}

/** What chips above the catalogue count. */
export type CatalogueCounts = ModelCounts & {
  /** Models with an open request. */
  readonly asked: number
  /** What `changed` counts from, in Unix milliseconds. */
  readonly sinceMs: number
}

const dayMs = 86_400_000

/** Models that changed within seven days, from the beginning of a day on, so that the link stays the same. */
export async function readCatalogueCounts(ctx: Context): Promise<CatalogueCounts> {
  const sinceMs = Math.floor(ctx.now() / dayMs - 7) * dayMs
  const [counts, asked] = await Promise.all([countModels(ctx, sinceMs), countModelsAsked(ctx)])
  return { ...counts, asked, sinceMs }
}
