import type { FC } from 'hono/jsx'
import type { RegistryError } from '../../../core/error.ts'
import { filterOfWords } from '../../../search/words.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { namedColumn } from '../../../tracking/runs/run-columns.ts'
import { exactRunFilter } from '../../../tracking/runs/search-runs.ts'
import { Tags } from '../../parts/chips.tsx'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { isOwnTag, noteOf } from '../../parts/own-tags.ts'
import { LooserFilters, SearchBox, TimesNote, WordsNote } from '../../parts/search-box.tsx'
import { countText, Given, plural, Written } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { ShownCall } from '../../shell/api-call.tsx'
import type { Frame } from '../../shell/frame.ts'
import { liveOfRuns, Page } from '../../shell/page.tsx'
import { MissingExtremes } from '../missing-extremes.tsx'
import { runCompletion } from '../run-completion.ts'
import { firstOf } from '../views/view-address.ts'
import { type KeptViews, ViewsMenu } from '../views/views-menu.tsx'
import { Columns, type ColumnsProps, GroupChoice } from './columns-menu.tsx'
import { FirstRun } from './first-run.tsx'
import { GroupsTable } from './groups-table.tsx'
import { KeptFields } from './kept-fields.tsx'
import type { RunsStanding } from './read-runs.ts'
import {
  addressOf,
  hasExtremes,
  orderByOf,
  type RunsQuery,
  runsPath,
  sortText,
} from './run-query.ts'
import { RunsActions } from './runs-actions.tsx'
import { RunsTable } from './runs-table.tsx'

type RunsPageProps = {
  readonly frame: Frame
  readonly standing: RunsStanding
  readonly query: RunsQuery
  /** What so long ago in the filter is counted from. */
  readonly nowMs: number
  /** Why the filter was not taken. */
  readonly problem: RegistryError | undefined
  readonly kept: KeptViews
}

/** The runs of an experiment: a filter, the columns that were chosen, and runs to compare. */
export const RunsPage: FC<RunsPageProps> = ({ frame, standing, query, nowMs, problem, kept }) => {
  const { experiments, rows } = standing
  const [only, ...others] = experiments
  const experiment = others.length === 0 ? only : undefined
  const title = experiment?.name ?? `Runs of ${experiments.length} experiments`
  const { to } = frame
  const isEverything = query.words === '' && query.after === undefined && !query.isOfDeleted
  const filter = filterOfWords(query.words, 'attributes.run_name')
  const exact = exactRunFilter(filter, nowMs)
  return (
    <Page
      frame={frame}
      title={title}
      heading={<Given text={title} />}
      section="experiments"
      {...(experiment && { inMlflow: `/experiments/${experiment.id}` })}
      crumbs={[{ text: 'Experiments', href: to.experiments }, { text: title }]}
      about={<About {...{ to, standing, experiment }} />}
      live={liveOfRuns(
        rows.map(({ run }) => run.info),
        5,
      )}
      actions={<RunsActions to={to} query={query} />}
      api={callOf(query, exact.text, standing.columns)}
    >
      {experiment ? <ExperimentTabs to={to} experimentId={experiment.id} current="runs" /> : null}
      {experiment && isEverything && rows.length === 0 && problem === undefined ? (
        <FirstRun frame={frame} experimentName={experiment.name} />
      ) : (
        <>
          <FilterForm {...{ frame, standing, query, problem }} />
          {experiment ? (
            <ViewsMenu {...{ to, query, experimentId: experiment.id, ...kept }} />
          ) : null}
          <WordsNote words={query.words} filter={filter} />
          <TimesNote times={exact.times} />
          {rows.length > 0 ? (
            <Results {...{ to, standing, query }} />
          ) : problem === undefined ? (
            <NoRuns {...{ to, standing, query, kept }} />
          ) : null}
        </>
      )}
    </Page>
  )
}

/** MLflow's search has no word for an extreme. */
function callOf(query: RunsQuery, filter: string, columns: readonly string[]): ShownCall {
  const { experimentIds, sort, second, isOfDeleted } = query
  if (!hasExtremes(query)) {
    const body = { experiment_ids: experimentIds.map(String), filter, order_by: orderByOf(query) }
    return { method: 'POST', path: '/api/2.0/mlflow/runs/search', body }
  }
  const terms = [
    ...experimentIds.map((id) => ['experiment', String(id)]),
    ...(filter === '' ? [] : [['filter', filter]]),
    ...columns.filter((column) => namedColumn(column)).map((column) => ['column', column]),
    ...[sort, sort && second].flatMap((one) => (one ? [['sort', sortText(one)]] : [])),
    ...(isOfDeleted ? [['deleted', 'true']] : []),
  ]
  const text = terms.map(([name, value = '']) => `${name}=${encodeURIComponent(value)}`).join('&')
  return { method: 'GET', path: `/api/v1/runs?${text}` }
}

