import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { int64Param } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { type Filter, parseFilter } from '../../search/filter.ts'
import {
  countFound,
  type FoundPage,
  findPage,
  type LooserFilter,
  listLooserFilters,
  type Searchable,
} from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortItem } from '../../search/order-sql.ts'
import { type Beside, checkPageSize, type Page } from '../../search/page.ts'
import { type ExactFilter, exactFilter, withTimes } from '../../search/times/filter-times.ts'
import { fieldOf } from '../../search/vocabulary.ts'
import type { ValueWalk } from '../../search/walk/walk-statements.ts'
import { type ViewType, viewConditions } from '../experiments/experiment.ts'
import type { Run, RunInfo } from '../run.ts'
import { isRootSql } from './nested-runs.ts'
import { readRuns } from './read-runs.ts'
import { runWalkOf } from './run-walk.ts'
import {
  type ExtremeOrder,
  extremeSort,
  runFilterKeys,
  runName,
  runSortKeys,
  startTime,
} from './search-run-keys.ts'

/** As MLflow: 1 to 50,000 runs a page. */
const pageMax = 50_000
const pageDefault = 1000
/** They are one parameter, of which D1 takes 2 MB. */
const experimentsMax = 100_000
/** Where no more runs are read than this, a page for each part, they are merged and not all sorted. */
const mergedMax = 20_000

/** Each has statements of its own, in the order of a number. */
const walkedExperimentsMax = 10

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
  /** Unknown ids are ignored; an empty list finds nothing. */
  readonly experimentIds: readonly number[]
  readonly filter?: string | undefined
  /** Where a person wrote the filter: what `-7d` is counted from. Else its times are milliseconds alone. */
  readonly nowMs?: number | undefined
  /** In MLflow's grammar, or by extremes. */
  readonly orderBy: readonly (string | ExtremeOrder)[]
  readonly view?: ViewType | undefined
  /** Without runs that are parts of an active run of their experiment. */
  readonly isOfRoots?: boolean
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
}

/**
 * Runs of the given experiments, as far as the caller may read these; newest first, unless `orderBy`
 * says otherwise. Runs that are equal in that order follow by start time, newest first, then by id.
 * A page has fewer runs than asked for where their datasets have long texts.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong, or too many experiments
 * @see MLflow REST API, "Search Runs"
 */
export async function searchRuns(ctx: Context, search: RunSearch): Promise<Page<Run>> {
  const page = await findRunKeys(ctx, search)
  const { runs, count } = await readRuns(ctx.db, page.items)
  const isCut = count < page.items.length
  return { items: runs, nextPageToken: isCut ? page.tokenBehind(count) : page.nextPageToken }
}

/** As `searchRuns`, but only the keys of the runs (`runs.id`). */
export async function findRunKeys(ctx: Context, search: RunSearch): Promise<FoundPage> {
  const count = checkPageSize(search.maxResults, { most: pageMax, absent: pageDefault })
  const experimentIds = [...new Set(search.experimentIds)]
  if (experimentIds.length > experimentsMax) {
    throw invalid(`A search takes at most ${experimentsMax} experiment_ids`)
  }
  const view = search.view ?? 'ACTIVE_ONLY'
  const fingerprint = [
    'runs',
    ctx.workspace,
    experimentIds,
    search.filter ?? '',
    search.orderBy,
    view,
    ...(search.isOfRoots ? ['roots'] : []),
  ]
  const filter = readFilter(search)
  const orderBy = sortItemsOf(search.orderBy)
  const stages = view === 'ALL' ? 2 : 1
  const parts = experimentIds.length * stages
  const isMerged = parts > 1 && parts * count <= mergedMax && isIndexed(orderBy, view)
  const isWalked = experimentIds.length === 1 || experimentIds.length * count <= mergedMax
  return findPage(ctx.db, searchableRuns, {
    walks: isWalked ? walksOf(ctx, experimentIds, orderBy) : [],
    parts: isMerged ? partsSql(ctx, experimentIds, view) : undefined,
    within: isMerged ? ofPartSql(view) : inExperimentsSql(ctx, experimentIds),
    scope: [...scopeOf(ctx, view), ...(search.isOfRoots ? [isRootSql] : [])],
    filter,
    orderBy,
    count,
    token: search.pageToken,
    fingerprint,
  })
}

/** How the runs of each experiment are read in their order; none: they have to be sorted. */
function walksOf(ctx: Context, ids: readonly number[], orderBy: readonly SortItem[]): ValueWalk[] {
  if (ids.length > walkedExperimentsMax) return []
  return ids.flatMap((id) => runWalkOf(readableExperimentSql(ctx, id), orderBy) ?? [])
}

/** The experiments, and of all runs the active ones apart from the deleted: of each an index has the runs by start time. */
function partsSql(ctx: Context, ids: readonly number[], view: ViewType): SQL {
  const experiments = sql`(${readableExperimentsSql(ctx, ids)}) part`
  if (view !== 'ALL') return experiments
  return sql`${experiments} cross join (select 'active' as name union all select 'deleted') stage`
}

