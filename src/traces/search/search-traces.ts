import { type SQL, sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import { type Filter, parseFilter } from '../../search/filter.ts'
import { clauseLiteralsMax, filterSql } from '../../search/filter-sql.ts'
import { findPage, type Search, type Searchable } from '../../search/find-page.ts'
import { Literals } from '../../search/literals.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { type ExactFilter, exactFilter, withTimes } from '../../search/times/filter-times.ts'
import { readInfos } from '../reading/read-infos.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import type { TraceInfo } from '../trace.ts'
import { type CandidateRow, type Candidates, findCandidates } from '../words/find-candidates.ts'
import { matchLines } from './match-lines.ts'
import { findKinds } from './span-kinds.ts'
import { type SplitFilter, splitFilter } from './split-filter.ts'
import { isOfSessionSql, traceFilterKeys, traceSortKeys } from './trace-keys.ts'

const pageMax = 500
const pageDefault = 100
const experimentsMax = 1000

const newestFirst = [
  { expression: sql`t.request_time_ms`, descending: true, type: 'int64' },
  { expression: sql`t.trace_id`, type: 'text' },
] as const

const searchableTraces: Searchable = {
  from: sql`traces t`,
  id: sql`t.id`,
  filterKeys: traceFilterKeys,
  sortKeys: traceSortKeys,
  defaultOrder: newestFirst,
  tieBreak: newestFirst,
}

/** The same of some traces alone, from their ids and not from all there are. */
function searchableAmong(ids: readonly number[] | undefined): Searchable {
  if (!ids) return searchableTraces
  const from = sql`json_each(${JSON.stringify(ids)}) among cross join traces t on t.id = among.value`
  return { ...searchableTraces, from }
}

export type TraceSearch = {
  /** Unknown ids are ignored; an empty list finds nothing. */
  readonly experimentIds: readonly number[]
  readonly filter?: string | undefined
  /** Where a person wrote the filter: what `-7d` is counted from. Else its times are milliseconds alone. */
  readonly nowMs?: number | undefined
  /** Those of one conversation; absent: all. */
  readonly session?: string
  readonly orderBy: readonly string[]
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
}

/**
 * Traces of the given experiments, as far as the caller may read these; newest first, unless `orderBy`
 * says otherwise. What SQL cannot judge, such as the content of spans, is looked at until the page is
 * full or enough was read for one request: then the page is short, and its token goes on.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong, or too many experiments
 * @see MLflow REST API, "Search Traces"
 */
export async function searchTraces(ctx: Context, search: TraceSearch): Promise<Page<TraceInfo>> {
  const page = await findTraces(ctx, search)
  return { items: await readInfos(ctx, page.items), nextPageToken: page.nextPageToken }
}

async function findTraces(ctx: Context, search: TraceSearch): Promise<Page<number>> {
  const count = checkPageSize(search.maxResults, { most: pageMax, absent: pageDefault })
  const experiments = uniqueExperiments(search.experimentIds)
  const { scope, clauses, left, candidates } = await prepareFilter(ctx, experiments, search)
  const { session } = search
  const wanted: Search = {
    scope: session === undefined ? scope : [...scope, isOfSessionSql(sql`${session}`)],
    filter: clauses,
    orderBy: parseOrderBy(search.orderBy),
    count,
    token: search.pageToken,
    fingerprint: [
      ...['traces', ctx.workspace, experiments, search.filter ?? '', search.orderBy],
      ...(session === undefined ? [] : [session]),
    ],
  }
  return left
    ? walkCandidates(ctx, { search: wanted, left, candidates, count })
    : findPage(ctx.db, searchableTraces, wanted)
}

/** @throws INVALID_PARAMETER_VALUE too many */
export function uniqueExperiments(ids: readonly number[]): readonly number[] {
  const experiments = [...new Set(ids)]
  if (experiments.length <= experimentsMax) return experiments
  throw invalid(`A search takes at most ${experimentsMax} experiments`)
}

/** A filter as far as SQL can judge it, and the rest. */
export type PreparedFilter = {
  /** Conditions on `traces t`: the experiments that the caller may read, and kinds of spans. */
  readonly scope: readonly SQL[]
  readonly clauses: Filter
  /** What SQL cannot judge; undefined: it judges all. */
  readonly left: SplitFilter | undefined
  /** Where that is about texts of spans: the traces that need be read; undefined: all. */
  readonly candidates: Candidates | undefined
}

/** @throws INVALID_PARAMETER_VALUE the filter is malformed */
export async function prepareFilter(
  ctx: Context,
  experiments: readonly number[],
  { filter: text, nowMs }: Pick<TraceSearch, 'filter' | 'nowMs'>,
): Promise<PreparedFilter> {
  const filter = splitFilter(withTimes(parseFilter(text), traceFilterKeys, nowMs))
  const kinds =
    filter.onSpan.length > 0 ? await findKinds(ctx, experiments, filter.onSpan) : undefined
  const left = { ...filter, onSpan: kinds?.isExact ? [] : filter.onSpan }
  const isJudged = left.onSpan.length + left.onText.length + left.onColumns.length === 0
  return {
    scope: [inExperimentsSql(ctx, experiments), ...(kinds ? [kinds.condition] : [])],
    clauses: filter.clauses,
    left: isJudged ? undefined : left,
    candidates: isJudged ? undefined : await findCandidates(ctx, experiments, filter.pieces),
  }
}

/** A filter that a person wrote, as MLflow's clients give it. */
export function exactTraceFilter(text: string, nowMs: number): ExactFilter {
  return exactFilter(text, traceFilterKeys, nowMs)
}

/** @throws INVALID_PARAMETER_VALUE no search would take the filter */
export function checkTraceFilter(text: string | undefined): void {
  const { clauses } = splitFilter(parseFilter(text || undefined))
  filterSql(clauses, traceFilterKeys, new Literals(clauses.length * clauseLiteralsMax))
}

/**
 * A filter as a condition on `traces t`. What SQL cannot judge is looked at here, as far as one request
 * may.
 *
 * @throws INVALID_PARAMETER_VALUE it would take more than that
 */
export async function judgedSql(
  ctx: Context,
  { scope, clauses, left, candidates }: PreparedFilter,
  literals: Literals,
): Promise<SQL> {
  if (!left)
    return sql`${sql.join([...scope], sql` and `)} and ${filterSql(clauses, traceFilterKeys, literals)}`
  const count = candidatesMax + 1
  const search: Search = {
    scope,
    filter: clauses,
    orderBy: [],
    count,
    token: undefined,
    fingerprint: [],
  }
  const { items, nextPageToken } = await walkCandidates(ctx, { search, left, candidates, count })
  if (nextPageToken !== undefined) {
    throw invalid(
      'The filter has to look at more spans than one request may; add a range of time to it, such as timestamp > 1767225600000',
    )
  }
  return sql`t.id in (select value from json_each(${JSON.stringify(items)}))`
}

export function inExperimentsSql(ctx: Context, ids: readonly number[]): SQL {
  const isReadable = sql`e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}`
  const [only] = ids
  if (only !== undefined && ids.length === 1) {
    return sql`t.experiment = (select e.id from experiments e where e.id = ${only} and ${isReadable})`
  }
  return sql`t.experiment in (select e.id from json_each(${JSON.stringify(ids)}) j
    join experiments e on e.id = j.value where ${isReadable})`
}

/** What one request looks at beyond SQL: traces, and characters of their spans. */
const candidatesMax = 20_000
const charsMax = 7_000_000
const spansPerRound = 100
const columnsPerRound = 500

type Walk = {
  readonly search: Search
  readonly left: SplitFilter
  readonly candidates: Candidates | undefined
  readonly count: number
}

/** The first candidates that fit, up to a full page or the end of what one request may look at. */
async function walkCandidates(
  ctx: Context,
  { search, left, candidates, count }: Walk,
): Promise<Page<number>> {
  const isCandidate = candidates?.isCandidate
  const perRound = perRoundOf(left, candidates)
  const searchable = searchableAmong(candidates?.ids)
  const found: number[] = []
  let [looked, chars] = [0, 0]
  let token = search.token
  for (;;) {
    const page = await findPage(ctx.db, searchable, { ...search, count: perRound, token })
    const placeOf = new Map(page.items.map((id, i) => [id, i]))
    for await (const judged of judgeRound(ctx, page.items, { left, isCandidate })) {
      if (judged.fits) found.push(judged.id)
      chars += judged.chars
      const isEnough = found.length === count || chars >= charsMax
      const behind = (placeOf.get(judged.id) ?? 0) + 1
      if (isEnough) return { items: found, nextPageToken: page.tokenBehind(behind) }
    }
    looked += page.items.length
    token = page.nextPageToken
    if (token === undefined || looked >= candidatesMax) {
      return { items: found, nextPageToken: token }
    }
    await letOthersRun()
  }
}

/** Where most are no candidates, a round reads few of them. */
function perRoundOf(left: SplitFilter, candidates: Candidates | undefined): number {
  return needsSpans(left) && !candidates?.isCandidate ? spansPerRound : columnsPerRound
}

function needsSpans({ onSpan, onText }: SplitFilter): boolean {
  return onSpan.length + onText.length > 0
}

type Judging = {
  readonly left: SplitFilter
  readonly isCandidate: Candidates['isCandidate']
}

type Judged = { readonly id: number; readonly fits: boolean; readonly chars: number }

/** Those of some traces, in their order, that had to be looked at, and how many characters were read of each. */
async function* judgeRound(
  ctx: Context,
  ids: readonly number[],
  { left, isCandidate = () => true }: Judging,
): AsyncGenerator<Judged> {
  const rows = await fitColumns(ctx, ids, left)
  const places = rows.filter(isCandidate)
  if (!needsSpans(left)) {
    for (const { id } of places) yield { id, fits: true, chars: 0 }
    return
  }
  for await (const { id, lines, chars } of readTraceLines(ctx, places)) {
    yield { id, fits: await matchLines(lines, left), chars }
  }
}

/** Of traces whose spans are not read. */
const noPlaceColumns = sql`t.id, 0 as span_bytes`

type ColumnRow = SpanPlace & CandidateRow & Readonly<Record<string, string | number | null>>

/** Those of some traces whose values fit the regular expressions, and where their spans are, if these are needed. */
async function fitColumns(
  ctx: Context,
  ids: readonly number[],
  left: SplitFilter,
): Promise<readonly ColumnRow[]> {
  const { onColumns } = left
  const place = needsSpans(left) ? placeColumns : noPlaceColumns
  const values = onColumns.map(({ column }, i) => sql`, ${column} as ${sql.raw(`v${i}`)}`)
  const rows =
    await ctx.db.all(sql<ColumnRow>`select ${place}, t.pack, t.payload_rows ${sql.join(values, sql``)}
    from json_each(${JSON.stringify(ids)}) w cross join traces t on t.id = w.value order by w.key`)
  return rows.filter((row) =>
    onColumns.every(({ test }, i) => {
      const value = row[`v${i}`]
      return typeof value === 'string' && test(value)
    }),
  )
}