/** Run by run, or folded by the values of a column. */
const Results: FC<ColumnsProps> = ({ to, standing, query }) => {
  const { groups } = standing
  return (
    <>
      {standing.isMissingExtremes ? <MissingExtremes then="have none and come last" /> : null}
      {groups ? null : <NestedNote {...{ to, standing, query }} />}
      <div data-part="runs">
        {groups ? (
          <GroupsTable {...{ to, groups, query }} better={standing.better} />
        ) : (
          <RunsTable {...{ to, standing, query }} />
        )}
      </div>
    </>
  )
}

/** Which clause leaves so little, and the ways to more. */
const NoRuns: FC<Pick<RunsPageProps, 'standing' | 'query' | 'kept'> & { readonly to: Paths }> = ({
  to,
  standing: { total, looser },
  query,
  kept,
}) => (
  <div class="empty">
    <p>
      No run matches.{' '}
      <a href={addressOf(to, { experimentIds: query.experimentIds, saved: allOf(kept) })}>
        Show all {countText(total)} runs
      </a>
    </p>
    <LooserFilters
      of={looser}
      noun="run"
      hrefOf={(words) => addressOf(to, { ...query, words, after: undefined })}
    />
  </div>
)

/** What an address says of views to show all runs: nothing, unless it would lead to a view. */
function allOf({ views }: KeptViews): number | undefined {
  return firstOf(views) ? 0 : undefined
}

type AboutProps = Pick<RunsPageProps, 'standing'> & {
  readonly to: Paths
  /** Where it is one alone. */
  readonly experiment: Experiment | undefined
}

const About: FC<AboutProps> = ({ to, standing: { experiments, total }, experiment }) => {
  if (!experiment) {
    return (
      <p class="soft">
        {plural(total, 'run')} of{' '}
        {experiments.map(({ id, name }, i) => (
          <>
            {i > 0 ? ', ' : ''}
            <a href={to.experiment(id)}>
              <Given text={name} />
            </a>
          </>
        ))}
      </p>
    )
  }
  const { tags, lifecycleStage } = experiment
  const note = noteOf(tags)
  return (
    <>
      <p class="soft">
        {plural(total, 'run')}
        {lifecycleStage === 'deleted' ? ' · this experiment is deleted' : ''}
      </p>
      {note !== '' ? <Written text={note} /> : null}
      <Tags of={tags.filter(isOwnTag)} />
    </>
  )
}

/** Names are offered of the first of several experiments: each is asked by itself. */
const completedMax = 4

const FilterForm: FC<Omit<RunsPageProps, 'kept' | 'nowMs'>> = ({
  frame: { to },
  standing,
  query,
  problem,
}) => (
  <SearchBox
    action={runsPath(to, query)}
    label="Filter, or words of a name"
    placeholder="metrics.accuracy > 0.9 AND params.model = 'rf'"
    words={query.words}
    problem={problem}
    completion={{
      ...runCompletion,
      paths: query.experimentIds
        .slice(0, completedMax)
        .map((id) => `${to.prefix}/api/v1/experiments/${id}`),
    }}
    addressOf={(words) => addressOf(to, { ...query, words, after: undefined })}
  >
    <KeptFields query={query} without={['words', 'columns', 'group']} />
    <div class="row">
      <Columns {...{ to, standing, query }} />
      <GroupChoice {...{ to, standing, query }} />
    </div>
  </SearchBox>
)

/** Where runs that are parts of others are. */
const NestedNote: FC<ColumnsProps> = ({ to, standing: { rows, isNested }, query }) => {
  const isDefault = query.words === '' && !query.sort && !query.isOfDeleted
  if (!isDefault || !(query.isFlat || rows.some(({ children }) => children > 0))) return null
  const other = { ...query, isFlat: !query.isFlat, open: [], after: undefined }
  return (
    <p class="soft">
      {isNested ? 'Runs that are parts of others are under ▸. ' : 'All runs, parts of others too. '}
      <a href={addressOf(to, other)}>
        {isNested ? 'Show all one below another' : 'Show parts under their runs'}
      </a>
    </p>
  )
}