function ofPartSql(view: ViewType): SQL {
  const isOfExperiment = sql`r.experiment = part.id`
  return view === 'ALL' ? sql`${isOfExperiment} and r.lifecycle_stage = stage.name` : isOfExperiment
}

function readFilter({ filter, nowMs }: Pick<RunSearch, 'filter' | 'nowMs'>): Filter {
  return withTimes(parseFilter(filter), runFilterKeys, nowMs)
}

/** A filter that a person wrote, as MLflow's clients give it. */
export function exactRunFilter(text: string, nowMs: number): ExactFilter {
  return exactFilter(text, runFilterKeys, nowMs)
}

/** Whether an index of an experiment has its runs in this order, as far as its first key goes. */
function isIndexed([first]: readonly SortItem[], view: ViewType): boolean {
  if (!first) return true
  const field = first.field ?? fieldOf(runSortKeys, first.key)
  return field === startTime || (field === runName && view === 'ACTIVE_ONLY')
}

function sortItemsOf(orderBy: RunSearch['orderBy']): SortItem[] {
  const words = orderBy.filter((one) => typeof one === 'string')
  if (words.length === orderBy.length) return [...parseOrderBy(words)]
  return orderBy.flatMap((one) =>
    typeof one === 'string' ? parseOrderBy([one]) : extremeSort(one),
  )
}

function scopeOf(ctx: Context, view: ViewType): SQL[] {
  return [...viewConditions(sql`r.lifecycle_stage`, view), isNotDeniedSql(ctx, 'run')]
}

/** Above this a count says that there are more. */
export const matchesCounted = 10_000

/** How many runs a filter finds, up to one more than `matchesCounted`. @throws INVALID_PARAMETER_VALUE */
export async function countMatches(
  ctx: Context,
  search: Pick<RunSearch, 'experimentIds' | 'filter' | 'nowMs' | 'view'>,
): Promise<number> {
  const scope = [
    inExperimentsSql(ctx, search.experimentIds),
    ...scopeOf(ctx, search.view ?? 'ACTIVE_ONLY'),
  ]
  const [count = 0] = await countFound(ctx.db, searchableRuns, {
    searches: [{ scope, filter: readFilter(search) }],
    most: matchesCounted + 1,
  })
  return count
}

/** What a filter that finds no run would find without each of its clauses. */
export function listLooserRunFilters(
  ctx: Context,
  search: Pick<RunSearch, 'experimentIds' | 'nowMs' | 'view'> & { readonly filter: string },
): Promise<LooserFilter[]> {
  const { experimentIds, filter: text, view = 'ACTIVE_ONLY' } = search
  return listLooserFilters(ctx.db, searchableRuns, {
    scope: [inExperimentsSql(ctx, experimentIds), ...scopeOf(ctx, view)],
    text,
    filter: readFilter(search),
  })
}

/** For a single experiment an index gives the runs in their order; for several it cannot, unless they are merged. */
function inExperimentsSql(ctx: Context, ids: readonly number[]): SQL {
  const [only] = ids
  if (only !== undefined && ids.length === 1) {
    return sql`r.experiment = ${readableExperimentSql(ctx, only)}`
  }
  return sql`r.experiment in (${readableExperimentsSql(ctx, ids)})`
}

/** The ids of those of these experiments that the caller may read. */
function readableExperimentsSql(ctx: Context, ids: readonly number[]): SQL {
  return sql`select e.id from json_each(${JSON.stringify(ids)}) j
    join experiments e on e.id = j.value where ${isReadableSql(ctx)}`
}

/** The id of this experiment, if the caller may read it. */
function readableExperimentSql(ctx: Context, id: number): SQL {
  return sql`(select e.id from experiments e where e.id = ${id} and ${isReadableSql(ctx)})`
}

/** The condition that the caller may read the experiment `e`. */
function isReadableSql(ctx: Context): SQL {
  return sql`e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}`
}

/** The runs that began before and after one, of its experiment and deleted or not as it is, by id. */
export async function findRunsBeside(
  ctx: Context,
  { runId, experimentId, lifecycleStage, startTimeMs }: RunInfo,
): Promise<Beside<string>> {
  const runs = sql`from runs r where r.experiment = ${experimentId}
    and r.lifecycle_stage = ${lifecycleStage} and ${isNotDeniedSql(ctx, 'run')}`
  const place = sql`(${int64Param(startTimeMs)}, ${runId})`
  const { before, after } = await ctx.db.batch({
    before: sql<{ run_id: string }>`select r.run_id ${runs}
      and (r.start_time_ms, r.run_id) < ${place} order by r.start_time_ms desc, r.run_id desc limit 1`,
    after: sql<{ run_id: string }>`select r.run_id ${runs}
      and (r.start_time_ms, r.run_id) > ${place} order by r.start_time_ms, r.run_id limit 1`,
  })
  return { before: before[0]?.run_id, after: after[0]?.run_id }
}
