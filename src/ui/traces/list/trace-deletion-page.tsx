import type { FC } from 'hono/jsx'
import type { TraceInfo } from '../../../traces/trace.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Reshown } from '../../changes/change.ts'
import { Problem } from '../../parts/fields.tsx'
import { plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { TracesTable } from './traces-table.tsx'

type TraceDeletionProps = Pick<Reshown, 'problem'> & {
  readonly frame: Frame
  readonly experiment: Experiment
  /** Those of the chosen that are there. */
  readonly traces: readonly TraceInfo[]
  readonly whyNot: string | undefined
}

/** What goes when traces are deleted, before it is done. */
export const TraceDeletionPage: FC<TraceDeletionProps> = ({
  frame,
  experiment,
  traces,
  ...rest
}) => {
  const { to } = frame
  const { whyNot, problem } = rest
  const what = plural(traces.length, 'trace')
  const ids = traces.map(({ traceId }) => traceId)
  const action = `${to.traces(experiment.id)}/delete?${ids
    .map((id) => `sel=${encodeURIComponent(id)}`)
    .join('&')}`
  return (
    <Page
      frame={frame}
      title={`Delete ${what}`}
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Traces', href: to.traces(experiment.id) },
        { text: 'Delete' },
      ]}
      api={{
        method: 'POST',
        path: '/api/3.0/mlflow/traces/delete-traces',
        body: { experiment_id: String(experiment.id), request_ids: ids },
      }}
    >
      <Problem of={problem} />
      {traces.length === 0 ? (
        <p class="empty">
          None of the chosen traces is in this experiment.{' '}
          <a href={to.traces(experiment.id)}>Choose some</a>
        </p>
      ) : (
        <>
          <TracesTable to={to} traces={traces} />
          {whyNot === undefined ? (
            <form method="post" action={action}>
              <p>
                With a trace go its spans, assessments, links and files, for good. Spans of it that
                arrive within 7 days do not bring it back.
              </p>
              <div class="row">
                <button type="submit" class="danger">
                  Delete {what}
                </button>
                <a href={to.traces(experiment.id)}>Keep them</a>
              </div>
            </form>
          ) : (
            <p class="notice warn">{visibleText(whyNot)}</p>
          )}
        </>
      )}
    </Page>
  )
}
