import type { FC } from 'hono/jsx'
import type { Grant, NewGrant } from '../../../access/permissions/grants.ts'
import { rights } from '../../../access/permissions/right-names.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { LineSearch } from '../../parts/search-box.tsx'
import { Sign } from '../../parts/sign.tsx'
import { NextLink, NoValue, Table } from '../../parts/table.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { AccessOff } from './access-off.tsx'

type GrantsPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly grants: readonly Grant[]
  readonly next: string | undefined
  /** The model, or glob, whose grants are shown by who has them. */
  readonly model: string | undefined
  readonly ofModel: readonly Grant[] | undefined
}

/** Rights beyond those of MLflow: all, or who may what with one model. */
export const GrantsPage: FC<GrantsPageProps> = (props) => {
  const { frame, grants, next, model, ofModel, problem } = props
  const { to } = frame
  const path = `${to.settings}/grants`
  return (
    <SettingsPage
      frame={frame}
      at="grants"
      title="Grants"
      about={
        <p class="soft">
          Who may register, promote, approve and so on, beyond the permissions of MLflow.
        </p>
      }
      api={{ method: 'GET', path: '/api/v1/grants' }}
    >
      <AccessOff frame={frame} />
      <Problem of={problem} />
      <LineSearch
        action={path}
        label="Who may what with the model"
        name="model"
        words={model ?? ''}
        placeholder="fraud-detector"
        button="Show"
      />
      {model === undefined || ofModel === undefined ? null : (
        <Matrix model={model} grants={ofModel} />
      )}
      {grants.length === 0 ? (
        <p class="empty">
          No grant yet: permissions of MLflow decide, so EDIT on a model is enough to promote.
        </p>
      ) : (
        <GrantTable grants={grants} path={path} />
      )}
      <NextLink after={next} hrefOf={(after) => to.query(path, { after })}>
        Next grants
      </NextLink>
      <NewGrantForm {...props} path={path} />
    </SettingsPage>
  )
}

function placeOf({ stage, alias }: NewGrant): string {
  return stage ?? (alias === undefined ? '' : `@${alias}`)
}

const GrantTable: FC<{ readonly grants: readonly Grant[]; readonly path: string }> = ({
  grants,
  path,
}) => (
  <Table caption="All grants" columns={['Who', 'May', 'Models', 'Place', 'By', 'Take away']}>
    {grants.map((grant) => (
      <tr>
        <th scope="row">
          <Given text={grant.principal} />
        </th>
        <td>{grant.action}</td>
        <td>
          <Given text={grant.models} />
        </td>
        <td>
          <Given text={placeOf(grant)} />
        </td>
        <td>
          <Given text={grant.createdBy} /> <Time atMs={grant.createdAtMs} />
        </td>
        <td>
          <form method="post" action={`${path}/delete`}>
            <input type="hidden" name="id" value={String(grant.id)} />
            <button
              type="submit"
              class="quiet danger small"
              aria-label={`Take away ${grant.action} of ${visibleText(grant.models)} from ${visibleText(grant.principal)}`}
            >
              Take away
            </button>
          </form>
        </td>
      </tr>
    ))}
  </Table>
)

