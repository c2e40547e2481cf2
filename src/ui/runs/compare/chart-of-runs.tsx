import { RegistryError } from '../../../core/error.ts'
import type { Context } from '../../../platform/context.ts'
import type { Run } from '../../../tracking/run.ts'
import { readMetricSeries } from '../../../tracking/run-data/metric-series.ts'
import { attempt } from '../../attempt.ts'
import { Given } from '../../parts/text.tsx'
import { RunLines } from './charts-view.tsx'
import type { ComparedQuery } from './compare-query.ts'

type Charted = {
  readonly query: ComparedQuery
  /** Those that are hidden too: each keeps its colour. */
  readonly all: readonly Run[]
  readonly runs: readonly Run[]
  readonly metric: string
  readonly linesMax: number
  readonly bucketsMax: number
  /** Whether a metric of which no run has more than one point is not drawn. */
  readonly skipsPoints: boolean
}

/** The chart of one metric, or why there is none. */
export async function chartOf(ctx: Context, charted: Charted) {
  const { runs, metric, linesMax } = charted
  const series = await attempt(
    'DATA_LOSS',
    readMetricSeries(ctx, {
      runIds: runs.slice(0, linesMax).map(({ runId }) => runId),
      keys: [metric],
      x: 'step',
      bucketsMax: charted.bucketsMax,
    }),
  )
  // Points of one run that are lost leave the tables of all of them.
  if (series instanceof RegistryError)
    return (
      <p class="notice bad" role="alert">
        {series.message}
      </p>
    )
  if (charted.skipsPoints && series.every(({ points }) => points <= 1)) {
    return (
      <p class="soft">
        No run has more than one value of <Given text={metric} />, so no line is drawn.
      </p>
    )
  }
  return <RunLines {...charted} series={series} />
}
