import type { FC } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import { sessionKey } from '../../../traces/texts.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { Time } from '../../parts/byline.tsx'
import { countText, Excerpt, GivenLines, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { Assessed } from '../list/traces-table.tsx'
import {
  ShortTime,
  TraceStateChip,
  titleOfTrace,
  tokensOf,
  traceSearchOf,
} from '../trace-parts.tsx'

type SessionPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly session: string
  /** Oldest first. */
  readonly traces: readonly TraceInfo[]
  readonly next: string | undefined
  readonly isFirst: boolean
}

const titleCharsMax = 80

/** The traces of a session one after the other, as a conversation. */
export const SessionPage: FC<SessionPageProps> = ({ frame, experiment, session, ...rest }) => {
  const { to } = frame
  const { traces, next, isFirst } = rest
  const title = cutText(session, titleCharsMax)
  const address = to.session(experiment.id, session)
  return (
    <Page
      frame={frame}
      title={`Session ${title}`}
      heading={
        <>
          Session <Excerpt text={session} charsMax={titleCharsMax} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Sessions', href: to.sessions(experiment.id) },
        { text: title },
      ]}
      about={<About traces={traces} hasMore={next !== undefined || !isFirst} />}
      api={traceSearchOf(experiment.id, {
        filter: `metadata.\`${sessionKey}\` = '${session}'`,
        order_by: ['timestamp ASC'],
      })}
    >
      {traces.length === 0 ? (
        <p class="empty">
          No trace names this session{isFirst ? '' : ' from here on'}.{' '}
          <a href={isFirst ? to.sessions(experiment.id) : address}>
            {isFirst ? 'Show all sessions' : 'Show it from its beginning'}
          </a>
        </p>
      ) : (
        <ol class="plain turns">
          {traces.map((trace) => (
            <Turn trace={trace} to={to} />
          ))}
        </ol>
      )}
      <p class="row">
        {isFirst ? null : <a href={address}>From the beginning</a>}
        {next === undefined ? null : (
          <a href={`${address}&after=${encodeURIComponent(next)}`}>Later traces</a>
        )}
      </p>
    </Page>
  )
}

const About: FC<{ readonly traces: readonly TraceInfo[]; readonly hasMore: boolean }> = ({
  traces,
  hasMore,
}) => {
  const tokens = traces.reduce((sum, trace) => sum + (tokensOf(trace) ?? 0), 0)
  const failed = traces.filter(({ state }) => state === 'ERROR').length
  return (
    <p class="row soft">
      <span>
        {plural(traces.length, 'trace')}
        {hasMore ? ' on this page' : ''}
      </span>
      {tokens > 0 ? <span>{countText(tokens)} tokens</span> : null}
      {failed > 0 ? <span class="bad-text">{countText(failed)} failed</span> : null}
    </p>
  )
}

const Turn: FC<{ readonly trace: TraceInfo; readonly to: Paths }> = ({ trace, to }) => {
  const { traceId, state, requestTimeMs, durationMs, requestPreview, responsePreview } = trace
  const tokens = tokensOf(trace)
  return (
    <li class="near">
      <p class="row soft">
        <a href={to.trace(traceId)}>
          <Excerpt text={titleOfTrace(trace)} charsMax={titleCharsMax} />
        </a>
        <Time atMs={requestTimeMs} />
        {state === 'OK' ? null : <TraceStateChip state={state} />}
        {durationMs === undefined ? null : (
          <span>
            <ShortTime ms={durationMs} />
          </span>
        )}
        {tokens === undefined ? null : <span>{plural(tokens, 'token')}</span>}
      </p>
      <Speech who="Request" text={requestPreview} />
      <Speech who="Response" text={responsePreview} />
      {trace.assessments.some(({ valid }) => valid) ? (
        <Assessed assessments={trace.assessments} />
      ) : null}
    </li>
  )
}

const speechCharsMax = 1500

const Speech: FC<{ readonly who: 'Request' | 'Response'; readonly text: string | undefined }> = ({
  who,
  text,
}) =>
  text === undefined || text === '' ? null : (
    <div class={who === 'Request' ? 'speech' : 'speech answer'}>
      <span class="unseen">{who}: </span>
      <GivenLines text={cutText(text, speechCharsMax)} />
      {text.length > speechCharsMax ? (
        <span class="soft"> … {countText(text.length - speechCharsMax)} more characters</span>
      ) : null}
    </div>
  )
