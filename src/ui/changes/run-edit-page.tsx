import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import type { Run } from '../../tracking/run.ts'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { experimentCrumbs, Page } from '../shell/page.tsx'
import type { Reshown } from './change.ts'
import { TrackedForms, type TrackedRights } from './tracked-forms.tsx'

type RunEditProps = Reshown & {
  readonly frame: Frame
  readonly run: Run
  readonly experiment: Experiment
  readonly whyNot: TrackedRights
}

/** What people change of a run by hand. */
export const RunEditPage: FC<RunEditProps> = ({ frame, run, experiment, ...rest }) => {
  const { to } = frame
  const { whyNot, problem, typed } = rest
  return (
    <Page
      frame={frame}
      title={`Change ${run.name}`}
      heading={
        <>
          Change <Given text={run.name} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: run.name, href: to.run(run.runId) },
        { text: 'Change' },
      ]}
      api={{ method: 'GET', path: `/api/2.0/mlflow/runs/get?run_id=${run.runId}` }}
    >
      {whyNot.edit === undefined ? (
        <TrackedForms
          what="run"
          path={to.run(run.runId)}
          of={run}
          deletion="It can be restored until the next purge. Versions made from it keep their files."
          restoring="It is deleted. Restored, it stands among the runs again."
          {...{ whyNot, problem, typed }}
        />
      ) : (
        <p class="notice warn">{visibleText(whyNot.edit)}</p>
      )}
    </Page>
  )
}
