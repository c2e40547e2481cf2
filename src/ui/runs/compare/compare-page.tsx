import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { exactRunFilter } from '../../../tracking/runs/search-runs.ts'
import { eyesForm } from '../../charts/chart.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { countText, Given, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { addressOf } from '../table/run-query.ts'
import { KeptTerms } from './compare-forms.tsx'
import {
  type ComparedQuery,
  type ComparedView,
  comparedAddress,
  comparedFilter,
  comparedViews,
  isHidden,
} from './compare-query.ts'
import type { BestRuns } from './compared-rows.ts'
import { type ComparedRun, comparedMax } from './read-compared.ts'
import { type AddedRuns, RunStrip } from './run-strip.tsx'

export type ComparePageProps = {
  readonly frame: Frame
  readonly query: ComparedQuery
  /** What so long ago in its filter is counted from. */
  readonly nowMs: number
  /** Of the runs that are compared. */
  readonly experiments: readonly Experiment[]
  readonly runs: readonly ComparedRun[]
  /** More runs match than are compared here. */
  readonly isCut: boolean
  /** By the metric that is charted. */
  readonly best: BestRuns | undefined
  /** What was asked to come in too, where it was not one run. */
  readonly added: AddedRuns | undefined
}

/** What every view of a comparison has around it. */
export const ComparePage: FC<PropsWithChildren<ComparePageProps>> = ({ children, ...props }) => {
  const { frame, query, nowMs, experiments, runs } = props
  const count = runs.length
  const { to } = frame
  const [only, ...others] = experiments
  return (
    <Page
      frame={frame}
      title={`Compare ${plural(count, 'run')}`}
      section="experiments"
      crumbs={[
        ...(only && others.length === 0
          ? experimentCrumbs(to, only)
          : [{ text: 'Experiments', href: to.experiments }]),
        { text: 'Compare' },
      ]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/runs/search',
        body: {
          experiment_ids: experiments.map(({ id }) => String(id)),
          filter: exactRunFilter(comparedFilter(query), nowMs).text,
        },
      }}
    >
      <Which {...props} />
      {count < 2 ? (
        <p class="empty">
          Choose at least two runs: <a href={to.experiments}>open an experiment</a> and tick them.
        </p>
      ) : (
        <>
          <Tabs
            label="Views"
            items={Object.entries(comparedViews).map(([view, text], i) => ({
              // Its keys are the views.
              href: comparedAddress(to, { ...query, view: view as ComparedView }),
              text,
              isCurrent: view === query.view,
              shortcut: String(i + 1),
            }))}
          />
          <Hidden {...props} />
          {children}
        </>
      )}
    </Page>
  )
}

/** How many are hidden, the way back, and the form of the buttons that hide where no strip has it. */
const Hidden: FC<ComparePageProps> = ({ frame: { to }, query, runs }) => {
  const hidden = runs.filter((run) => isHidden(query, run)).length
  return (
    <>
      {query.ids.length > 0 ? null : (
        <form id={eyesForm} method="get" action={`${to.runs}/compare`}>
          <KeptTerms query={query} without={[]} />
        </form>
      )}
      {hidden === 0 ? null : (
        <p>
          {hidden === runs.length
            ? 'All runs are'
            : `${plural(hidden, 'run')} ${hidden === 1 ? 'is' : 'are'}`}{' '}
          hidden. <a href={comparedAddress(to, { ...query, hidden: [] })}>Show all</a>
        </p>
      )}
    </>
  )
}

/** Which runs these are, where nobody chose them one by one; and which of those that were chosen are gone. */
const Which: FC<ComparePageProps> = ({ frame, query, runs, isCut, added, best }) => {
  const { to } = frame
  const count = runs.length
  const { ids, experimentIds, words, view } = query
  if (ids.length > 0) {
    const missing = ids.length - count
    return (
      <>
        {missing === 0 ? null : (
          <p class="notice warn">
            {plural(missing, 'run')} of the address {missing === 1 ? 'is' : 'are'} not there.
          </p>
        )}
        <RunStrip {...{ frame, query, runs, added, best }} />
      </>
    )
  }
  if (experimentIds.length === 0) return null
  return (
    <p>
      {isCut
        ? `The newest ${countText(count)} of the runs that match: “${comparedViews[view]}” shows no more. `
        : `All ${plural(count, 'run')}${words === '' ? '' : ' that match'}. `}
      {words === '' ? null : (
        <>
          <code>
            <Given text={words} />
          </code>{' '}
        </>
      )}
      <a href={addressOf(to, { experimentIds, words })}>Show them as a list</a>
      {isCut && comparedMax[view] < comparedMax.parallel ? (
        <>
          {' '}
          · <a href={comparedAddress(to, { ...query, view: 'parallel' })}>Compare more at once</a>
        </>
      ) : null}
      {best ? <Best {...{ to, runs, best }} /> : null}
    </p>
  )
}

type BestProps = Pick<ComparePageProps, 'runs'> & { readonly to: Paths; readonly best: BestRuns }

/** Where no strip has a badge: the best run, and how many are as good. */
const Best: FC<BestProps> = ({ to, runs, best: { title, runIds } }) => {
  const [first, ...others] = runIds
  const run = runs.find(({ runId }) => runId === first)
  return run === undefined ? null : (
    <>
      {' '}
      Best by <Given text={title} />:{' '}
      <a href={to.run(run.runId)}>
        <Given text={run.name} />
      </a>
      {others.length === 0 ? '' : ` and ${countText(others.length)} as good`}.
    </>
  )
}