/** Each who has a grant for the model, and what it gives. */
const Matrix: FC<{ readonly model: string; readonly grants: readonly Grant[] }> = ({
  model,
  grants,
}) => {
  const columnOf = (grant: Grant) =>
    placeOf(grant) === ''
      ? grant.action
      : `${grant.action} ${grant.action === 'promote' ? 'to' : 'for'} ${placeOf(grant)}`
  const columns = [...new Set(grants.map(columnOf))].sort()
  const people = Map.groupBy(grants, ({ principal }) => principal)
  return (
    <section class="near" aria-labelledby="matrix">
      <h2 id="matrix">
        Who may what with <Given text={model} />
      </h2>
      {grants.length === 0 ? (
        <p class="soft">No grant names it: permissions of MLflow decide alone.</p>
      ) : (
        <Table
          caption="Grants by who has them"
          columns={['Who', ...columns.map((column) => visibleText(column))]}
        >
          {[...people].map(([principal, own]) => (
            <tr>
              <th scope="row">
                <Given text={principal} />
              </th>
              {columns.map((column) => {
                const grant = own.find((one) => columnOf(one) === column)
                return (
                  <td>
                    {grant === undefined ? (
                      <NoValue />
                    ) : (
                      <span title={visibleText(`by the grant for ${grant.models}`)}>
                        <Sign of="check" />
                        <span class="unseen">yes</span>
                      </span>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </Table>
      )}
      <p class="soft">Administrators may do everything besides.</p>
    </section>
  )
}

const NewGrantForm: FC<GrantsPageProps & { readonly path: string }> = ({
  path,
  problem,
  typed,
}) => (
  <section class="panel near" aria-labelledby="new-grant">
    <h2 id="new-grant">New grant</h2>
    <form method="post" action={path}>
      <div class="fields-row">
        <LineField
          label="Who: user:ada, group:release"
          name="principal"
          isRequired
          {...{ problem, typed: typed?.('principal') }}
        />
        <label>
          May
          <select name="action">
            {rights.map((right) => (
              <option value={right} selected={typed?.('action') === right}>
                {right}
              </option>
            ))}
          </select>
        </label>
        <LineField
          label="Models, as a glob"
          name="models"
          isRequired
          typed={typed?.('models') ?? '*'}
        />
      </div>
      <div class="fields-row">
        <label>
          Of promote, and of approve unless it is for all: the
          <select name="place">
            <option value="stage">stage</option>
            <option value="alias" selected={typed?.('place') === 'alias'}>
              alias
            </option>
          </select>
        </label>
        <LineField label="Called, as a glob" name="place_name" typed={typed?.('place_name')} />
        <button type="submit">Go on…</button>
      </div>
    </form>
  </section>
)

type GrantConfirmProps = {
  readonly frame: SettingsFrame
  readonly wanted: NewGrant
  /** Of the models that it matches, those that the caller may read. */
  readonly names: readonly string[]
  /** No grant gives this for all of these models yet. */
  readonly isFirst: boolean
}

const shownMax = 20

/** What a grant means, before it is given. */
export const GrantConfirmPage: FC<GrantConfirmProps> = ({ frame, wanted, names, isFirst }) => {
  const { principal, action, models, stage, alias } = wanted
  const path = `${frame.to.settings}/grants`
  const place = placeOf(wanted)
  return (
    <SettingsPage
      frame={frame}
      at="grants"
      title="Give a grant"
      crumbs={[{ text: 'New' }]}
      api={{ method: 'POST', path: '/api/v1/grants', body: wanted }}
    >
      <p>
        <strong>
          <Given text={principal} />
        </strong>{' '}
        may {action}
        {place === '' ? '' : <> to {<Given text={place} />}</>} for <Given text={models} />:{' '}
        {plural(names.length, 'model')} now
        {names.length === 0 ? '.' : <>, {<Given text={names.slice(0, shownMax).join(', ')} />}</>}
        {names.length > shownMax ? ` and ${names.length - shownMax} more` : ''}
      </p>
      {isFirst && isExclusive(action) ? (
        <p class="notice warn">
          It is the first grant of this for all of them: {exclusively(action, place)}, and
          administrators.
        </p>
      ) : null}
      <form method="post" action={path} class="row">
        <input type="hidden" name="principal" value={principal} />
        <input type="hidden" name="action" value={action} />
        <input type="hidden" name="models" value={models} />
        <input type="hidden" name="place" value={alias === undefined ? 'stage' : 'alias'} />
        <input type="hidden" name="place_name" value={stage ?? alias ?? ''} />
        <button type="submit" name="confirmed" value="yes">
          Give the grant
        </button>
        <a href={path}>Cancel</a>
      </form>
    </SettingsPage>
  )
}

/** Whether only its holders may, as soon as there is one. */
function isExclusive(action: NewGrant['action']): boolean {
  return action === 'promote' || action === 'register' || action === 'approve'
}

function exclusively(action: NewGrant['action'], place: string): string {
  if (action === 'register') return 'from now on only its holders register versions'
  if (action === 'approve') return 'from now on only its holders approve'
  return `from now on only its holders move versions in or out of ${visibleText(place)}`
}
