import type { FC } from 'hono/jsx'
import type { ModelAccess, ModelPermission } from '../../../access/model-access.ts'
import { permissions as levels } from '../../../access/permissions/levels.ts'
import type { Reshown } from '../../changes/change.ts'
import { LineField, Problem } from '../../parts/fields.tsx'
import { Table } from '../../parts/table.tsx'
import { countText, Given, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { ModelTabs } from '../model-tabs.tsx'

type ModelAccessProps = Reshown & ModelAccess & { readonly frame: Frame; readonly name: string }

/** Who may do what with a model, and by what. */
export const ModelAccessPage: FC<ModelAccessProps> = (props) => {
  const { frame, name, level, isAdmin, others, permissions, problem } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Access to ${name}`}
      heading={<Given text={name} />}
      section="models"
      crumbs={[...modelCrumbs(to, name), { text: 'Access' }]}
      api={{ method: 'GET', path: `/api/v1/models/${encodeURIComponent(name)}/access` }}
    >
      <ModelTabs {...{ name, to }} current="access" />
      <Problem of={problem} />
      {level === undefined ? (
        <p class="notice">Access control is off: everybody may do everything.</p>
      ) : (
        <>
          <p>
            You have {isAdmin ? 'all rights, as an administrator' : level}. Everybody to whom
            nothing was given has {others}.
          </p>
          {permissions === undefined ? (
            <p class="soft">{visibleText(props.whyNot ?? '')}: then this says who has what.</p>
          ) : (
            <Permissions {...props} permissions={permissions} />
          )}
          <Grants {...props} />
        </>
      )}
    </Page>
  )
}

type PermissionsProps = ModelAccessProps & { readonly permissions: readonly ModelPermission[] }

const Permissions: FC<PermissionsProps> = ({
  frame: { to },
  name,
  permissions,
  hasMore,
  problem,
  typed,
}) => {
  const path = to.modelAccess(name)
  return (
    <section class="near" aria-labelledby="permissions">
      <h2 id="permissions">Permissions</h2>
      {permissions.length === 0 ? (
        <p class="soft">None were given on it.</p>
      ) : (
        <Table caption="Who has what on the model" columns={['Who', 'Has', 'On', 'Take away']}>
          {permissions.map((one) => (
            <Row permission={one} path={path} />
          ))}
        </Table>
      )}
      {hasMore ? (
        <p class="soft">Only the first {countText(permissions.length)} are shown.</p>
      ) : null}
      <form method="post" action={path} class="fields-row">
        <LineField
          label="User, or service:name"
          name="username"
          isRequired
          {...{ problem, typed: typed?.('username') }}
        />
        <label>
          May
          <select name="permission">
            {[...levels, 'NO_PERMISSIONS'].map((one) => (
              <option value={one} selected={typed?.('permission') === one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Give, in place of what they have</button>
      </form>
    </section>
  )
}

const things: Readonly<Record<string, string>> = {
  registered_model: 'all models',
  prompt: 'all prompts',
  registered_model_version: 'all versions of models',
  prompt_version: 'all versions of prompts',
  workspace: 'the workspace',
}

const Row: FC<{ readonly permission: ModelPermission; readonly path: string }> = ({
  permission: { account, role, holders, holderCount, permission, isOwn, resourceType },
  path,
}) => (
  <tr>
    <th scope="row">
      {account === undefined ? (
        <>
          role <Given text={role} />
          <div class="soft">
            <Given text={holders.join(', ')} />
            {holderCount > holders.length
              ? ` and ${countText(holderCount - holders.length)} more`
              : ''}
          </div>
        </>
      ) : (
        <Given text={account} />
      )}
    </th>
    <td>{permission}</td>
    <td>{isOwn ? 'this model' : (things[resourceType] ?? resourceType)}</td>
    <td>
      {isOwn && account !== undefined ? (
        <form method="post" action={`${path}/remove`}>
          <input type="hidden" name="username" value={account} />
          <button
            type="submit"
            class="quiet danger"
            aria-label={`Take away ${permission} from ${visibleText(account)}`}
          >
            Take away
          </button>
        </form>
      ) : (
        <span class="soft">where roles are kept</span>
      )}
    </td>
  </tr>
)

/** Who may register, promote and approve, where a grant says so. */
const Grants: FC<ModelAccessProps> = ({ frame: { to }, name, grants }) => {
  if (grants === undefined) return null
  return (
    <section class="near" aria-labelledby="grants">
      <h2 id="grants">Grants</h2>
      {grants.length === 0 ? (
        <p class="soft">No grant names it: permissions decide alone.</p>
      ) : (
        <Table caption="Grants that name the model" columns={['Who', 'May', 'Models', 'Place']}>
          {grants.map(({ principal, action, models, stage, alias }) => (
            <tr>
              <th scope="row">
                <Given text={principal} />
              </th>
              <td>{action}</td>
              <td>
                <Given text={models} />
              </td>
              <td>
                <Given text={placeOf(stage, alias)} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p>
        <a href={grantsPath(to, name)}>Change grants</a>
      </p>
    </section>
  )
}

function placeOf(stage: string | undefined, alias: string | undefined): string {
  return stage ?? (alias === undefined ? '' : `@${alias}`)
}

function grantsPath(to: Paths, name: string): string {
  return to.query(`${to.settings}/grants`, { model: name })
}
