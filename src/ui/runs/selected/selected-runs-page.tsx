import type { FC } from 'hono/jsx'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes } from '../../changes/change-forms.tsx'
import type { TrackedRights } from '../../changes/tracked-forms.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { addressOf, addressOfSelected, type RunsQuery } from '../table/run-query.ts'

type SelectedRunsProps = Reshown & {
  readonly frame: Frame
  readonly query: RunsQuery
  /** A tag whose values are shown: the one that was set last. */
  readonly tag: string | undefined
  readonly runs: readonly RunCells[]
  /** Those of the runs. */
  readonly experiments: readonly Experiment[]
  readonly whyNot: TrackedRights
}

/** What people change of several runs at once. */
export const SelectedRunsPage: FC<SelectedRunsProps> = (props) => {
  const { frame, query, tag, runs, experiments } = props
  const { to } = frame
  const [only, ...others] = experiments
  const missing = query.selected.length - runs.length
  const back = addressOf(to, { ...query, experimentIds: experimentsOf(props), after: undefined })
  return (
    <Page
      frame={frame}
      title={runs.length === 0 ? 'No run is selected' : `Change ${plural(runs.length, 'run')}`}
      section="experiments"
      crumbs={[
        ...(only && others.length === 0
          ? experimentCrumbs(to, only)
          : [{ text: 'Experiments', href: to.experiments }]),
        { text: 'Change runs' },
      ]}
      actions={
        <a class="button quiet" href={back}>
          Back to the runs
        </a>
      }
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/runs/set-tag',
        body: { run_id: runs[0]?.info.runId ?? '', key: tag ?? 'team', value: '' },
      }}
    >
      {missing > 0 ? (
        <p class="notice warn">{plural(missing, 'selected run')} cannot be found any more.</p>
      ) : null}
      {runs.length === 0 ? (
        <p class="empty">Select runs by the boxes of their table, then “Change selected”.</p>
      ) : (
        <>
          <Forms {...props} />
          <Table
            caption="Selected runs"
            columns={['Run', 'State', ...(tag === undefined ? [] : [visibleText(tag)])]}
          >
            {runs.map(({ info, tags }) => (
              <tr>
                <th scope="row">
                  <a href={to.run(info.runId)}>
                    <Given text={info.name} />
                  </a>
                </th>
                <td>{info.lifecycleStage}</td>
                {tag === undefined ? null : (
                  <td>{tags.has(tag) ? <Given text={tags.get(tag) ?? ''} /> : <NoValue />}</td>
                )}
              </tr>
            ))}
          </Table>
        </>
      )}
    </Page>
  )
}

/** Those that the table was about, or else those of the runs. */
function experimentsOf({ query, experiments }: SelectedRunsProps): readonly number[] {
  return query.experimentIds.length > 0 ? query.experimentIds : experiments.map(({ id }) => id)
}

const Forms: FC<SelectedRunsProps> = ({ frame: { to }, query, runs, whyNot, problem, typed }) => {
  const deleted = runs.filter(({ info }) => info.lifecycleStage === 'deleted').length
  const active = runs.length - deleted
  const pathOf = (form: string) => addressOfSelected(to, query).replace('?', `/${form}?`)
  return (
    <div class="dialog">
      <Problem of={problem} />
      {active === 0 ? null : (
        <>
          <Changes id="tag" title={`Tag ${plural(active, 'run')}`} whyNot={whyNot.edit}>
            <form method="post" action={pathOf('tags')} class="fields-row">
              <LineField
                label="Key"
                name="key"
                isRequired
                {...{ problem, typed: typed?.('key') }}
              />
              <LineField label="Value" name="value" typed={typed?.('value')} />
              <button type="submit">Tag {plural(active, 'run')}</button>
            </form>
            {deleted > 0 ? (
              <p class="soft">{plural(deleted, 'deleted run')} will not get it.</p>
            ) : null}
          </Changes>
          <Changes id="delete" title={`Delete ${plural(active, 'run')}`} whyNot={whyNot.manage}>
            <form method="post" action={pathOf('delete')}>
              <p class="soft">
                {active === 1 ? 'It' : 'They'} can be restored until the next purge. Versions made
                of {active === 1 ? 'it' : 'them'} keep their files.
              </p>
              <div>
                <button type="submit" class="danger">
                  Delete {plural(active, 'run')}
                </button>
              </div>
            </form>
          </Changes>
        </>
      )}
      {deleted === 0 ? null : (
        <Changes id="restore" title={`Restore ${plural(deleted, 'run')}`} whyNot={whyNot.manage}>
          <form method="post" action={pathOf('restore')}>
            <div>
              <button type="submit">Restore {plural(deleted, 'run')}</button>
            </div>
          </form>
        </Changes>
      )}
    </div>
  )
}
