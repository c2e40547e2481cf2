import type { FC } from 'hono/jsx'
import type { LabelSchema } from '../../../judging/labels/label-schema.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { Problem } from '../../parts/fields.tsx'
import { Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Excerpt, Given, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { answerText } from './answer-text.ts'
import { type AnswerKind, answerKinds, SchemaFields } from './schema-fields.tsx'

type LabelSchemasPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly schemas: readonly LabelSchema[]
  readonly next: string | undefined
  /** What a new one is answered by; undefined: nobody chose yet. */
  readonly kind: AnswerKind | undefined
  /** Why the caller may not make any; undefined: they may. */
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

const nameCharsMax = 80
const answerCharsMax = 160

/** What people are asked about the traces of an experiment. */
export const LabelSchemasPage: FC<LabelSchemasPageProps> = (props) => {
  const { frame, experiment, schemas, next, whyNot, shown } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Questions about traces of ${experiment.name}`}
      heading={
        <>
          Questions about traces of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Reviews', href: to.reviews(experiment.id) },
        { text: 'Questions' },
      ]}
      api={{
        method: 'GET',
        path: `/api/3.0/mlflow/label-schemas/list?experiment_id=${experiment.id}`,
      }}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="reviews" />
      <Problem of={shown.problem} />
      <Table
        caption="Questions, also called label schemas"
        columns={['Question', 'Answer', 'Becomes', 'Changed']}
      >
        {schemas.map((schema) => (
          <tr>
            <th scope="row">
              <a href={to.labelSchema(schema.schemaId)}>
                <Excerpt text={schema.name} charsMax={nameCharsMax} />
              </a>
            </th>
            <td>
              <Excerpt text={answerText(schema.input)} charsMax={answerCharsMax} />
            </td>
            <td>{schema.type === 'EXPECTATION' ? 'an expectation' : 'feedback'}</td>
            <td>{schema.isDefault ? 'never' : <Time atMs={schema.updatedAtMs} />}</td>
          </tr>
        ))}
      </Table>
      {next === undefined ? null : (
        <p>
          <a href={to.query(to.labelSchemas(experiment.id), { after: next })}>Older questions</a>
        </p>
      )}
      {whyNot === undefined ? <NewSchema {...props} /> : <p class="soft">{visibleText(whyNot)}</p>}
    </Page>
  )
}

const NewSchema: FC<LabelSchemasPageProps> = ({ frame: { to }, experiment, kind, shown }) => {
  const path = to.labelSchemas(experiment.id)
  const isExpectation = shown.typed?.('type') === 'EXPECTATION'
  return (
    <section class="panel near" aria-labelledby="new">
      <h2 id="new">New question</h2>
      <Tabs
        label="How it is answered"
        items={Object.entries(answerKinds).map(([one, text]) => ({
          href: `${to.query(path, { kind: one })}#new`,
          text,
          isCurrent: one === kind,
        }))}
      />
      {kind === undefined ? (
        <p class="soft">Choose how it is answered; that stays so.</p>
      ) : (
        <form method="post" action={path}>
          <input type="hidden" name="kind" value={kind} />
          <SchemaFields kind={kind} {...shown} />
          <fieldset class="near">
            <legend>What an answer becomes</legend>
            <label class="choice">
              <input type="radio" name="type" value="FEEDBACK" checked={!isExpectation} />
              <span>Feedback: how good what the trace did is</span>
            </label>
            <label class="choice">
              <input type="radio" name="type" value="EXPECTATION" checked={isExpectation} />
              <span>An expectation: what would have been right</span>
            </label>
          </fieldset>
          <div>
            <button type="submit">Make the question</button>
          </div>
        </form>
      )}
    </section>
  )
}
