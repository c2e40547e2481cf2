import type { FC } from 'hono/jsx'
import { plainQuery, type SavedView } from '../../../tracking/views/saved-view.ts'
import type { Reshown } from '../../changes/change.ts'
import { LineField, Problem } from '../../parts/fields.tsx'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf, type RunsQuery } from '../table/run-query.ts'
import { addressOfView } from './view-address.ts'

export type KeptViews = Reshown & {
  readonly views: readonly SavedView[]
  /** Whether a view of their own can be kept for the caller, and one for everybody be written. */
  readonly may: { readonly keepOwn: boolean; readonly share: boolean }
}

type ViewsMenuProps = KeptViews & {
  readonly to: Paths
  readonly query: RunsQuery
  readonly experimentId: number
}

/** The saved views of a table, the one that it began from, and a name for what it shows now. */
export const ViewsMenu: FC<ViewsMenuProps> = (props) => {
  const { to, query, experimentId, views, may, problem } = props
  const now = plainQuery(new URL(addressOf(to, query), 'http://here').search)
  const current = views.find(({ id }) => id === query.saved)
  const isChanged = current !== undefined && current.query !== now
  const maySave = may.keepOwn || may.share
  if (views.length === 0 && (!maySave || now === '') && !problem) return null
  return (
    <details class="columns" open={problem !== undefined}>
      <summary>
        {current ? (
          <>
            View: <Given text={current.name} />
            {isChanged ? ' (changed)' : ''}
          </>
        ) : (
          `Views (${views.length})`
        )}
      </summary>
      <div class="near">
        <Problem of={problem} />
        {views.length > 0 ? (
          <ul class="plain">
            {views.map((view) => (
              <li>
                <a
                  href={addressOfView(to, experimentId, view)}
                  aria-current={view === current ? 'page' : undefined}
                >
                  <Given text={view.name} />
                </a>{' '}
                <span class="soft">
                  {view.isShared ? 'for everybody' : 'yours'}
                  {view.isDefault ? ' · shown first' : ''}
                </span>
              </li>
            ))}
            <li>
              <a href={addressOf(to, { experimentIds: [experimentId], saved: 0 })}>
                All runs, without a view
              </a>
            </li>
          </ul>
        ) : null}
        {current && (current.isShared ? may.share : may.keepOwn) ? (
          <CurrentForms {...{ to, query, experimentId, current, now, isChanged }} />
        ) : null}
        {maySave && now !== '' ? <SaveForm {...{ ...props, now }} /> : null}
      </div>
    </details>
  )
}

type CurrentProps = Pick<ViewsMenuProps, 'to' | 'query' | 'experimentId'> & {
  readonly current: SavedView
  readonly now: string
  readonly isChanged: boolean
}

/** What can be done to the view that the table began from. */
const CurrentForms: FC<CurrentProps> = ({ to, query, experimentId, current, now, isChanged }) => {
  const action = (what: string) => {
    const [, terms = ''] = addressOf(to, query).split('?')
    return `${to.experiment(experimentId)}/views/${current.id}/${what}?${terms}`
  }
  const Seen = () => <input type="hidden" name="revision" value={current.revision} />
  return (
    <div class="row">
      {isChanged ? (
        <>
          <form method="post" action={action('change')}>
            <Seen />
            <input type="hidden" name="query" value={now} />
            {current.isDefault ? <input type="hidden" name="first" value="1" /> : null}
            <button type="submit" class="quiet">
              Save changes
            </button>
          </form>
          <a class="button quiet" href={addressOfView(to, experimentId, current)}>
            Reset
          </a>
        </>
      ) : null}
      <form method="post" action={action('change')}>
        <Seen />
        <input type="hidden" name="query" value={current.query} />
        {current.isDefault ? null : <input type="hidden" name="first" value="1" />}
        <button type="submit" class="quiet">
          {current.isDefault ? 'Show it first no longer' : 'Show it first'}
        </button>
      </form>
      <form method="post" action={action('delete')}>
        <Seen />
        <button type="submit" class="quiet danger">
          Delete view
        </button>
      </form>
    </div>
  )
}

const SaveForm: FC<ViewsMenuProps & { readonly now: string }> = (props) => {
  const { to, query, experimentId, may, problem, typed, now } = props
  const [, terms = ''] = addressOf(to, query).split('?')
  return (
    <form method="post" action={`${to.experiment(experimentId)}/views?${terms}`} class="fields-row">
      <input type="hidden" name="query" value={now} />
      <LineField
        label="Save what is shown as"
        name="name"
        isRequired
        {...{ problem, typed: typed?.('name') }}
      />
      {may.keepOwn && may.share ? (
        <label class="choice">
          <input type="checkbox" name="shared" />
          For everybody
        </label>
      ) : may.share ? (
        <input type="hidden" name="shared" value="on" />
      ) : null}
      <label class="choice">
        <input type="checkbox" name="first" />
        Show it first
      </label>
      <button type="submit" class="quiet">
        Save view
      </button>
    </form>
  )
}
