import type { FC } from 'hono/jsx'
import type { Run } from '../../../tracking/run.ts'
import type { MetricSeries } from '../../../tracking/run-data/metric-series.ts'
import { namedColumn } from '../../../tracking/runs/run-columns.ts'
import { Chart, type LegendEntry } from '../../charts/chart.tsx'
import { mergeSeries } from '../../charts/group-series.ts'
import { compareTexts } from '../../charts/value-axis.ts'
import { countText, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { titleOf } from '../table/run-query.ts'
import { ColumnChoice, KeptTerms } from './compare-forms.tsx'
import { type ComparedQuery, isHidden, shortIdOf } from './compare-query.ts'

export type RunLinesProps = {
  readonly query: ComparedQuery
  /** Those that are hidden too: each keeps its colour. */
  readonly all: readonly Run[]
  readonly runs: readonly Run[]
  /** The one that is charted. */
  readonly metric: string
  readonly series: readonly MetricSeries[]
  readonly bucketsMax: number
  readonly linesMax: number
}

/** One metric of the runs along its steps: a line each, or one for all that have the same value of a column. */
export const RunLines: FC<RunLinesProps> = (props) => {
  const { query, all, runs, metric, series, bucketsMax, linesMax } = props
  const { by, isBanded } = query
  const nameOf = ({ runId }: MetricSeries) => all.find((run) => run.runId === runId)?.name ?? runId
  const groupOf = by === undefined ? undefined : groupsOf(by, all)
  const groups = groupOf && isBanded ? Map.groupBy(series, groupOf) : undefined
  const lines = linesOf(props, groupOf)
  const legend = lines.map(({ entry }) =>
    groups ? { ...entry, text: groupText(entry.text, groups.get(entry.text)?.length ?? 0) } : entry,
  )
  const placeOf = ({ runId }: MetricSeries) =>
    lines.find(({ key, runIds }) => key === runId || runIds.includes(runId))?.entry.colour ?? 0
  return (
    <section class="near large-chart" id="chart" aria-label="Chart">
      {groups ? (
        <Chart
          title={metric}
          series={[...groups]
            .sort(([a], [b]) => compareTexts(a, b))
            .map(([runId, of]) => mergeSeries(of, { runId, bucketsMax }))}
          x="step"
          nameOf={({ runId: group }) => groupText(group, groups.get(group)?.length ?? 0)}
          {...{ legend, placeOf }}
        />
      ) : (
        <Chart title={metric} series={series} x="step" {...{ nameOf, legend, placeOf }} />
      )}
      {groups ? (
        <p class="soft">
          The line is the mean of the runs that have a value there, the band reaches from the least
          to the greatest of all.
        </p>
      ) : null}
      {runs.length > linesMax ? (
        <p class="soft">
          Of {countText(runs.length)} runs the first {linesMax} are drawn.
        </p>
      ) : null}
    </section>
  )
}

function groupText(group: string, runs: number): string {
  return `${group} · ${plural(runs, 'run')}`
}

/** What has a colour: a run, or the runs of a group, whose text is its key. */
type Line = {
  readonly key: string
  readonly runIds: readonly string[]
  readonly entry: LegendEntry
}

/** Those that are drawn, and those that are hidden. */
function linesOf(
  { query, all, series }: RunLinesProps,
  groupOf: ReturnType<typeof groupsOf> | undefined,
): Line[] {
  const drawn = new Set(series.map(({ runId }) => runId))
  const groups = [...Map.groupBy(all, groupOf ?? (({ runId }) => runId))]
  const sorted = groupOf ? groups.sort(([a], [b]) => compareTexts(a, b)) : groups
  return sorted.flatMap(([key, of], colour) => {
    const shown = of.filter((run) => drawn.has(run.runId) || isHidden(query, run))
    const entry = {
      text: groupOf ? key : (of[0]?.name ?? key),
      colour,
      isHidden: of.every((run) => isHidden(query, run)),
      value: of.map(({ runId }) => shortIdOf(runId)).join(','),
    }
    return shown.length === 0 ? [] : [{ key, runIds: of.map(({ runId }) => runId), entry }]
  })
}

/** What a run is one of: `lr 0.1`. */
function groupsOf(by: string, runs: readonly Run[]): (of: { readonly runId: string }) => string {
  const named = namedColumn(by)
  const textIn = (run: Run): string | undefined => {
    const found = named && run[named.kind].find(({ key }) => key === named.key)?.value
    return found === undefined ? undefined : String(found)
  }
  const texts = new Map(
    runs.map((run) => [run.runId, `${titleOf(by)} ${textIn(run) ?? '– no value'}`]),
  )
  return ({ runId }) => texts.get(runId) ?? ''
}

type LineSettingsProps = {
  readonly to: Paths
  readonly query: ComparedQuery
  readonly metric: string | undefined
  readonly metrics: readonly string[]
  /** Columns that lines may be grouped by. */
  readonly columns: readonly string[]
}

/** Which metric is drawn, and which lines belong together. */
export const LineSettings: FC<LineSettingsProps> = ({ to, query, metric, metrics, columns }) => (
  <form class="chart-settings" method="get" action={`${to.runs}/compare`}>
    <KeptTerms query={query} without={['metric', 'by', 'band']} />
    <label>
      Metric
      <select name="metric">
        {[...new Set([...(metric === undefined ? [] : [metric]), ...metrics])].map((key) => (
          <option value={key} selected={key === metric}>
            {key}
          </option>
        ))}
      </select>
    </label>
    <ColumnChoice label="Colour by" name="by" columns={columns} chosen={query.by} none="the run" />
    <label class="choice">
      <input type="checkbox" name="band" value="1" checked={query.isBanded} />
      Mean and range of each colour
    </label>
    <button type="submit" class="quiet">
      Draw
    </button>
  </form>
)
