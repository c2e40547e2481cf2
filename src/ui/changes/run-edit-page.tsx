import type { FC } from 'hono/jsx'
import type { Run } from '../../tracking/run.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import type { Reshown } from './change.ts'
import { Changes, DescriptionForm, TagForms } from './change-forms.tsx'

/** Where MLflow keeps the description of a run. */
export const noteKey = 'mlflow.note.content'

type RunEditProps = Reshown & {
  readonly frame: Frame
  readonly run: Run
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: { readonly edit: string | undefined; readonly manage: string | undefined }
}

/** What people change of a run by hand. */
export const RunEditPage: FC<RunEditProps> = (props) => {
  const { frame, run, whyNot } = props
  const { to } = frame
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
        { text: 'Experiments', href: to.experiments },
        { text: `Experiment ${run.experimentId}`, href: to.experiment(run.experimentId) },
        { text: run.name, href: to.run(run.runId) },
        { text: 'Change' },
      ]}
      api={{ method: 'GET', path: `/api/2.0/mlflow/runs/get?run_id=${run.runId}` }}
    >
      {whyNot.edit === undefined ? (
        <RunForms {...props} />
      ) : (
        <p class="notice warn">{visibleText(whyNot.edit)}</p>
      )}
    </Page>
  )
}

const RunForms: FC<RunEditProps> = ({ frame: { to }, run, whyNot, problem, typed }) => {
  const { name, tags, lifecycleStage } = run
  const path = to.run(run.runId)
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
              ? 'It is deleted. Restored, it stands among the runs again.'
              : 'It can be restored until the next purge. Versions made from it keep their files.'}
          </p>
          <div>
            <button type="submit" class={isDeleted ? '' : 'danger'}>
              {isDeleted ? 'Restore run' : 'Delete run'}
            </button>
          </div>
        </form>
      </Changes>
    </div>
  )
}
