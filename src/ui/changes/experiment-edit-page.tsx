import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import type { Reshown } from './change.ts'
import { TrackedForms, type TrackedRights } from './tracked-forms.tsx'

type ExperimentEditProps = Reshown & {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly whyNot: TrackedRights
}

/** What people change of an experiment by hand. */
export const ExperimentEditPage: FC<ExperimentEditProps> = ({
  frame,
  experiment,
  whyNot,
  problem,
  typed,
}) => {
  const { id, name } = experiment
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Change ${name}`}
      heading={
        <>
          Change <Given text={name} />
        </>
      }
      section="experiments"
      crumbs={[
        { text: 'Experiments', href: to.experiments },
        { text: name, href: to.experiment(id) },
        { text: 'Change' },
      ]}
      api={{ method: 'GET', path: `/api/2.0/mlflow/experiments/get?experiment_id=${id}` }}
    >
      {whyNot.edit === undefined ? (
        <TrackedForms
          what="experiment"
          path={to.experiment(id)}
          of={experiment}
          deletion="It and all its runs become deleted. They can be restored until the next purge; versions made from them keep their files."
          restoring="It is deleted. Restored, it and all its runs are active again."
          {...{ whyNot, problem, typed }}
        />
      ) : (
        <p class="notice warn">{visibleText(whyNot.edit)}</p>
      )}
    </Page>
  )
}

type NewExperimentProps = Reshown & {
  readonly frame: Frame
  readonly whyNot: string | undefined
}

/** The name is all that it takes. */
export const NewExperimentPage: FC<NewExperimentProps> = ({ frame, whyNot, problem, typed }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title="New experiment"
      section="experiments"
      crumbs={[{ text: 'Experiments', href: to.experiments }, { text: 'New' }]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/experiments/create',
        body: { name: 'nightly' },
      }}
    >
      <div class="dialog">
        <Problem of={problem} />
        {whyNot === undefined ? (
          <form method="post" action={`${to.experiments}/new`} class="fields-row">
            <LineField
              label="Name"
              name="name"
              isRequired
              {...{ problem, typed: typed?.('name') }}
            />
            <button type="submit">Make experiment</button>
          </form>
        ) : (
          <p class="notice warn">{visibleText(whyNot)}</p>
        )}
      </div>
    </Page>
  )
}
