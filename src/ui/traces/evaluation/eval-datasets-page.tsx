import type { FC } from 'hono/jsx'
import { type ExactJson, parseExactJson } from '../../../core/exact-json.ts'
import type { EvalDataset } from '../../../traces/evaluation/dataset.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { Time } from '../../parts/byline.tsx'
import { Tags } from '../../parts/chips.tsx'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { Table } from '../../parts/table.tsx'
import { countText, Excerpt, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { JsonView } from '../trace/json-view.tsx'

type EvalDatasetsProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly datasets: readonly EvalDataset[]
  readonly next: string | undefined
}

const nameCharsMax = 80

/** The sets of examples that programs of an experiment are evaluated with. */
export const EvalDatasetsPage: FC<EvalDatasetsProps> = ({ frame, experiment, datasets, next }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Evaluation datasets of ${experiment.name}`}
      heading={
        <>
          Evaluation datasets of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      crumbs={[...experimentCrumbs(to, experiment), { text: 'Evaluation' }]}
      api={{
        method: 'POST',
        path: '/api/3.0/mlflow/datasets/search',
        body: { experiment_ids: [String(experiment.id)] },
      }}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="evaluation" />
      {datasets.length === 0 ? (
        <section class="empty" aria-labelledby="first-dataset">
          <h2 id="first-dataset">No evaluation datasets</h2>
          <p>A dataset has examples: inputs, and what is expected of the outputs.</p>
          <pre tabindex={0}>
            <code>{`dataset = mlflow.genai.create_dataset(name="questions", experiment_id="${experiment.id}")
dataset.merge_records([{"inputs": {"question": "pears?"}, "expectations": {"fruit": True}}])`}</code>
          </pre>
        </section>
      ) : (
        <Table
          caption="Evaluation datasets"
          columns={['Dataset', { title: 'Records', isNumber: true }, 'Digest', 'Changed', 'By']}
        >
          {datasets.map(({ datasetId, name, records, digest, updatedAtMs, lastUpdatedBy }) => (
            <tr>
              <th scope="row">
                <a href={to.evalDataset(datasetId)}>
                  <Excerpt text={name} charsMax={nameCharsMax} />
                </a>
              </th>
              <td class="number">{countText(records)}</td>
              <td>
                <code>{visibleText(digest)}</code>
              </td>
              <td>
                <Time atMs={updatedAtMs} />
              </td>
              <td>
                <Excerpt text={lastUpdatedBy ?? ''} charsMax={nameCharsMax} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {next === undefined ? null : (
        <p>
          <a href={to.query(to.evalDatasets(experiment.id), { after: next })}>More datasets</a>
        </p>
      )}
    </Page>
  )
}

type EvalDatasetProps = {
  readonly frame: Frame
  readonly dataset: EvalDataset
  /** Those that it is in, and how many more. */
  readonly experiments: readonly Experiment[]
  readonly experimentsLeft: number
  readonly records: readonly ExactJson[]
  readonly next: string | undefined
}

/** One set of examples, with its records, oldest first. */
export const EvalDatasetPage: FC<EvalDatasetProps> = (props) => {
  const { frame, dataset, records, next } = props
  const { to } = frame
  const { datasetId, name, digest, updatedAtMs, lastUpdatedBy, tags } = dataset
  return (
    <Page
      frame={frame}
      title={`Evaluation dataset ${name.slice(0, nameCharsMax)}`}
      heading={<Excerpt text={name} charsMax={nameCharsMax} />}
      section="experiments"
      crumbs={[
        { text: 'Experiments', href: to.experiments },
        { text: name.slice(0, nameCharsMax) },
      ]}
      about={
        <>
          <p class="row">
            <span>{plural(dataset.records, 'record')}</span>
            <span>
              digest <code>{visibleText(digest)}</code>
            </span>
            <span>
              changed <Time atMs={updatedAtMs} />
              <By name={lastUpdatedBy} />
            </span>
          </p>
          <Tags of={Object.entries(tags).map(([key, value]) => ({ key, value }))} />
        </>
      }
      api={{ method: 'GET', path: `/api/3.0/mlflow/datasets/${datasetId}/records` }}
    >
      <DatasetFacts {...props} />
      <h2>Records</h2>
      {records.length === 0 ? <p class="empty">There are no records here.</p> : null}
      <ol class="plain">
        {records.map((record) => (
          <li class="panel">
            <RecordFields of={record} />
          </li>
        ))}
      </ol>
      {next === undefined ? null : (
        <p>
          <a href={to.query(to.evalDataset(datasetId), { after: next })}>More records</a>
        </p>
      )}
    </Page>
  )
}

const By: FC<{ readonly name: string | undefined }> = ({ name }) =>
  name === undefined || name === '' ? null : (
    <>
      {' '}
      by <Excerpt text={name} charsMax={nameCharsMax} />
    </>
  )

/** Where the set is from, and what its records have. */
const DatasetFacts: FC<EvalDatasetProps> = ({ frame, dataset, experiments, experimentsLeft }) => (
  <dl class="facts">
    <dt>Made</dt>
    <dd>
      <Time atMs={dataset.createdAtMs} />
      <By name={dataset.createdBy} />
    </dd>
    <dt>Experiments</dt>
    <dd class="row">
      {experiments.map(({ id, name }) => (
        <a href={frame.to.evalDatasets(id)}>
          <Excerpt text={name} charsMax={nameCharsMax} />
        </a>
      ))}
      {experiments.length === 0 ? 'none' : null}
      {experimentsLeft > 0 ? <span class="soft">and {countText(experimentsLeft)} more</span> : null}
    </dd>
    {dataset.schema === undefined ? null : (
      <>
        <dt>Fields</dt>
        <dd>
          <JsonView of={parseExactJson(dataset.schema)} charsMax={1000} />
        </dd>
      </>
    )}
  </dl>
)

/** What people look for in a record, in their order, with how much of it is shown. */
const fields = [
  { key: 'inputs', title: 'Inputs', charsMax: 1000 },
  { key: 'expectations', title: 'Expected', charsMax: 600 },
  { key: 'outputs', title: 'Outputs', charsMax: 600 },
  { key: 'tags', title: 'Tags', charsMax: 200 },
  { key: 'source', title: 'From', charsMax: 300 },
  { key: 'created_by', title: 'Made by', charsMax: 100 },
] as const

const RecordFields: FC<{ readonly of: ExactJson }> = ({ of }) => {
  const isMap = typeof of === 'object' && of !== null
  const given = new Map(isMap ? Object.entries<ExactJson>(of) : [])
  return (
    <dl class="facts">
      {fields.map(({ key, title, charsMax }) => {
        const value = given.get(key)
        return value === undefined || value === null ? null : (
          <>
            <dt>{title}</dt>
            <dd>
              <JsonView of={value} charsMax={charsMax} />
            </dd>
          </>
        )
      })}
    </dl>
  )
}
