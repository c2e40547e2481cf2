import type { FC } from 'hono/jsx'
import type { TraceAssessment } from '../../../traces/assessments/assessment.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import { Time } from '../../parts/byline.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { countText, Excerpt, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import {
  nameOf,
  plainValue,
  ShortTime,
  sessionOf,
  TraceStateText,
  titleOfTrace,
  tokensOf,
} from '../trace-parts.tsx'

type TracesTableProps = {
  readonly to: Paths
  readonly traces: readonly TraceInfo[]
  /** Ids of those whose boxes are ticked; undefined: there are no boxes. */
  readonly selected?: readonly string[] | undefined
}

/** Traces by row, in the order given. */
export const TracesTable: FC<TracesTableProps> = ({ to, traces, selected }) => (
  <Table
    caption="Traces"
    columns={[
      'Trace',
      'Time',
      'Status',
      { title: 'Took', isNumber: true },
      { title: 'Tokens', isNumber: true },
      'Request',
      'Session',
      'Assessments',
    ]}
  >
    {traces.map((trace) => (
      <Row {...{ to, trace, selected }} />
    ))}
  </Table>
)

type RowProps = Pick<TracesTableProps, 'to' | 'selected'> & { readonly trace: TraceInfo }

const nameCharsMax = 60
const requestCharsMax = 110

const Row: FC<RowProps> = ({ to, trace, selected }) => {
  const { traceId, experimentId, requestTimeMs, state, durationMs, requestPreview } = trace
  const tokens = tokensOf(trace)
  const session = sessionOf(trace)
  return (
    <tr>
      <th scope="row">
        {selected === undefined ? null : (
          <>
            <input
              type="checkbox"
              name="sel"
              value={traceId}
              checked={selected.includes(traceId)}
              aria-label={`Select ${visibleText(titleOfTrace(trace))} ${traceId}`}
            />{' '}
          </>
        )}
        <a href={to.trace(traceId)}>
          {nameOf(trace) === undefined ? (
            <code>{traceId}</code>
          ) : (
            <Excerpt text={nameOf(trace) ?? ''} charsMax={nameCharsMax} />
          )}
        </a>
      </th>
      <td>
        <Time atMs={requestTimeMs} />
      </td>
      <td>
        <TraceStateText state={state} />
      </td>
      <td class="number">
        {durationMs === undefined ? <NoValue /> : <ShortTime ms={durationMs} />}
      </td>
      <td class="number">{tokens === undefined ? <NoValue /> : countText(tokens)}</td>
      <td class="excerpt">
        {requestPreview ? (
          <Excerpt text={requestPreview} charsMax={requestCharsMax} />
        ) : (
          <NoValue />
        )}
      </td>
      <td>
        {session === undefined ? (
          <NoValue />
        ) : (
          <a href={to.session(experimentId, session)}>
            <Excerpt text={session} charsMax={nameCharsMax} />
          </a>
        )}
      </td>
      <td>
        <Assessed assessments={trace.assessments} />
      </td>
    </tr>
  )
}

const assessedMax = 3
const chipCharsMax = 40

/** The first things that were said of a trace and still count. */
export const Assessed: FC<{ readonly assessments: readonly TraceAssessment[] }> = ({
  assessments,
}) => {
  const valid = assessments.filter((one) => one.valid)
  if (valid.length === 0) return <NoValue />
  return (
    <span class="row">
      {valid.slice(0, assessedMax).map(({ name, value, error }) => (
        <span class="chip">
          <Excerpt
            text={`${name}=${error === undefined ? plainValue(value) : 'error'}`}
            charsMax={chipCharsMax}
          />
        </span>
      ))}
      {valid.length > assessedMax ? (
        <span class="soft">+{countText(valid.length - assessedMax)}</span>
      ) : null}
    </span>
  )
}
