import type { Child, FC } from 'hono/jsx'
import { isActive } from '../../registry/stages/stages.ts'
import type { VersionMetric } from '../../registry/versions/version-metrics.ts'
import { drawGrid, drawSeries, roundedOf } from '../charts/draw-series.ts'
import { Plot } from '../charts/plot.tsx'
import { StageChip, StageSign } from '../parts/chips.tsx'
import { brokenBounds, type MetricBound } from '../parts/metric-bounds.ts'
import { Sign } from '../parts/sign.tsx'
import { NoValue, Table } from '../parts/table.tsx'
import { exactTitle, Given, metricText, numberText, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { ModelMetric } from './read-metric.ts'

type MetricProps = {
  readonly metric: ModelMetric
  readonly name: string
  readonly to: Paths
}

/** Whether a model gets better: one metric over its versions, with what gates ask of it. */
export const MetricOverVersions: FC<MetricProps> = ({ metric, name, to }) => {
  const { key, keys, versions, isCut, bounds } = metric
  return (
    <section class="near" aria-labelledby="metric" data-part="metric">
      <h2 id="metric">
        <Given text={key} /> over versions
      </h2>
      <form method="get" action={to.model(name)} class="fields-row chosen-metric">
        <label>
          Metric
          <select name="metric">
            {keys.map((one) => (
              <option value={one} selected={one === key}>
                {visibleText(one)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="quiet">
          Show
        </button>
      </form>
      {isCut ? (
        <p class="soft">The newest {plural(versions.length, 'version')}; the API has all.</p>
      ) : null}
      <figure class="chart">
        <figcaption>
          <strong>
            <Given text={key} />
          </strong>{' '}
          <span class="soft">
            {bounds.length === 0
              ? 'No gate asks anything of it.'
              : bounds.map((bound) => visibleText(boundText(bound))).join(' · ')}
          </span>
        </figcaption>
        <VersionsPlot metric={metric} />
        <Notable {...{ versions, bounds, name, to }} />
        <Values versions={versions} bounds={bounds} {...{ name, to }} />
      </figure>
    </section>
  )
}

function boundText({ policy, stage, is, value }: MetricBound): string {
  return `${policy} asks for at ${is} ${numberText(value)} in ${stage}`
}

type Valued = VersionMetric & { readonly value: number }

function isDrawable({ value }: VersionMetric): boolean {
  return value !== null && Number.isFinite(value)
}

const VersionsPlot: FC<{ readonly metric: ModelMetric }> = ({
  metric: { key, versions, bounds },
}) => {
  const drawable = versions.filter((one): one is Valued => isDrawable(one))
  const [first, last] = [versions[0]?.version ?? 1, versions.at(-1)?.version ?? 1]
  const heights = [...drawable, ...bounds].map(({ value }) => value)
  if (drawable.length === 0) return <p class="soft">No version shown here has a finite value.</p>
  const { ticks, ...drawn } = roundedOf({
    // So that the points of the first and the last are whole.
    x: [first - 0.5, last + 0.5],
    y: [Math.min(...heights), Math.max(...heights)],
  })
  const { line, dots } = drawSeries(seriesOf(drawable), drawn)
  const dotsOf = (of: readonly Valued[]) =>
    of.map((one) => drawSeries(seriesOf([one]), drawn).dots).join('')
  const broken = drawable.filter(({ value }) => brokenBounds(value, bounds).length > 0)
  const staged = dotsOf(drawable.filter(({ stage }) => isActive(stage)))
  const areSlots = first < last && last - first < slotsMax
  return (
    <Plot
      label={`${key} of ${plural(drawable.length, 'version')}, last ${numberText(drawable.at(-1)?.value ?? 0)}; ${plural(broken.length, 'version')} beyond what gates ask for`}
      ticks={ticks}
      drawn={drawn}
      ends={areSlots ? slotsOf(versions) : [`Version ${first}`, last]}
      areSlots={areSlots}
    >
      {bounds.length === 0 ? null : (
        <path
          class="bound"
          d={drawGrid(
            bounds.map(({ value }) => value),
            drawn,
          )}
        />
      )}
      <g class="series-0">
        {line === '' ? null : <path class="line" d={line} />}
        {staged === '' ? null : (
          <>
            <path class="dots staged" d={staged} />
            <path class="dots inside" d={staged} />
          </>
        )}
        <path class="dots" d={dotsOf(drawable) + dots} />
      </g>
      {broken.length === 0 ? null : <path class="dots broken" d={dotsOf(broken)} />}
    </Plot>
  )
}

/** Of more versions there is no room for the number of each. */
const slotsMax = 10

/** Every number from the first version to the last, with the sign of a stage that serves; of one that is gone, nothing. */
function slotsOf(versions: readonly VersionMetric[]): Child[] {
  const [first, last] = [versions[0]?.version ?? 1, versions.at(-1)?.version ?? 1]
  const byNumber = new Map(versions.map((one) => [one.version, one]))
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const one = byNumber.get(first + i)
    if (one === undefined) return ''
    return (
      <>
        {isActive(one.stage) ? <StageSign stage={one.stage} /> : null}
        {one.version}
      </>
    )
  })
}

const notableMax = 6

/** What one looks for in the chart, in words: versions in stages that serve, then others that gates would stop, the newest first. */
const Notable: FC<ValuesProps> = ({ versions, bounds, name, to }) => {
  const newest = versions.toReversed()
  const serving = newest.filter(({ stage }) => isActive(stage))
  const stopped = newest.filter(
    ({ stage, value }) =>
      !isActive(stage) && value !== null && brokenBounds(value, bounds).length > 0,
  )
  const all = [...serving, ...stopped]
  return all.length === 0 ? null : (
    <ul class="plain lines" aria-label="Versions to look at">
      {all.slice(0, notableMax).map(({ version, stage, value }) => (
        <li class="row">
          <a href={to.version(name, version)}>Version {version}</a> <StageChip stage={stage} />
          {value === null ? (
            <span class="soft">has none</span>
          ) : (
            <>
              <span title={exactTitle(value)}>{metricText(value)}</span>
              {bounds.length === 0 ? null : <Judged {...{ value, bounds }} />}
            </>
          )}
        </li>
      ))}
      {all.length > notableMax ? (
        <li class="soft">{all.length - notableMax} more, under “Values”</li>
      ) : null}
    </ul>
  )
}

/** As a series of single points along the numbers of versions. */
function seriesOf(versions: readonly Valued[]) {
  return {
    ...{ runId: '', key: '', points: versions.length },
    buckets: versions.map(({ version, value }) => ({
      ...{ x: version, end: version, nans: 0, infinities: 0 },
      values: { min: value, max: value, mean: value },
    })),
  }
}

type ValuesProps = {
  readonly versions: readonly VersionMetric[]
  readonly bounds: readonly MetricBound[]
  readonly name: string
  readonly to: Paths
}

const Values: FC<ValuesProps> = ({ versions, bounds, name, to }) => (
  <details>
    <summary>Values</summary>
    <Table
      caption="The metric of each version, newest first"
      columns={[
        'Version',
        'Stage',
        { title: 'Value', isNumber: true },
        ...(bounds.length > 0 ? ['Gates'] : []),
      ]}
    >
      {versions.toReversed().map(({ version, stage, value }) => (
        <tr>
          <th scope="row">
            <a href={to.version(name, version)}>Version {version}</a>
          </th>
          <td>
            <StageChip stage={stage} />
          </td>
          <td class="number" title={value === null ? undefined : exactTitle(value)}>
            {value === null ? <NoValue /> : metricText(value)}
          </td>
          {bounds.length > 0 ? (
            <td>{value === null ? <NoValue /> : <Judged value={value} bounds={bounds} />}</td>
          ) : null}
        </tr>
      ))}
    </Table>
  </details>
)

const Judged: FC<{ readonly value: number; readonly bounds: readonly MetricBound[] }> = ({
  value,
  bounds,
}) => {
  const broken = brokenBounds(value, bounds)
  if (broken.length === 0) {
    return (
      <span class="good-text">
        <Sign of="check" /> within
      </span>
    )
  }
  return (
    <>
      {broken.map(({ is, value: bound, stage }) => (
        <div class="bad-text">
          <Sign of="cross" /> not at {is} {numberText(bound)}, for {visibleText(stage)}
        </div>
      ))}
    </>
  )
}
