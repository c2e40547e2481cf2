import { type SQL, sql } from 'drizzle-orm'
import { notDenied, readable } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { type ViewType, viewConditions } from '../experiments/experiment.ts'
import { readRuns } from './read-runs.ts'
import type { Run } from './run.ts'
import { runFilterKeys, runSortKeys } from './search-run-keys.ts'

/** As MLflow: 1 to 50,000 runs a page. */
const pageMax = 50_000
const pageDefault = 1000
/** They travel as one parameter, of which D1 takes 2 MB. */
const experimentsMax = 100_000

const newestFirst = [
  { expression: sql`r.start_time_ms`, descending: true, type: 'int64' },
  { expression: sql`r.run_id`, type: 'text' },
] as const

const searchableRuns: Searchable = {
  from: sql`runs r`,
  id: sql`r.id`,
  filterKeys: runFilterKeys,
  sortKeys: runSortKeys,
  defaultOrder: newestFirst,
  tieBreak: newestFirst,
}

export type RunSearch = {
  /** Those that no experiment has are passed over. None finds nothing. */
  readonly experimentIds: readonly number[]
  readonly filter?: string | undefined
  readonly orderBy: readonly string[]
  readonly view?: ViewType | undefined
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
}

/**
 * Runs of those of the given experiments that the caller may read, newest first where no order is asked for; ties go by start time,
 * newest first, and then by run id.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong, or too many experiments
 * @see MLflow REST API, "Search Runs"
 */
export async function searchRuns(ctx: Context, search: RunSearch): Promise<Page<Run>> {
  const maxResults = checkPageSize(search.maxResults, pageMax, pageDefault)
  const experimentIds = [...new Set(search.experimentIds)]
  if (experimentIds.length > experimentsMax) {
    throw invalid(`A search takes at most ${experimentsMax} experiment_ids`)
  }
  const view = search.view ?? 'ACTIVE_ONLY'
  const asked = ['runs', ctx.workspace, experimentIds, search.filter ?? '', search.orderBy, view]
  const { ids, nextPageToken } = await findPage(ctx.db, searchableRuns, {
    scope: [
      inExperimentsSql(ctx, experimentIds),
      ...viewConditions(sql`r.lifecycle_stage`, view),
      notDenied(ctx, 'run'),
    ],
    filter: parseFilter(search.filter),
    orderBy: parseOrderBy(search.orderBy),
    maxResults,
    token: search.pageToken,
    asked,
  })
  return { items: await readRuns(ctx.db, ids), nextPageToken }
}

/** With one experiment an index hands out the runs in their order; with several it cannot. */
function inExperimentsSql(ctx: Context, ids: readonly number[]): SQL {
  const mine = sql`e.workspace = ${ctx.workspace} and ${readable(ctx, 'experiment', sql`e.id`)}`
  const [only] = ids
  if (only !== undefined && ids.length === 1) {
    return sql`r.experiment = (select e.id from experiments e
      where e.id = ${only} and ${mine})`
  }
  return sql`r.experiment in (select e.id from json_each(${JSON.stringify(ids)}) j
    join experiments e on e.id = j.value where ${mine})`
}
