import type { FC } from 'hono/jsx'
import type { RegistryError } from '../../../core/error.ts'
import { exactTraceFilter } from '../../../traces/search/search-traces.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { SearchBox, TimesNote, WordsNote } from '../../parts/search-box.tsx'
import { countText, Given, plural } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { traceSearchOf } from '../trace-parts.tsx'
import { FirstTrace } from './first-trace.tsx'
import { traceCompletion } from './trace-completion.ts'
import { filterOf, type TracesQuery, tracesPath } from './traces-query.ts'
import { TracesTable } from './traces-table.tsx'

type TracesPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly query: TracesQuery
  /** What so long ago in the filter is counted from. */
  readonly nowMs: number
  readonly traces: readonly TraceInfo[]
  readonly next: string | undefined
  /** Why the filter was not taken. */
  readonly problem: RegistryError | undefined
  readonly mayDelete: boolean
}

/** The traces of an experiment, newest first. */
export const TracesPage: FC<TracesPageProps> = (props) => {
  const { frame, experiment, query, nowMs, traces, next, problem } = props
  const { to } = frame
  const filter = filterOf(query)
  const exact = exactTraceFilter(filter, nowMs)
  const isEverything = query.words === '' && query.after === undefined
  return (
    <Page
      frame={frame}
      title={`Traces of ${experiment.name}`}
      heading={
        <>
          Traces of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      inMlflow={`/experiments/${experiment.id}/traces`}
      crumbs={[...experimentCrumbs(to, experiment), { text: 'Traces' }]}
      actions={
        <a class="button quiet" href={to.traceRules(experiment.id)}>
          Retention and redaction
        </a>
      }
      api={traceSearchOf(experiment.id, { filter: exact.text })}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="traces" />
      {isEverything && traces.length === 0 && problem === undefined ? (
        <FirstTrace frame={frame} experimentName={experiment.name} />
      ) : (
        <>
          <SearchBox
            action={to.traces(experiment.id)}
            label="Filter, or words of inputs and outputs"
            placeholder="status = 'ERROR' AND execution_time > 1000"
            words={query.words}
            problem={problem}
            completion={{
              ...traceCompletion,
              paths: [`${to.prefix}/api/v1/experiments/${experiment.id}/traces`],
            }}
            addressOf={(words) => tracesPath(to, experiment.id, words)}
          />
          <WordsNote words={query.words} filter={filter} />
          <TimesNote times={exact.times} />
          {traces.length > 0 || next !== undefined || query.selected.length > 0 ? (
            <Results {...props} />
          ) : problem === undefined ? (
            <p class="empty">
              No trace matches. <a href={to.traces(experiment.id)}>Show all traces</a>
            </p>
          ) : null}
        </>
      )}
    </Page>
  )
}

/** The table, and what is done with the traces that are ticked in it or were on other pages. */
const Results: FC<TracesPageProps> = ({ frame: { to }, experiment, traces, next, ...props }) => {
  const { query, mayDelete } = props
  const shown = new Set(traces.map(({ traceId }) => traceId))
  const elsewhere = query.selected.filter((id) => !shown.has(id))
  const path = to.traces(experiment.id)
  return (
    <form method="get" action={path}>
      {query.words === '' ? null : <input type="hidden" name="q" value={query.words} />}
      {elsewhere.map((id) => (
        <input type="hidden" name="sel" value={id} />
      ))}
      {traces.length > 0 ? (
        <TracesTable to={to} traces={traces} selected={query.selected} />
      ) : (
        <p class="empty">
          {next === undefined
            ? 'No trace matches.'
            : 'None so far: texts of spans are looked through a part at a time. Go on to look further back.'}
        </p>
      )}
      <div class="row">
        <button type="submit" formaction={`${path}/compare`} data-key="c">
          Compare two
        </button>
        <button type="submit" class="quiet" formaction={to.reviews(experiment.id)}>
          Review selected…
        </button>
        {next === undefined ? null : (
          <button type="submit" class="quiet" name="after" value={next}>
            {traces.length > 0 ? 'Next traces' : 'Go on'}
          </button>
        )}
        {mayDelete ? (
          <button type="submit" class="quiet danger" formaction={`${path}/delete`}>
            Delete selected…
          </button>
        ) : null}
        <span class="soft">
          {plural(traces.length, 'trace')} on this page
          {next === undefined ? '' : ', more follow'}
          {elsewhere.length > 0 ? ` · ${countText(elsewhere.length)} selected on other pages` : ''}
        </span>
      </div>
    </form>
  )
}
