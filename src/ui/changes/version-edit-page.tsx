import type { FC } from 'hono/jsx'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import { Person, Time } from '../parts/byline.tsx'
import { LineField, Problem, TextField } from '../parts/fields.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import type { Reshown } from './change.ts'
import { Changes, DeleteForm, DescriptionForm, TagForms } from './change-forms.tsx'
import { type ModelRights, whyNothing } from './model-edit-page.tsx'

type VersionEditProps = Reshown & {
  readonly frame: Frame
  readonly version: VersionDetail
  readonly whyNot: ModelRights
  /** Whether the server has several workspaces. */
  readonly hasWorkspaces: boolean
}

/** Everything about a version that people change by hand, but its card and its stage. */
export const VersionEditPage: FC<VersionEditProps> = (props) => {
  const { frame, version, whyNot } = props
  const { to } = frame
  const { name, version: number } = version
  const nothing = whyNothing(whyNot)
  return (
    <Page
      frame={frame}
      title={`Change ${name} version ${number}`}
      heading={
        <>
          Change <Given text={name} /> version {number}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, number), { text: 'Change' }]}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${number}`,
      }}
    >
      {nothing === undefined ? (
        <VersionForms {...props} />
      ) : (
        <p class="notice warn">{visibleText(nothing)}</p>
      )}
    </Page>
  )
}

const VersionForms: FC<VersionEditProps> = (props) => {
  const { frame, version, whyNot, hasWorkspaces, ...shown } = props
  const { to } = frame
  const { name, version: number, description, tags, hold } = version
  const path = to.version(name, number)
  return (
    <div class="dialog">
      <Problem of={shown.problem} />
      <Changes id="description" title="Description" whyNot={whyNot.edit}>
        <DescriptionForm action={`${path}/description`} text={description} {...shown} />
      </Changes>
      <Changes id="tags" title="Tags" whyNot={whyNot.edit}>
        <TagForms action={`${path}/tags`} tags={tags} whyNotRemove={whyNot.manage} {...shown} />
      </Changes>
      <Changes
        id="aliases"
        title="Alias"
        whyNot={whyNot.promote}
        intro={
          <p class="soft">
            {version.aliases.length === 0 ? (
              'No alias points at it.'
            ) : (
              <>
                <Given text={version.aliases.map((alias) => `@${alias}`).join(', ')} />{' '}
                {version.aliases.length === 1 ? 'points' : 'point'} at it.{' '}
                <a href={`${to.changeModel(name)}#aliases`}>Move or delete aliases</a>
              </>
            )}
          </p>
        }
      >
        <form method="post" action={`${path}/alias`} class="fields-row">
          <LineField
            label="Alias that is to point at this version"
            name="alias"
            isRequired
            {...{ problem: shown.problem, typed: shown.typed?.('alias') }}
          />
          <button type="submit">Set alias</button>
        </form>
      </Changes>
      <Changes
        id="collection"
        title="Collection"
        whyNot={whyNot.manage}
        intro={
          <p class="soft">
            A collection has versions of several models under one name; nothing is copied.{' '}
            <a href={to.collections}>Collections</a>
          </p>
        }
      >
        <form method="post" action={`${path}/link`} class="fields-row">
          <LineField
            label="Link in collection"
            name="collection"
            isRequired
            {...{ problem: shown.problem, typed: shown.typed?.('collection') }}
          />
          {hasWorkspaces ? (
            <LineField
              label="Of the workspace, if it is another"
              name="workspace"
              typed={shown.typed?.('workspace')}
            />
          ) : null}
          <button type="submit">Link</button>
        </form>
      </Changes>
      <HoldForms version={version} path={path} whyNot={whyNot} {...shown} />
      <Changes id="delete" title="Delete" whyNot={whyNot.manage}>
        {hold ? (
          <p>It is under a legal hold: nothing deletes it while that stands.</p>
        ) : (
          <DeleteForm
            action={`${path}/delete`}
            what={`version ${number}`}
            confirm={`${name} ${number}`}
            consequences={[
              `Version ${number} can't be loaded any more, and its number is never used again.`,
              'Its audit entries stay. It cannot be undone.',
            ]}
            problem={shown.problem}
          />
        )}
      </Changes>
    </div>
  )
}

type HoldProps = Reshown & Pick<VersionEditProps, 'version' | 'whyNot'> & { readonly path: string }

const HoldForms: FC<HoldProps> = ({ version: { hold }, path, whyNot, problem, typed }) =>
  hold ? (
    <Changes
      id="hold"
      title="Legal hold"
      whyNot={whyNot.manage}
      intro={
        <p>
          Placed by <Person principal={hold.placedBy} /> on <Time atMs={hold.placedAtMs} isExact />:{' '}
          {visibleText(hold.reason)}
        </p>
      }
    >
      <form method="post" action={`${path}/hold/lift`}>
        <input type="hidden" name="seen_at" value={String(hold.placedAtMs)} />
        <p class="soft">
          Afterwards the version can be deleted. Who placed a hold cannot lift it; somebody else
          must.
        </p>
        <div>
          <button type="submit" class="danger">
            Lift hold
          </button>
        </div>
      </form>
    </Changes>
  ) : (
    <Changes id="hold" title="Legal hold" whyNot={whyNot.edit}>
      <form method="post" action={`${path}/hold`}>
        <p class="soft">
          While a hold stands nothing deletes the version, and somebody else has to lift it.
        </p>
        <TextField
          label="Reason"
          name="reason"
          charsMax={2000}
          isRequired
          {...{ problem, typed: typed?.('reason') }}
        />
        <div>
          <button type="submit">Place hold</button>
        </div>
      </form>
    </Changes>
  )
