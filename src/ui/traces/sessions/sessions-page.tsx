import type { FC } from 'hono/jsx'
import type { TraceSession } from '../../../traces/reading/list-sessions.ts'
import { sessionKey } from '../../../traces/texts.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { Time } from '../../parts/byline.tsx'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { Table } from '../../parts/table.tsx'
import { countText, Excerpt, Given } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { traceSearchOf } from '../trace-parts.tsx'

type SessionsPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly sessions: readonly TraceSession[]
  readonly most: { readonly traces: number; readonly sessions: number }
}

/** Conversations of an experiment, the latest first. */
export const SessionsPage: FC<SessionsPageProps> = ({ frame, experiment, sessions, most }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Sessions of ${experiment.name}`}
      heading={
        <>
          Sessions of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      inMlflow={`/experiments/${experiment.id}/chat-sessions`}
      crumbs={[...experimentCrumbs(to, experiment), { text: 'Sessions' }]}
      api={traceSearchOf(experiment.id, { filter: `metadata.\`${sessionKey}\` IS NOT NULL` })}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="sessions" />
      {sessions.length === 0 ? (
        <section class="empty" aria-labelledby="first-session">
          <h2 id="first-session">No sessions</h2>
          <p>
            None of the newest {countText(most.traces)} traces names one. A trace is a turn of a
            conversation once its program says so:
          </p>
          <pre tabindex={0}>
            <code>{`mlflow.update_current_trace(session_id="chat-1")`}</code>
          </pre>
        </section>
      ) : (
        <>
          <Table
            caption="Sessions"
            columns={[
              'Session',
              { title: 'Traces', isNumber: true },
              { title: 'Failed', isNumber: true },
              'First',
              'Last',
            ]}
          >
            {sessions.map(({ session, traces, failed, firstAtMs, lastAtMs }) => (
              <tr>
                <th scope="row">
                  <a href={to.session(experiment.id, session)}>
                    <Excerpt text={session} charsMax={100} />
                  </a>
                </th>
                <td class="number">{countText(traces)}</td>
                <td class="number">
                  {failed > 0 ? <span class="bad-text">{countText(failed)}</span> : '0'}
                </td>
                <td>
                  <Time atMs={firstAtMs} />
                </td>
                <td>
                  <Time atMs={lastAtMs} />
                </td>
              </tr>
            ))}
          </Table>
          <p class="soft">
            The latest {countText(most.sessions)} sessions of the newest {countText(most.traces)}{' '}
            traces at most, counted among these.
          </p>
        </>
      )}
    </Page>
  )
}
