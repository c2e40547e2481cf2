import type { FC } from 'hono/jsx'
import type { Run } from '../../tracking/run.ts'
import { type Html, writeHtml } from '../cards/markdown.tsx'
import { RunByline, Time } from '../parts/byline.tsx'
import { directionsOf } from '../parts/directions.ts'
import { isOwnTag, loggedFoldersOf, noteOf } from '../parts/own-tags.ts'
import { LineSearch } from '../parts/search-box.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { countText, Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { linksBeside, liveOfRuns, Page } from '../shell/page.tsx'
import { childrenPath, isNamed, type RunStanding, tracesMax } from './read-run.ts'
import { Origin } from './run-origin.tsx'
import { LongText, More, rowsMax, SystemTags, Values } from './run-values.tsx'
import { MetricCell, VersionsOfRun } from './table/run-cell.tsx'
import { addressOf } from './table/run-query.ts'

type RunPageProps = {
  readonly frame: Frame
  readonly standing: RunStanding
  /** Only names that hold this are shown; empty: all. */
  readonly words: string
}

/** A run: whether it worked, how good it is, and what came of it. */
export const RunPage: FC<RunPageProps> = (props) => {
  const { frame, standing, words } = props
  const { run, experiment, mayEdit, children, traces } = standing
  const { to } = frame
  const { runId, name } = run
  const register = registerOf(run, to)
  const isShown = isNamed(words)
  return (
    <Page
      frame={frame}
      title={name}
      heading={<Given text={name} />}
      section="experiments"
      inMlflow={`/experiments/${experiment.id}/runs/${runId}`}
      crumbs={[
        { text: 'Experiments', href: to.experiments },
        { text: experiment.name, href: to.experiment(experiment.id) },
        { text: name },
      ]}
      beside={linksBeside(standing.beside, (id) => ({
        text: id === standing.beside.before ? 'Run before' : 'Run after',
        href: to.run(id),
      }))}
      about={<About {...props} />}
      live={liveOfRuns([run])}
      actions={
        <>
          {run.lifecycleStage === 'active' ? (
            <a
              class="button quiet"
              href={addressOf(to, { experimentIds: [experiment.id], selected: [runId] })}
              data-key="c"
            >
              Compare with…
            </a>
          ) : null}
          {register === undefined ? null : (
            <a class="button quiet" href={register}>
              Register…
            </a>
          )}
          {mayEdit ? (
            <a class="button quiet" href={`${to.run(runId)}/change`} data-key="e">
              Change…
            </a>
          ) : null}
        </>
      }
      api={{ method: 'GET', path: `/api/2.0/mlflow/runs/get?run_id=${runId}` }}
    >
      <Tabs
        label="Parts of this run"
        items={[
          { href: to.run(runId), text: 'Overview', isCurrent: true },
          { href: `${to.run(runId)}/charts`, text: 'Charts', count: run.metrics.length },
          { href: `${to.run(runId)}/files`, text: 'Files' },
          ...(children > 0
            ? [{ href: childrenPath(to, run), text: 'Children', count: children }]
            : []),
          ...(traces > 0
            ? [
                {
                  href: to.tracesOfRun(run.experimentId, run.runId),
                  text: traces < tracesMax ? 'Traces' : 'Traces, more than',
                  count: traces < tracesMax ? traces : tracesMax - 1,
                },
              ]
            : []),
        ]}
      />
      <Description run={run} />
      {run.metrics.length + run.params.length > wordsFrom || words !== '' ? (
        <LineSearch action={to.run(runId)} label="Part of a name" words={words} button="Find" />
      ) : null}
      <div class="halves">
        <Metrics standing={standing} to={to} isShown={isShown} />
        <Values title="Params" of={run.params.filter(isShown)} total={run.params.length} />
      </div>
      <div class="halves">
        <Datasets run={run} to={to} />
        <Origin standing={standing} to={to} />
      </div>
      <Values
        title="Tags"
        of={run.tags.filter(isOwnTag)}
        total={run.tags.filter(isOwnTag).length}
      />
      <SystemTags tags={run.tags.filter((tag) => !isOwnTag(tag))} />
    </Page>
  )
}

/** From so many names on there is a field to find one. */
const wordsFrom = 20

const About: FC<RunPageProps> = ({ frame: { to }, standing: { run, versions, nowMs } }) => {
  return (
    <>
      <RunByline run={run}>
        <LastPoint {...{ run, nowMs }} />
        {versions.length === 0 ? null : (
          <span>
            became <VersionsOfRun versions={versions} to={to} />
          </span>
        )}
      </RunByline>
      {run.lifecycleStage === 'deleted' ? (
        <p class="notice warn">This run is deleted. It can be restored until the next purge.</p>
      ) : null}
    </>
  )
}

/** After so long without a point, somebody may want to look. */
const quietMs = 600_000

