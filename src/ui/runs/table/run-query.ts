import { excerpt, invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { parseExperimentId } from '../../../tracking/experiments/experiment.ts'
import type { ParentRun } from '../../../tracking/runs/nested-runs.ts'
import {
  namedColumn,
  ordersBy,
  runColumnsOf,
  type SortColumn,
  sortColumnOf,
  spelledColumn,
} from '../../../tracking/runs/run-columns.ts'
import type { RunSearch } from '../../../tracking/runs/search-runs.ts'
import { listIn } from '../../addressed.ts'
import type { Directions } from '../../parts/directions.ts'
import type { Paths } from '../../paths.ts'

/** What a table of runs was asked for; it stands in the address. */
export type RunsQuery = {
  /** Whose runs: of one experiment, or of several. */
  readonly experimentIds: readonly number[]
  /** A filter or plain words; empty: all. */
  readonly words: string
  /** As addresses spell them: `start`, `m.accuracy`, `m.loss:min`, `p.lr`, `t.team`; empty: those that differ. */
  readonly columns: readonly string[]
  /** A column; absent: the newest first. */
  readonly sort: SortColumn | undefined
  /** The column that decides between those that are equal in the first. */
  readonly second: SortColumn | undefined
  /** Runs that are chosen to be compared, on whatever page. */
  readonly selected: readonly string[]
  /** Runs whose parts are shown beneath them, and how many of these at most. */
  readonly open: readonly ParentRun[]
  /** Whether runs that are parts of others stand among the others. */
  readonly isFlat: boolean
  /** The param or tag by whose values the runs are folded. */
  readonly group: string | undefined
  readonly after: string | undefined
  readonly isOfDeleted: boolean
  /** The saved view that it began from; 0: none, nor the default one; undefined: nothing was said. */
  readonly saved: number | undefined
}

const experimentsMax = 50
const columnsMax = 40
/** As many as a comparison takes. */
const selectedMax = 100

/** Columns that every run has, with their titles. */
export const fixedColumns = {
  experiment: 'Experiment',
  start: 'Started',
  took: 'Took',
  status: 'Status',
  user: 'User',
  versions: 'Registered',
} as const

export type FixedColumn = keyof typeof fixedColumns

export function isFixed(column: string): column is FixedColumn {
  return Object.hasOwn(fixedColumns, column)
}

/** Whether it is the extreme that is the better one. */
export function isBest(column: string, better: Directions): boolean {
  const named = namedColumn(column)
  if (named?.kind !== 'metrics' || named.figure === 'last') return false
  return better(named.key) === (named.figure === 'min' ? 'down' : 'up')
}

/** Those of them that tell runs apart. */
export function fixedColumnsOf({ experimentIds }: Pick<RunsQuery, 'experimentIds'>): FixedColumn[] {
  return Object.keys(fixedColumns).filter(
    (column): column is FixedColumn => column !== 'experiment' || experimentIds.length > 1,
  )
}

/** What stands above a column. */
export function titleOf(column: string): string {
  if (isFixed(column)) return fixedColumns[column]
  const named = namedColumn(column)
  if (named?.kind === 'metrics' && named.figure !== 'last') return `${named.key} (${named.figure})`
  return named?.key ?? column
}

/** @throws INVALID_PARAMETER_VALUE an experiment, a column or a run id is none, or there are too many */
export function runsQueryOf(c: AppContext): RunsQuery {
  const selected = listIn(c, 'sel')
  if (selected.length > selectedMax) throw invalid(`At most ${selectedMax} runs can be selected`)
  return {
    experimentIds: experimentIdsIn(c),
    words: (optionalQuery(c, 'q') ?? '').trim(),
    columns: columnsIn(listIn(c, 'col')),
    sort: sortIn(optionalQuery(c, 'sort')),
    second: sortIn(optionalQuery(c, 'then')),
    selected,
    open: openIn(c),
    isFlat: optionalQuery(c, 'flat') === '1',
    group: groupIn(optionalQuery(c, 'group')),
    after: optionalQuery(c, 'after'),
    isOfDeleted: optionalQuery(c, 'deleted') === '1',
    saved: savedIn(optionalQuery(c, 'saved')),
  }
}

/** @throws INVALID_PARAMETER_VALUE one is no column, or there are too many */
export function columnsIn(columns: readonly string[]): readonly string[] {
  if (columns.length > columnsMax) throw invalid(`A table shows at most ${columnsMax} columns`)
  return columns.map(columnIn)
}

/** In its one spelling. */
function columnIn(column: string): string {
  if (namedColumn(column) || isFixed(column)) return spelledColumn(column)
  throw invalid(
    `There is no column '${excerpt(column)}': spell it as m.accuracy, m.loss:min, p.lr or t.team`,
  )
}

/** The experiment that the path names, or those of `in=1,2`. */
function experimentIdsIn(c: AppContext): number[] {
  const own = c.req.param('id')
  const texts = own === undefined ? listIn(c, 'in').flatMap((one) => one.split(',')) : [own]
  const ids = [...new Set(texts.map(parseExperimentId))]
  if (ids.length > experimentsMax) {
    throw invalid(`A table has runs of at most ${experimentsMax} experiments`)
  }
  return ids
}

function savedIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalid("'saved' is the number of a saved view, or 0")
  return Number(text)
}

