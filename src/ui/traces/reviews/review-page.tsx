import type { FC } from 'hono/jsx'
import type { ExactJson } from '../../../core/exact-json.ts'
import type { ReviewItem, ReviewStatus } from '../../../judging/queues/review-items.ts'
import type { Trace } from '../../../traces/reading/get-trace.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { Problem } from '../../parts/fields.tsx'
import { Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Excerpt, Given, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { JsonView } from '../trace/json-view.tsx'
import { inputsKey, outputsKey } from '../trace/span-panel.tsx'
import { titleOfTrace } from '../trace-parts.tsx'
import { Question } from './answers.tsx'
import { People, PeopleForm } from './people.tsx'
import { type ReviewQuery, type ReviewStanding, saidBefore } from './read-review.ts'

type ReviewPageProps = {
  readonly frame: Frame
  readonly standing: ReviewStanding
  readonly query: ReviewQuery
  readonly shown: Reshown
}

const nameCharsMax = 80
const usersMax = 20

/** A queue: the trace that comes next with what is asked of it, and the others. */
export const ReviewPage: FC<ReviewPageProps> = (props) => {
  const { frame, standing, query, shown } = props
  const { to } = frame
  const { queue, experiment, trace } = standing
  const path = to.review(queue.queueId)
  return (
    <Page
      frame={frame}
      title={`Review ${queue.name}`}
      heading={
        <>
          Review <Given text={queue.name} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Reviews', href: to.reviews(experiment.id) },
        { text: queue.name },
      ]}
      about={
        <p class="soft">
          For <People {...{ frame, users: queue.users, most: usersMax }} />
        </p>
      }
      api={{
        method: 'GET',
        path: to.query('/api/3.0/mlflow/review-queues/items/list', { queue_id: queue.queueId }),
      }}
    >
      <Tabs
        label="Traces of this queue"
        items={tabs.map(({ status, text }) => ({
          href: to.query(path, { status: status === 'PENDING' ? undefined : text }),
          text: titles[text] ?? text,
          isCurrent: status === query.status,
        }))}
      />
      <Problem of={shown.problem} />
      {trace === undefined ? (
        <p class="empty">
          {query.status === 'PENDING' ? 'Nothing waits here. ' : 'There is none here. '}
          <a href={to.traces(experiment.id)}>Select traces to review</a>
        </p>
      ) : (
        <Looked {...props} trace={trace} />
      )}
      <Items {...props} />
      {standing.mayChange ? <PeopleForm {...{ frame, queue, shown }} /> : null}
    </Page>
  )
}

const tabs: readonly { readonly status: ReviewStatus | undefined; readonly text: string }[] = [
  { status: 'PENDING', text: 'pending' },
  { status: 'COMPLETE', text: 'complete' },
  { status: 'DECLINED', text: 'declined' },
  { status: undefined, text: 'all' },
]
const titles: Readonly<Record<string, string>> = {
  pending: 'To be reviewed',
  complete: 'Reviewed',
  declined: 'Declined',
  all: 'All',
}

/** The trace that is looked at, and the questions. */
const Looked: FC<ReviewPageProps & { readonly trace: Trace }> = ({
  frame: { to, caller },
  standing: { queue, schemas, whyNot, items },
  shown,
  trace,
}) => {
  const { traceId } = trace.info
  const which = `?item=${encodeURIComponent(traceId)}`
  const path = to.review(queue.queueId)
  const item = items.find((one) => one.traceId === traceId)
  return (
    <div class="trace">
      <section class="near" aria-labelledby="trace">
        <h2 id="trace">
          <a href={to.trace(traceId)}>
            <Excerpt text={titleOfTrace(trace.info)} charsMax={nameCharsMax} />
          </a>
        </h2>
        <p class="soft">
          <Time atMs={trace.info.requestTimeMs} />
        </p>
        <Side title="Request" of={rootValue(trace, inputsKey) ?? trace.info.requestPreview} />
        <Side title="Response" of={rootValue(trace, outputsKey) ?? trace.info.responsePreview} />
      </section>
      <section class="panel span-panel" aria-labelledby="questions">
        <h2 id="questions">What do you say?</h2>
        {whyNot === undefined ? (
          <>
            <form method="post" action={`${path}/answers${which}`}>
              {schemas.map((schema) => (
                <Question
                  schema={schema}
                  before={saidBefore(trace, schema, caller.name)}
                  {...shown}
                />
              ))}
              <div>
                <button type="submit">Save and go on</button>
              </div>
            </form>
            <form method="post" action={`${path}/status${which}`} class="row">
              {item === undefined || item.status === 'PENDING' ? (
                <button type="submit" class="quiet">
                  Decline this trace
                </button>
              ) : (
                <>
                  <input type="hidden" name="status" value="pending" />
                  <button type="submit" class="quiet">
                    Review it again
                  </button>
                </>
              )}
            </form>
          </>
        ) : (
          <p class="soft">{visibleText(whyNot)}</p>
        )}
      </section>
    </div>
  )
}

/** What went in or out of the whole. */
function rootValue({ spans }: Trace, key: string): ExactJson | undefined {
  return spans.find(({ parentId }) => parentId === undefined)?.attributes[key]
}

const Side: FC<{ readonly title: string; readonly of: ExactJson | undefined }> = ({
  title,
  of,
}) => (
  <details open>
    <summary>
      <strong>{title}</strong> {of === undefined ? <span class="soft">not said</span> : null}
    </summary>
    {of === undefined ? null : <JsonView of={of} />}
  </details>
)

const words: Readonly<Record<ReviewStatus, string>> = {
  PENDING: 'to be reviewed',
  COMPLETE: 'reviewed',
  DECLINED: 'declined',
}

const Items: FC<ReviewPageProps> = ({ frame: { to }, standing, query }) => {
  const { queue, items, infos, next, trace } = standing
  const path = to.review(queue.queueId)
  const status = query.status?.toLowerCase() ?? 'all'
  const kept = { status: status === 'pending' ? undefined : status }
  if (items.length === 0) return null
  return (
    <section class="near" aria-labelledby="items">
      <h2 id="items">Traces of this queue</h2>
      <Table caption="Traces of the queue" columns={['Trace', 'Request', 'Status', 'By', 'Put in']}>
        {items.map((item: ReviewItem) => {
          const info = infos.get(item.traceId)
          const isShown = trace?.info.traceId === item.traceId
          return (
            <tr>
              <th scope="row">
                <a
                  href={to.query(path, { ...kept, item: item.traceId })}
                  aria-current={isShown ? 'true' : undefined}
                >
                  <Excerpt
                    text={info ? titleOfTrace(info) : item.traceId}
                    charsMax={nameCharsMax}
                  />
                </a>
              </th>
              <td>
                <Excerpt text={info?.requestPreview ?? ''} charsMax={nameCharsMax} />
              </td>
              <td>{words[item.status]}</td>
              <td>
                <Excerpt text={item.completedBy ?? ''} charsMax={nameCharsMax} />
              </td>
              <td>
                <Time atMs={item.createdAtMs} />
              </td>
            </tr>
          )
        })}
      </Table>
      {next === undefined ? null : (
        <p>
          <a href={to.query(path, { ...kept, after: next })}>More traces</a>
        </p>
      )}
    </section>
  )
}
