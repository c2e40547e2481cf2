import { excerpt, invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { filterOfWords } from '../../../search/words.ts'
import { metricColumn, namedColumn, runColumnsOf } from '../../../tracking/runs/run-columns.ts'
import type { ScatterBox } from '../../charts/scatter.tsx'
import type { Paths } from '../../paths.ts'
import { columnsIn, runIdsIn, runsQueryOf } from '../table/run-query.ts'

export const comparedViews = {
  diff: 'Differences',
  charts: 'Charts',
  parallel: 'Parallel coordinates',
  scatter: 'Scatter',
} as const

export type ComparedView = keyof typeof comparedViews

/** Which value of a metric stands for a run among the differences. */
export const comparedFigures = { last: 'Latest', min: 'Min', max: 'Max', best: 'Best' } as const

export type ComparedFigure = keyof typeof comparedFigures

/** Which runs are compared, and how; it stands in the address. */
export type ComparedQuery = {
  /** Chosen one by one. */
  readonly ids: readonly string[]
  /** Where none was chosen: all runs of these experiments that match. */
  readonly experimentIds: readonly number[]
  readonly words: string
  /** Runs that are left out of tables and drawings, by the beginnings of their ids. */
  readonly hidden: readonly string[]
  readonly view: ComparedView
  readonly figure: ComparedFigure
  /** The one that is charted; undefined: the page chooses. */
  readonly metric: string | undefined
  /** Whether equal rows are shown too. */
  readonly isWhole: boolean
  /** The column whose values give lines their colours. */
  readonly by: string | undefined
  /** Whether lines of one value are one, with a band. */
  readonly isBanded: boolean
  /** Axes of parallel coordinates, from left to right; empty: the page chooses. */
  readonly axes: readonly string[]
  /** What is kept of axes of numbers, by their columns. */
  readonly bounds: ReadonlyMap<string, AxisBounds>
  readonly colour: string | undefined
  readonly x: string | undefined
  readonly y: string | undefined
  /** Whether an axis is logarithmic; undefined: by its values. */
  readonly logX: boolean | undefined
  readonly logY: boolean | undefined
  readonly hasTrend: boolean
  readonly box: ScatterBox | undefined
}

/** From one number to another; undefined: without an end. */
export type AxisBounds = { readonly from: number | undefined; readonly to: number | undefined }

const axesMax = 12

/** @throws INVALID_PARAMETER_VALUE */
export function comparedQueryOf(c: AppContext): ComparedQuery {
  const { experimentIds, words } = runsQueryOf(c)
  const view = optionalQuery(c, 'view') ?? 'diff'
  if (!isView(view)) {
    throw invalid(
      `There is no view '${excerpt(view)}': one of ${Object.keys(comparedViews).join(', ')}`,
    )
  }
  const axes = [...new Set(c.req.queries('axis') ?? [])].filter((one) => one !== '')
  if (axes.length > axesMax) throw invalid(`There are at most ${axesMax} axes`)
  return {
    ids: runIdsIn(c),
    experimentIds,
    words,
    hidden: shortIdsIn(c, 'hide'),
    view,
    figure: figureIn(c),
    metric: optionalQuery(c, 'metric'),
    isWhole: optionalQuery(c, 'all') === '1',
    by: groupedIn(c),
    isBanded: optionalQuery(c, 'band') === '1',
    axes: axes.map(checkColumn),
    bounds: boundsIn(c),
    colour: columnIn(c, 'color'),
    x: columnIn(c, 'x'),
    y: columnIn(c, 'y'),
    logX: flagIn(c, 'logx'),
    logY: flagIn(c, 'logy'),
    hasTrend: optionalQuery(c, 'trend') === '1',
    box: boxIn(c),
  }
}

const shortIdChars = 8

/** As `hide` spells a run: 100 whole ids would make addresses long. */
export function shortIdOf(runId: string): string {
  return runId.slice(0, shortIdChars)
}

/** @throws INVALID_PARAMETER_VALUE one is no beginning of an id */
export function shortIdsIn(c: AppContext, name: string): string[] {
  const all = (optionalQuery(c, name) ?? '').split(',').filter(Boolean)
  const wrong = all.find((one) => !/^[0-9a-f]{8,32}$/.test(one))
  if (wrong !== undefined)
    throw invalid(`'${name}' names runs by their ids; got '${excerpt(wrong)}'`)
  if (all.length > idsMax) throw invalid(`'${name}' names at most ${idsMax} runs`)
  return [...new Set(all.map(shortIdOf))]
}

/** Whether the least or the greatest of all values of a metric is shown. */
export function showsExtremes({ view, figure, axes, colour, x, y }: ComparedQuery): boolean {
  if (view === 'diff') return figure !== 'last'
  const drawn = view === 'parallel' ? [...axes, colour] : view === 'scatter' ? [x, y, colour] : []
  return runColumnsOf(drawn.flatMap((column) => column ?? [])).extremes.length > 0
}

/** Whether it is left out of tables and drawings. */
export function isHidden(
  { hidden }: ComparedQuery,
  { runId }: { readonly runId: string },
): boolean {
  return hidden.includes(shortIdOf(runId))
}

/** Those that are shown now are hidden; those that are hidden all, shown. */
export function toggled(hidden: readonly string[], eyed: readonly string[]): string[] {
  return eyed.every((one) => hidden.includes(one))
    ? hidden.filter((one) => !eyed.includes(one))
    : [...new Set([...hidden, ...eyed])]
}

function isView(text: string): text is ComparedView {
  return Object.hasOwn(comparedViews, text)
}

function figureIn(c: AppContext): ComparedFigure {
  const figure = optionalQuery(c, 'figure') ?? 'last'
  if (Object.hasOwn(comparedFigures, figure)) return figure as ComparedFigure
  const names = Object.keys(comparedFigures).join(', ')
  throw invalid(`There is no figure '${excerpt(figure)}' of a metric: one of ${names}`)
}

/** @throws INVALID_PARAMETER_VALUE it is none of metric, param and tag */
function checkColumn(column: string): string {
  const [checked = column] = columnsIn([column])
  if (namedColumn(checked)) return checked
  throw invalid(`Runs are not compared by '${excerpt(column)}': name a metric, a param or a tag`)
}

/** What lines are grouped by: of a metric the latest value alone. */
function groupedIn(c: AppContext): string | undefined {
  const by = columnIn(c, 'by')
  const named = by === undefined ? undefined : namedColumn(by)
  return named?.kind === 'metrics' ? metricColumn(named.key) : by
}

function columnIn(c: AppContext, name: string): string | undefined {
  const column = optionalQuery(c, name) ?? ''
  return column === '' ? undefined : checkColumn(column)
}

function flagIn(c: AppContext, name: string): boolean | undefined {
  const text = optionalQuery(c, name) ?? ''
  return text === '' ? undefined : text === '1'
}

/** `from.m.accuracy=0.9` and `to.m.accuracy=1`, of axes that are there or may come back. */
function boundsIn(c: AppContext): ReadonlyMap<string, AxisBounds> {
  const columns = Object.keys(c.req.query()).flatMap(
    (name) => /^(?:from|to)\.(.+)$/s.exec(name)?.[1] ?? [],
  )
  const all = [...new Set(columns)].map((column) => {
    const bounds = { from: numberIn(c, `from.${column}`), to: numberIn(c, `to.${column}`) }
    return [checkColumn(column), bounds] as const
  })
  const given = all.filter(([, { from, to }]) => from !== undefined || to !== undefined)
  if (given.length > axesMax) throw invalid(`There are at most ${axesMax} axes`)
  return new Map(given)
}

function numberIn(c: AppContext, name: string): number | undefined {
  const text = (optionalQuery(c, name) ?? '').trim()
  if (text === '') return undefined
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw invalid(`'${excerpt(name)}' is a number; got '${excerpt(text)}'`)
}

function boxIn(c: AppContext): ScatterBox | undefined {
  const at = (name: string) => numberIn(c, name)
  const box = { x0: at('x0'), x1: at('x1'), y0: at('y0'), y1: at('y1') }
  return Object.values(box).every((end) => end === undefined) ? undefined : box
}

/** What an address says beside its path, or a form beside its fields; what is the default is left out. */
export function comparedTerms(query: ComparedQuery): (readonly [string, string])[] {
  const { ids, experimentIds, box } = query
  const flag = (is: boolean | undefined) => (is === undefined ? undefined : is ? '1' : '0')
  const terms = [
    ...(ids.length > 0
      ? [['ids', ids.join(',')]]
      : [
          ['in', experimentIds.join(',')],
          ['q', query.words],
        ]),
    ['hide', query.hidden.join(',')],
    ['view', query.view === 'diff' ? undefined : query.view],
    ['figure', query.figure === 'last' ? undefined : query.figure],
    ['metric', query.metric],
    ['all', query.isWhole ? '1' : undefined],
    ['by', query.by],
    ['band', query.isBanded ? '1' : undefined],
    ...query.axes.map((axis) => ['axis', axis]),
    ...[...query.bounds].flatMap(([column, { from, to }]) => [
      [`from.${column}`, from === undefined ? '' : String(from)],
      [`to.${column}`, to === undefined ? '' : String(to)],
    ]),
    ['color', query.colour],
    ['x', query.x],
    ['y', query.y],
    ['logx', flag(query.logX)],
    ['logy', flag(query.logY)],
    ['trend', query.hasTrend ? '1' : undefined],
    ...Object.entries(box ?? {}).map(([end, value]) => [
      end,
      value === undefined ? '' : String(value),
    ]),
  ]
  return terms.flatMap(([name = '', value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  )
}

export function comparedAddress(to: Paths, query: ComparedQuery): string {
  const terms = comparedTerms(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return `${to.runs}/compare${terms.length === 0 ? '' : `?${terms.join('&')}`}`
}

/** Which runs are compared, as a filter. */
export function comparedFilter({ ids, words }: ComparedQuery): string {
  return ids.length > 0
    ? `attributes.run_id IN (${ids.map((id) => `'${id.replaceAll("'", '')}'`).join(', ')})`
    : filterOfWords(words, 'attributes.run_name')
}

/** More runs than these no address names one by one. */
export const idsMax = 100

/** Runs by their ids, as a filter. */
export function filterOfIds(runs: readonly { readonly runId: string }[]): string {
  return `attributes.run_id IN (${runs.map(({ runId }) => `'${runId}'`).join(', ')})`
}
