import type { FC } from 'hono/jsx'
import type { LabelSchema } from '../../../judging/labels/label-schema.ts'
import type { ReviewQueue } from '../../../judging/queues/review-queue.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { LineField, Problem, TextField } from '../../parts/fields.tsx'
import { Table } from '../../parts/table.tsx'
import { Excerpt, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { People } from './people.tsx'

type ReviewsPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly queues: readonly ReviewQueue[]
  readonly next: string | undefined
  readonly schemas: readonly LabelSchema[]
  /** There are more questions than the form offers. */
  readonly hasMoreSchemas: boolean
  /** Traces that are to be put into a queue. */
  readonly selected: readonly string[]
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

const nameCharsMax = 80
const usersMax = 5

/** The queues of an experiment: traces that people are to look at. */
export const ReviewsPage: FC<ReviewsPageProps> = (props) => {
  const { frame, experiment, queues, next, selected, whyNot, shown } = props
  const { to } = frame
  const path = to.reviews(experiment.id)
  const chosen = selected.map((id) => `sel=${encodeURIComponent(id)}`).join('&')
  return (
    <Page
      frame={frame}
      title={`Reviews of ${experiment.name}`}
      heading={
        <>
          Reviews of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      crumbs={[...experimentCrumbs(to, experiment), { text: 'Reviews' }]}
      actions={
        <>
          <a class="button quiet" href={to.labelSchemas(experiment.id)}>
            Questions
          </a>
          {whyNot === undefined && selected.length === 0 ? (
            <form method="post" action={`${path}/mine`}>
              <button type="submit">Open my queue</button>
            </form>
          ) : null}
        </>
      }
      api={{
        method: 'GET',
        path: `/api/3.0/mlflow/review-queues/list?experiment_id=${experiment.id}`,
      }}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="reviews" />
      <Problem of={shown.problem} />
      {selected.length === 0 ? null : (
        <p class="notice">
          {plural(selected.length, 'trace')} selected: choose the queue, or make one and come back.
        </p>
      )}
      {queues.length === 0 ? (
        <p class="empty">
          No queues yet. A queue has traces that some people are to look at, and what they are
          asked.
        </p>
      ) : (
        <Table
          caption="Review queues"
          columns={['Queue', 'For', 'Questions', 'Made', ...(chosen === '' ? [] : ['Put in'])]}
        >
          {queues.map(({ queueId, name, users, schemaIds, createdAtMs }) => (
            <tr>
              <th scope="row">
                <a href={to.review(queueId)}>
                  <Excerpt text={name} charsMax={nameCharsMax} />
                </a>
              </th>
              <td>
                <People {...{ frame, users, most: usersMax }} />
              </td>
              <td>{schemaIds.length === 0 ? 'Feedback' : plural(schemaIds.length, 'question')}</td>
              <td>
                <Time atMs={createdAtMs} />
              </td>
              {chosen === '' || whyNot !== undefined ? null : (
                <td>
                  <form method="post" action={`${to.review(queueId)}/items?${chosen}`}>
                    <button type="submit" class="quiet">
                      Put in<span class="unseen"> {visibleText(name)}</span>
                    </button>
                  </form>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {next === undefined ? null : (
        <p>
          <a href={`${to.query(path, { after: next })}${chosen === '' ? '' : `&${chosen}`}`}>
            Older queues
          </a>
        </p>
      )}
      {whyNot === undefined ? (
        <NewQueueForm {...props} />
      ) : (
        <p class="soft">{visibleText(whyNot)}</p>
      )}
    </Page>
  )
}

const NewQueueForm: FC<ReviewsPageProps> = ({
  frame: { to, caller },
  experiment,
  schemas,
  hasMoreSchemas,
  shown,
}) => {
  const { problem, typed } = shown
  return (
    <details class="panel" open={problem !== undefined}>
      <summary>
        <strong>New queue</strong>
      </summary>
      <form method="post" action={to.reviews(experiment.id)} class="dialog">
        <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
        <LineField
          label="People"
          name="people"
          typed={typed?.('people')}
          hint={`names with commas between them; none: ${caller.isJudged ? 'you' : 'everybody'}`}
        />
        <fieldset>
          <legend>Questions</legend>
          {schemas.map(({ schemaId, name }) => (
            <label class="choice">
              <input
                type="checkbox"
                name={`schema.${schemaId}`}
                checked={typed?.(`schema.${schemaId}`) !== undefined}
              />
              <Given text={name} />
            </label>
          ))}
          {hasMoreSchemas ? (
            <TextField
              label="Others by name"
              name="questions"
              charsMax={20_000}
              problem={problem}
              typed={typed?.('questions') ?? ''}
              hint={`These are the ${schemas.length} newest of the experiment. One name a line.`}
            />
          ) : null}
          <p class="hint">
            <a href={to.labelSchemas(experiment.id)}>All questions, and new ones</a>
          </p>
        </fieldset>
        <div>
          <button type="submit">Make the queue</button>
        </div>
      </form>
    </details>
  )
}
