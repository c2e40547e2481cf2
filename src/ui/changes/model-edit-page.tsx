import type { FC } from 'hono/jsx'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
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
        <Aliases {...{ model, to, problem, typed }} />
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

type AliasesProps = Reshown & { readonly model: RegisteredModel; readonly to: Paths }

const Aliases: FC<AliasesProps> = ({ model: { name, aliases }, to, problem, typed }) => {
  const action = `${to.model(name)}/aliases`
  return (
    <>
      {aliases.length === 0 ? (
        <p class="soft">No aliases yet.</p>
      ) : (
        <Table
          caption={plural(aliases.length, 'alias', 'aliases')}
          columns={['Alias', 'Points at', 'Move', 'Delete']}
        >
          {aliases.map(({ alias, version }) => (
            <tr>
              <th scope="row">
                <Given text={`@${alias}`} />
              </th>
              <td>
                <a href={to.version(name, version)}>version {version}</a>
              </td>
              <td>
                <form method="post" action={action} class="fields-row">
                  <input type="hidden" name="alias" value={alias} />
                  <input type="hidden" name="seen_version" value={String(version)} />
                  <input
                    name="version"
                    inputmode="numeric"
                    pattern="[1-9][0-9]*"
                    required
                    size={4}
                    aria-label={`Version that @${visibleText(alias)} is to point at`}
                  />
                  <button type="submit" class="quiet">
                    Move alias
                  </button>
                </form>
              </td>
              <td>
                <form method="post" action={`${action}/remove`}>
                  <input type="hidden" name="alias" value={alias} />
                  <input type="hidden" name="seen_version" value={String(version)} />
                  <button
                    type="submit"
                    class="quiet danger"
                    aria-label={`Delete alias ${visibleText(alias)}; loads by it will fail`}
                  >
                    Delete
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <form method="post" action={action} class="fields-row">
        <LineField
          label="Alias"
          name="alias"
          isRequired
          {...{ problem, typed: typed?.('alias') }}
        />
        <LineField
          label="Version"
          name="version"
          pattern="[1-9][0-9]*"
          isRequired
          typed={typed?.('version')}
        />
        <button type="submit">Set alias</button>
      </form>
    </>
  )
}
