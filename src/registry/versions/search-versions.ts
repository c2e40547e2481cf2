import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import type { Int64 } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortTerm } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { readableRuns } from '../../tracking/runs/run-lineage.ts'
import { isNewestFactsSql, readableFactsSql } from '../facts/readable-facts.ts'
import { withPromptsHidden } from '../prompts.ts'
import { type ModelVersion, readVersions } from './read-versions.ts'
import { runPrefixes, versionFilterKeys, versionSortKeys } from './search-version-keys.ts'

/** As in MLflow: 200,000, both the default and the limit. */
const pageMax = 200_000
/** As many versions with long descriptions and tags as fit into one answer of D1. */
const readMax = 2000

const byNameAndNumber: readonly SortTerm[] = [
  { expression: sql`m.name`, type: 'text' },
  { expression: sql`v.version`, descending: true, type: 'int64' },
]

const searchableVersions: Searchable = {
  from: sql`model_versions v join registered_models m on m.id = v.registered_model`,
  id: sql`v.id`,
  filterKeys: versionFilterKeys,
  sortKeys: versionSortKeys,
  defaultOrder: [
    { expression: sql`v.updated_at_ms`, descending: true, type: 'int64' },
    ...byNameAndNumber,
  ],
  tieBreak: byNameAndNumber,
}

/** What a search of models or of versions asks for. */
export type RegistrySearch = {
  readonly filter?: string | undefined
  /** Of models: what times in words are counted from; undefined: a program asks, and gives milliseconds. */
  readonly nowMs?: number | undefined
  readonly orderBy: readonly string[]
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
  /** A condition that no filter can say, on `model_versions v` or `registered_models m`. */
  readonly also?: AlsoCondition | undefined
}

/** A condition, and what tells it from others in page tokens. */
export type AlsoCondition = { readonly where: SQL; readonly fingerprint: unknown }

/**
 * With the run `r` of each version or, if that is gone, the facts `k` that are kept, if the caller
 * may read them, so that no filter tells what they may not read.
 */
function withReadableFacts(ctx: Context): Searchable {
  return {
    ...searchableVersions,
    from: sql`${searchableVersions.from} left join (select r.id, r.run_id from ${readableRuns(ctx)}) r
      on r.run_id = v.run_id
      left join version_facts k on r.id is null and k.model_version = v.id
        and ${isNewestFactsSql(sql`k`)} and ${readableFactsSql(ctx, sql`k`)}`,
  }
}

/**
 * Model versions that the caller may read, with their aliases, the last changed first where no
 * order is asked for. Versions of prompts are left out unless the filter asks for them by
 * `tags.mlflow.prompt.is_prompt`.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong
 * @see MLflow REST API, "Search ModelVersions"; docs/search.md for the keys that MLflow lacks
 */
export async function searchModelVersions(
  ctx: Context,
  search: RegistrySearch,
): Promise<Page<ModelVersion>> {
  const filter = parseFilter(search.filter)
  const namesRun = filter.some(({ key }) => runPrefixes.includes(key.prefix ?? ''))
  const searchable = namesRun ? withReadableFacts(ctx) : searchableVersions
  const { items: ids, nextPageToken } = await findPage(ctx.db, searchable, {
    scope: [
      sql`m.workspace = ${ctx.workspace}`,
      mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel }),
      isNotDeniedSql(ctx, 'version', isPromptModel),
      ...(search.also ? [search.also.where] : []),
    ],
    filter: withPromptsHidden(filter),
    orderBy: parseOrderBy(search.orderBy),
    count: checkPageSize(search.maxResults, {
      most: pageMax,
      absent: pageMax,
      refusal: messages.pageSizeOfRegistry,
    }),
    token: search.pageToken,
    fingerprint: fingerprintOf(ctx, 'versions', search),
  })
  const items: ModelVersion[] = []
  for (let from = 0; from < ids.length; from += readMax) {
    items.push(...(await readVersions(ctx.db, ids.slice(from, from + readMax))))
  }
  return { items, nextPageToken }
}

/** What tells the page tokens of one search from those of others. */
export function fingerprintOf(ctx: Context, of: string, search: RegistrySearch): unknown[] {
  const { filter = '', orderBy, also } = search
  return [of, ctx.workspace, filter, orderBy, ...(also ? [also.fingerprint] : [])]
}