/** When a run that goes on logged last, by the clock of its client: one that is quiet for long may have ended without a word. */
const LastPoint: FC<{ readonly run: Run; readonly nowMs: number }> = ({
  run: { status, startTimeMs, metrics },
  nowMs,
}) => {
  if (status !== 'RUNNING') return null
  const lastMs = Math.max(...metrics.map(({ timestampMs }) => Number(timestampMs)))
  // Some clients number their points instead.
  if (lastMs < Number(startTimeMs)) return null
  return nowMs - lastMs > quietMs ? (
    <span class="warn-text">
      quiet since <Time atMs={lastMs} isExact />
    </span>
  ) : (
    <span>
      last point <Time atMs={lastMs} />
    </span>
  )
}

/** What people wrote about the run, as MLflow keeps it. */
const Description: FC<{ readonly run: Run }> = async ({ run: { tags } }) => {
  const text = noteOf(tags)
  if (text.trim() === '') return null
  const html: Html = await writeHtml(text)
  return (
    <section class="prose" aria-label="Description">
      {html}
    </section>
  )
}

type MetricsProps = {
  readonly standing: RunStanding
  readonly to: Paths
  readonly isShown: (of: { readonly key: string }) => boolean
}

/** The extreme that is the better one is marked. */
const Metrics: FC<MetricsProps> = ({ standing: { run, extremes, experiment }, to, isShown }) => {
  const better = directionsOf([], [experiment])
  const { runId, metrics } = run
  const shown = metrics.filter(isShown).slice(0, rowsMax)
  // What has a number has extremes, once these were read.
  const unread = shown.filter(({ key, value }) => !extremes.has(key) && !Number.isNaN(value)).length
  return (
    <section class="near" aria-labelledby="metrics" data-part="metrics" data-steady>
      <h2 id="metrics">Metrics {countText(metrics.length)}</h2>
      {shown.length === 0 ? (
        <p class="soft">None{metrics.length > 0 ? ' of this name' : ' yet'}.</p>
      ) : (
        <Table
          caption="Metrics, as they were logged last, with the least and the greatest of all their values"
          columns={[
            'Name',
            ...['Last', 'Min', 'Max', 'Step'].map((title) => ({ title, isNumber: true as const })),
          ]}
        >
          {shown.map(({ key, value, step }) => {
            const { least, greatest } = extremes.get(key) ?? {}
            const best = least === greatest ? undefined : better(key)
            return (
              <tr>
                <th scope="row">
                  <a href={to.query(`${to.run(runId)}/charts`, { metric: key })}>
                    <Given text={key} />
                  </a>
                </th>
                <MetricCell value={value} />
                <MetricCell value={least} isBest={best === 'down'} />
                <MetricCell value={greatest} isBest={best === 'up'} />
                <td class="number">{String(step)}</td>
              </tr>
            )
          })}
        </Table>
      )}
      {unread > 0 ? (
        <p class="soft">
          An earlier release of this server logged {plural(unread, 'metric')} whose least and
          greatest value are still to be read.
        </p>
      ) : null}
      <More than={metrics.filter(isShown).length} />
    </section>
  )
}

const Datasets: FC<{ readonly run: Run; readonly to: Paths }> = ({
  run: { datasetInputs },
  to,
}) => (
  <section class="near" aria-labelledby="datasets">
    <h2 id="datasets">Datasets {countText(datasetInputs.length)}</h2>
    {datasetInputs.length === 0 ? (
      <p class="soft">
        None. <code>mlflow.log_input</code> names the data that a run reads.
      </p>
    ) : (
      <Table
        caption="Datasets that the run read"
        isCards
        columns={['Name', 'Digest', 'Used for', 'Source']}
      >
        {datasetInputs.slice(0, rowsMax).map(({ dataset, tags }) => (
          <tr>
            <th scope="row">
              <a href={to.dataset(dataset.digest)}>
                <Given text={dataset.name} />
              </a>
            </th>
            <Cell label="Digest">
              <code>{visibleText(dataset.digest)}</code>
            </Cell>
            <Cell label="Used for">
              <Given text={tags.find(({ key }) => key === 'mlflow.data.context')?.value ?? ''} />
            </Cell>
            <Cell label="Source" isLine>
              <LongText text={dataset.source} />
            </Cell>
          </tr>
        ))}
      </Table>
    )}
    <More than={datasetInputs.length} />
  </section>
)

/** Where the one model of a run becomes a version; undefined: it has none, or several. */
function registerOf({ runId, modelOutputs, tags }: Run, to: Paths): string | undefined {
  const [model, ...others] = modelOutputs
  if (model) return others.length === 0 ? to.registerLogged(model.modelId) : undefined
  const folders = loggedFoldersOf(tags)
  return folders.length === 1 ? to.registerRun(runId, folders[0] ?? '') : undefined
}