/** `-m.accuracy`: the greatest first. @throws INVALID_PARAMETER_VALUE runs are not sorted by that */
export function sortIn(text: string | undefined): SortColumn | undefined {
  const sort = text === undefined ? undefined : sortColumnOf(text)
  if (text !== undefined && !sort) {
    throw invalid(`Runs cannot be sorted by '${excerpt(text.replace(/^-/, ''))}'`)
  }
  return sort
}

/** `p.model`. @throws INVALID_PARAMETER_VALUE runs are not grouped by that */
export function groupIn(text: string | undefined): string | undefined {
  if (text === undefined || /^[pt]\../s.test(text)) return text
  throw invalid(`Runs are grouped by a param or tag, as p.model or t.team; got '${excerpt(text)}'`)
}

/** A sort as addresses spell it. */
export function sortText({ column, isDescending }: SortColumn): string {
  return `${isDescending ? '-' : ''}${column}`
}

/** So many parts of a run are shown at first, and more with each further step. */
export const childrenStep = 20
/** Beyond them the parts have a table of their own. */
export const childrenMax = 200
const openMax = 50

/** `open=<run id>`, or `open=<run id>.40` for more of its parts. */
function openIn(c: AppContext): ParentRun[] {
  const open = listIn(c, 'open')
  if (open.length > openMax) throw invalid(`At most ${openMax} runs can be open`)
  return open.map((text) => {
    const [, runId, count] = /^([0-9a-f]{32})(?:\.(\d{1,3}))?$/.exec(text) ?? []
    if (runId === undefined) throw invalid(`'open' names runs by their ids; got '${excerpt(text)}'`)
    const wanted = count === undefined ? childrenStep : Number(count)
    return { runId, childrenMax: Math.min(Math.max(wanted, childrenStep), childrenMax) }
  })
}

/** The runs that an address names: `ids=a,b`, or `sel` as the checkboxes of a table send it. */
export function runIdsIn(c: AppContext): string[] {
  const ids = [...new Set((optionalQuery(c, 'ids') ?? '').split(',').filter(Boolean))]
  const all = ids.length > 0 ? ids : listIn(c, 'sel')
  if (all.length > selectedMax) throw invalid(`At most ${selectedMax} runs can be selected`)
  return all
}

/** The order of a search. */
export function orderByOf({
  sort,
  second,
}: Pick<RunsQuery, 'sort' | 'second'>): RunSearch['orderBy'] {
  return [sort, sort && second].flatMap((one) => (one ? ordersBy(one) : []))
}

/** Whether a column of the table, or its order, is an extreme of a metric. */
export function hasExtremes({
  columns,
  sort,
  second,
}: Pick<RunsQuery, 'columns' | 'sort' | 'second'>) {
  const all = [...columns, ...[sort, second].flatMap((one) => one?.column ?? [])]
  return runColumnsOf(all).extremes.length > 0
}

/** What of a table an address says; what it does not say is the default. */
export type RunsAddress = Pick<RunsQuery, 'experimentIds'> & Partial<RunsQuery>

/** The path of a table, without what stands behind `?`. */
export function runsPath(to: Paths, { experimentIds }: RunsAddress): string {
  const [only, ...others] = experimentIds
  return only === undefined || others.length > 0 ? to.runs : to.experiment(only)
}

/** The address of a table; what is the default is left out. */
export function addressOf(to: Paths, query: RunsAddress): string {
  return addressAt(runsPath(to, query), query)
}

/** The address of a page about a table: where columns are chosen, its file. */
export function addressBelow(to: Paths, part: 'columns' | 'runs.csv', query: RunsAddress): string {
  return addressAt(`${runsPath(to, query)}/${part}`, { ...query, after: undefined })
}

/** Where the selected runs of a table are changed. @param tag a tag whose values are shown */
export function addressOfSelected(to: Paths, query: RunsQuery, tag?: string): string {
  return addressAt(`${to.runs}/change`, { ...query, after: undefined }, [['tag', tag]])
}

function addressAt(
  path: string,
  query: RunsAddress,
  more: readonly (readonly [string, string | undefined])[] = [],
): string {
  const { experimentIds, words, columns = [], sort, second, selected = [], open = [] } = query
  const terms = [
    ['in', experimentIds.length > 1 ? experimentIds.join(',') : undefined],
    ['q', words],
    ...columns.map((column) => ['col', column]),
    ['sort', sort && sortText(sort)],
    ['then', second && sortText(second)],
    ['flat', query.isFlat ? '1' : undefined],
    ['group', query.group],
    ['deleted', query.isOfDeleted ? '1' : undefined],
    ['saved', query.saved === undefined ? undefined : String(query.saved)],
    ...open.map(({ runId, childrenMax: most }) => [
      'open',
      most === childrenStep ? runId : `${runId}.${most}`,
    ]),
    ...selected.map((id) => ['sel', id]),
    ['after', query.after],
    ...more,
  ]
  const given = terms.flatMap(([key = '', value]) =>
    value === undefined || value === '' ? [] : [`${key}=${encodeURIComponent(value)}`],
  )
  return given.length === 0 ? path : `${path}?${given.join('&')}`
}
