import type { FC } from 'hono/jsx'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { AliasForms } from './alias-forms.tsx'
import type { Reshown } from './change.ts'
import { Changes, DeleteForm, DescriptionForm, TagForms } from './change-forms.tsx'

/** Why the caller may not make each kind of change; undefined: they may. */
export type ModelRights = {
  readonly edit: string | undefined
  readonly promote: string | undefined
  readonly manage: string | undefined
}

type ModelEditProps = Reshown & {
  readonly frame: Frame
  readonly model: RegisteredModel
  readonly whyNot: ModelRights
}

/** Why the caller may change nothing at all; undefined: something they may. */
export function whyNothing({ edit, promote, manage }: ModelRights): string | undefined {
  return edit !== undefined && promote !== undefined && manage !== undefined ? edit : undefined
}

/** Everything about a model that people change by hand, but moves between stages. */
export const ModelEditPage: FC<ModelEditProps> = (props) => {
  const { frame, model, whyNot } = props
  const { to } = frame
  const { name } = model
  const nothing = whyNothing(whyNot)
  return (
    <Page
      frame={frame}
      title={`Change ${name}`}
      heading={
        <>
          Change <Given text={name} />
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name), { text: 'Change' }]}
      api={{ method: 'GET', path: `/api/2.0/mlflow/registered-models/get?${nameQuery(name)}` }}
    >
      {nothing === undefined ? (
        <ModelForms {...props} />
      ) : (
        <p class="notice warn">{visibleText(nothing)}</p>
      )}
    </Page>
  )
}

const ModelForms: FC<ModelEditProps> = ({ frame: { to }, model, whyNot, problem, typed }) => {
  const { name } = model
  const path = to.model(name)
  return (
    <div class="dialog">
      <Problem of={problem} />
      <Changes id="description" title="Description" whyNot={whyNot.edit}>
        <DescriptionForm
          action={`${path}/description`}
          text={model.description}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes id="tags" title="Tags" whyNot={whyNot.edit}>
        <TagForms
          action={`${path}/tags`}
          tags={model.tags}
          whyNotRemove={undefined}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes
        id="aliases"
        title="Aliases"
        whyNot={whyNot.promote}
        intro={
          <p class="soft">
            What loads <code>models:/{visibleText(name)}@alias</code> gets the version that the
            alias points at, from its next look on.
          </p>
        }
      >
        <AliasForms
          {...{ model, problem, typed }}
          action={`${path}/aliases`}
          versionAt={(version) => to.version(name, version)}
        />
      </Changes>
      <Changes id="rename" title="Rename" whyNot={whyNot.manage}>
        <form method="post" action={`${path}/rename`} class="fields-row">
          <LineField
            label="New name"
            name="new_name"
            isRequired
            hint="Whoever loads it by the old name no longer finds it"
            {...{ problem, typed: typed?.('new_name') ?? name }}
          />
          <button type="submit">Rename</button>
        </form>
      </Changes>
      <Changes id="delete" title="Delete" whyNot={whyNot.manage}>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={[
            'The model goes, and all its versions with it; nothing can load them any more.',
            'Its audit entries stay. It cannot be undone.',
          ]}
          problem={problem}
        />
      </Changes>
    </div>
  )
}

function nameQuery(name: string): string {
  return `name=${encodeURIComponent(name)}`
}
