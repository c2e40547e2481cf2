import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import type { Reshown } from './change.ts'
import { Changes, DescriptionForm, TagForms } from './change-forms.tsx'
import { noteKey } from './run-edit-page.tsx'

type ExperimentEditProps = Reshown & {
  readonly frame: Frame
  readonly experiment: Experiment
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: { readonly edit: string | undefined; readonly manage: string | undefined }
}

/** What people change of an experiment by hand. */
export const ExperimentEditPage: FC<ExperimentEditProps> = (props) => {
  const { frame, experiment, whyNot } = props
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
        <ExperimentForms {...props} />
      ) : (
        <p class="notice warn">{visibleText(whyNot.edit)}</p>
      )}
    </Page>
  )
}

const ExperimentForms: FC<ExperimentEditProps> = ({
  frame: { to },
  experiment: { id, name, tags, lifecycleStage },
  whyNot,
  problem,
  typed,
}) => {
  const path = to.experiment(id)
  const isDeleted = lifecycleStage === 'deleted'
  return (
    <div class="dialog">
      <Problem of={problem} />
      <Changes id="name" title="Name" whyNot={whyNot.edit}>
        <form method="post" action={`${path}/name`} class="fields-row">
          <LineField
            label="Name"
            name="name"
            isRequired
            {...{ problem, typed: typed?.('name') ?? name }}
          />
          <button type="submit">Rename</button>
        </form>
      </Changes>
      <Changes id="description" title="Description" whyNot={whyNot.edit}>
        <DescriptionForm
          action={`${path}/description`}
          text={tags.find(({ key }) => key === noteKey)?.value ?? ''}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes id="tags" title="Tags" whyNot={whyNot.edit}>
        <TagForms
          action={`${path}/tags`}
          tags={tags.filter(({ key }) => !key.startsWith('mlflow.'))}
          whyNotRemove={undefined}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes id="delete" title={isDeleted ? 'Restore' : 'Delete'} whyNot={whyNot.manage}>
        <form method="post" action={`${path}/${isDeleted ? 'restore' : 'delete'}`}>
          <p class="soft">
            {isDeleted
              ? 'It is deleted. Restored, it and all its runs are active again.'
              : 'It and all its runs become deleted. They can be restored until the next purge; versions made from them keep their files.'}
          </p>
          <div>
            <button type="submit" class={isDeleted ? '' : 'danger'}>
              {isDeleted ? 'Restore experiment' : 'Delete experiment'}
            </button>
          </div>
        </form>
      </Changes>
    </div>
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
