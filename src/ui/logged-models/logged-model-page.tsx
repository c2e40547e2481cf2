import type { FC } from 'hono/jsx'
import type { VersionOfRun } from '../../governance/lineage.ts'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import type {
  LoggedModel,
  LoggedModelMetric,
  LoggedModelStatus,
} from '../../tracking/logged-models/logged-model.ts'
import type { RunLineage } from '../../tracking/runs/run-lineage.ts'
import { Time } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import { isOwnTag } from '../parts/own-tags.ts'
import { Table } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { More, rowsMax, Values } from '../runs/run-values.tsx'
import { MetricCell, VersionsOfRun } from '../runs/table/run-cell.tsx'
import type { Frame } from '../shell/frame.ts'
import { experimentCrumbs, Page } from '../shell/page.tsx'

type LoggedModelProps = {
  readonly frame: Frame
  readonly model: LoggedModel
  readonly experiment: Experiment
  /** That logged it; undefined: none did, or the caller may not read it. */
  readonly run: RunLineage | undefined
  /** What became of it, oldest first. */
  readonly versions: readonly VersionOfRun[]
}

/** A model as a run logged it, before and apart from any registration. */
export const LoggedModelPage: FC<LoggedModelProps> = ({ frame, model, experiment, ...props }) => {
  const { to } = frame
  const { modelId, name, params, tags } = model
  const own = tags.filter(isOwnTag)
  return (
    <Page
      frame={frame}
      title={name}
      heading={<Given text={name} />}
      section="experiments"
      inMlflow={`/experiments/${experiment.id}/models/${modelId}`}
      crumbs={[...experimentCrumbs(to, experiment), { text: name }]}
      about={<About {...props} model={model} to={to} />}
      actions={
        <a class="button" href={to.registerLogged(modelId)}>
          Register…
        </a>
      }
      api={{ method: 'GET', path: `/api/2.0/mlflow/logged-models/${modelId}` }}
    >
      <Tabs
        label="Parts of this model"
        items={[
          { href: to.loggedModel(modelId), text: 'Overview', isCurrent: true },
          { href: `${to.loggedModel(modelId)}/files`, text: 'Files' },
          { href: to.tracesOfModel(experiment.id, modelId), text: 'Traces' },
        ]}
      />
      <div class="halves">
        <Metrics metrics={model.metrics} to={to} />
        <Values title="Params" of={params} total={params.length} whose="model" />
      </div>
      <div class="halves">
        <Load model={model} frame={frame} />
        <Values title="Tags" of={own} total={own.length} whose="model" />
      </div>
    </Page>
  )
}

type AboutProps = Pick<LoggedModelProps, 'model' | 'run' | 'versions'> & { readonly to: Paths }

const statuses: Readonly<Record<LoggedModelStatus, Parameters<typeof Chip>[0]>> = {
  LOGGED_MODEL_PENDING: { sign: 'glass', tone: 'warn', word: 'pending' },
  LOGGED_MODEL_READY: { sign: 'check', tone: 'good', word: 'ready' },
  LOGGED_MODEL_UPLOAD_FAILED: { sign: 'cross', tone: 'bad', word: 'upload failed' },
}

const About: FC<AboutProps> = ({ model, run, versions, to }) => {
  const { status, statusMessage, modelType, createdAtMs, sourceRunId } = model
  return (
    <>
      <p class="row">
        <Chip {...statuses[status]} />
        {modelType === '' ? null : (
          <span>
            type <Given text={modelType} />
          </span>
        )}
        <span>
          logged <Time atMs={createdAtMs} />
        </span>
        {run ? (
          <span>
            by run{' '}
            <a href={to.run(run.runId)}>
              <Given text={run.name} />
            </a>
          </span>
        ) : sourceRunId === '' ? null : (
          <span>by a run that is gone, or that you may not read</span>
        )}
        {versions.length === 0 ? (
          <span class="soft">not registered</span>
        ) : (
          <span>
            became <VersionsOfRun versions={versions} to={to} />
          </span>
        )}
      </p>
      {statusMessage ? <p class="notice warn">{visibleText(statusMessage)}</p> : null}
    </>
  )
}

const Metrics: FC<{ readonly metrics: readonly LoggedModelMetric[]; readonly to: Paths }> = ({
  metrics,
  to,
}) => {
  const shown = latestOf(metrics)
  return (
    <section class="near" aria-labelledby="metrics">
      <h2 id="metrics">Metrics {countText(shown.length)}</h2>
      {shown.length === 0 ? (
        <p class="soft">
          None. <code>mlflow.log_metric(..., model_id="...")</code> logs one of a model.
        </p>
      ) : (
        <Table
          caption="Metrics, as they were logged last on each dataset"
          columns={['Name', 'Dataset', { title: 'Last', isNumber: true }, 'Logged by']}
        >
          {shown.slice(0, rowsMax).map(({ key, value, datasetName, datasetDigest, runId }) => (
            <tr>
              <th scope="row">
                <Given text={key} />
              </th>
              <td>
                {datasetName === undefined ? null : (
                  <>
                    <Given text={datasetName} /> <code>{visibleText(datasetDigest ?? '')}</code>
                  </>
                )}
              </td>
              <MetricCell value={value} />
              <td>
                <a href={to.run(runId)}>{visibleText(runId.slice(0, 8))}</a>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <More than={shown.length} />
    </section>
  )
}

/** Of each metric and dataset the point that was logged last. */
function latestOf(metrics: readonly LoggedModelMetric[]): LoggedModelMetric[] {
  const latest = new Map(
    metrics.map((metric) => {
      const { key, datasetName, datasetDigest } = metric
      return [JSON.stringify([key, datasetName, datasetDigest]), metric]
    }),
  )
  return [...latest.values()]
}

const Load: FC<{ readonly model: LoggedModel; readonly frame: Frame }> = ({
  model: { modelId, artifactUri },
  frame: { serverUrl },
}) => (
  <section class="near" aria-labelledby="load">
    <h2 id="load">Load and register it</h2>
    <pre tabindex={0}>
      <code>
        {`import mlflow
mlflow.set_tracking_uri("${serverUrl}")
model = mlflow.pyfunc.load_model("models:/${modelId}")
mlflow.register_model("models:/${modelId}", "a-name")`}
      </code>
    </pre>
    <dl class="facts">
      <dt>Model id</dt>
      <dd class="mono">{modelId}</dd>
      <dt>Files</dt>
      <dd class="mono">{visibleText(artifactUri)}</dd>
    </dl>
  </section>
)
