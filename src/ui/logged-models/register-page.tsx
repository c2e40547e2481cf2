import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import type { LoggedModel } from '../../tracking/logged-models/logged-model.ts'
import type { Reshown } from '../changes/change.ts'
import { Problem, TextField } from '../parts/fields.tsx'
import { Given } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { experimentCrumbs, Page } from '../shell/page.tsx'

type RegisterProps = Reshown & {
  readonly frame: Frame
  readonly model: LoggedModel
  readonly experiment: Experiment
  /** Of the registered model. */
  readonly name: string | undefined
  /** Registered models to choose from, the last changed first. */
  readonly names: readonly string[]
}

/** A logged model becomes the next version of a registered model. */
export const RegisterPage: FC<RegisterProps> = (props) => {
  const { frame, model, experiment, name, names, problem, typed } = props
  const { to } = frame
  const path = to.registerLogged(model.modelId)
  const isUnknown = problem?.status === 404
  return (
    <Page
      frame={frame}
      title={`Register ${model.name}`}
      heading={
        <>
          Register <Given text={model.name} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: model.name, href: to.loggedModel(model.modelId) },
        { text: 'Register' },
      ]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/model-versions/create',
        body: {
          name: name ?? '',
          source: `models:/${model.modelId}`,
          run_id: model.sourceRunId,
          model_id: model.modelId,
        },
      }}
    >
      <div class="dialog">
        <Problem of={problem} />
        <p>
          Its files are sealed as they are now and become the next version, in stage None. What is
          live stays as it is.
        </p>
        <form method="post" action={path}>
          <label>
            Registered model
            <input
              name="model"
              value={name ?? ''}
              list="known-models"
              required
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              aria-invalid={problem?.field === 'model' || isUnknown ? 'true' : undefined}
              aria-describedby={problem ? 'problem' : undefined}
            />
          </label>
          <datalist id="known-models">
            {names.map((one) => (
              <option value={one} />
            ))}
          </datalist>
          <TextField
            label="Description of the version"
            name="description"
            charsMax={5000}
            typed={typed?.('description')}
          />
          <div class="row">
            <button type="submit">Register as a new version</button>
            {isUnknown && name ? (
              <button type="submit" class="quiet" formaction={`${path}/model`}>
                Make <Given text={name} /> first
              </button>
            ) : null}
            <a href={to.loggedModel(model.modelId)}>Cancel</a>
          </div>
        </form>
        <p class="soft">
          A registered model of a new name is made first, and whoever makes it may manage it.
        </p>
      </div>
    </Page>
  )
}
