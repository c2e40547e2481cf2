import type { FC } from 'hono/jsx'
import type { Reshown } from '../changes/change.ts'
import { Problem, TextField } from '../parts/fields.tsx'
import { Given } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { type Crumb, Page } from '../shell/page.tsx'

/** What becomes a version. */
export type Registering = {
  readonly title: string
  /** Where its form is, and that for a new registered model. */
  readonly address: string
  readonly newModelAddress: string
  /** The page that led here. */
  readonly back: string
  readonly crumbs: readonly Crumb[]
  /** As the version names it. */
  readonly source: string
  readonly runId: string
  /** Empty: it is no logged model. */
  readonly modelId: string
}

type RegisterProps = Reshown & {
  readonly frame: Frame
  readonly what: Registering
  /** Of the registered model. */
  readonly name: string | undefined
  /** Registered models to choose from, the last changed first. */
  readonly names: readonly string[]
}

/** A logged model, or a folder of a run, becomes the next version of a registered model. */
export const RegisterPage: FC<RegisterProps> = (props) => {
  const { frame, what, name, names, problem, typed } = props
  const isUnknown = problem?.status === 404
  return (
    <Page
      frame={frame}
      title={`Register ${what.title}`}
      heading={
        <>
          Register <Given text={what.title} />
        </>
      }
      section="experiments"
      crumbs={[...what.crumbs, { text: 'Register' }]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/model-versions/create',
        body: {
          name: name ?? '',
          source: what.source,
          run_id: what.runId,
          ...(what.modelId !== '' && { model_id: what.modelId }),
        },
      }}
    >
      <div class="dialog">
        <Problem of={problem} />
        <p>
          Its files are sealed as they are now and become the next version, in stage None. What is
          live stays as it is.
        </p>
        <form method="post" action={what.address}>
          <label>
            Registered model
            <input
              name="model"
              value={name ?? ''}
              list="known-models"
              required
              autocapitalize="none"
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
              <button type="submit" class="quiet" formaction={what.newModelAddress}>
                Make <Given text={name} /> first
              </button>
            ) : null}
            <a href={what.back}>Cancel</a>
          </div>
        </form>
        <p class="soft">
          A registered model of a new name is made first, and whoever makes it may manage it.
        </p>
      </div>
    </Page>
  )
}
