import type { Child, FC } from 'hono/jsx'
import type { Trace } from '../../../traces/reading/get-trace.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { Time } from '../../parts/byline.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { countText, Excerpt, numberText, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import {
  costOf,
  plainValue,
  ShortTime,
  TraceStateText,
  titleOfTrace,
  tokensOf,
} from '../trace-parts.tsx'
import { differencesIn, type SpanPair } from './align-spans.ts'
import { PairPanel } from './pair-panel.tsx'

type CompareTracesProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly first: Trace
  readonly second: Trace
  readonly pairs: readonly SpanPair[]
  readonly asked: { readonly span: string | undefined; readonly from: number }
}

/** What differs between two traces: their figures, then span by span, then what went in and out of one. */
export const CompareTracesPage: FC<CompareTracesProps> = (props) => {
  const { frame, experiment, first, second, pairs, asked } = props
  const { to } = frame
  const chosen = pairs.find((pair) => hasSpan(pair, asked.span)) ?? pairs[0]
  return (
    <Page
      frame={frame}
      title="Compare 2 traces"
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Traces', href: to.traces(experiment.id) },
        { text: 'Compare' },
      ]}
      api={{
        method: 'GET',
        path: `/api/3.0/mlflow/traces/batchGet?${[first, second]
          .map(({ info }) => `trace_ids=${encodeURIComponent(info.traceId)}`)
          .join('&')}`,
      }}
    >
      <Figures {...{ to, first, second }} />
      {chosen === undefined ? (
        <p class="empty">Neither trace has spans here.</p>
      ) : (
        <>
          <Spans {...props} chosen={chosen} />
          <PairPanel pair={chosen} />
        </>
      )}
    </Page>
  )
}

function hasSpan({ first, second }: SpanPair, id: string | undefined): boolean {
  return id !== undefined && (first?.span.spanId === id || second?.span.spanId === id)
}

const nameCharsMax = 60
const textCharsMax = 300

type FiguresProps = {
  readonly to: Paths
  readonly first: Trace
  readonly second: Trace
}

const Figures: FC<FiguresProps> = ({ to, first, second }) => {
  const both = [first, second] as const
  const infos = [first.info, second.info] as const
  const row = (title: string, of: (info: TraceInfo) => Child) => (
    <tr>
      <th scope="row">{title}</th>
      {infos.map((info) => (
        <td>{of(info)}</td>
      ))}
      <td />
    </tr>
  )
  return (
    <section class="near" aria-labelledby="figures">
      <h2 id="figures">Figures</h2>
      <Table
        caption="Figures of both traces"
        columns={[
          'What',
          ...infos.map((info) => ({
            title: (
              <a href={to.trace(info.traceId)}>
                <Excerpt text={titleOfTrace(info)} charsMax={nameCharsMax} />
              </a>
            ),
          })),
          { title: 'Change', isNumber: true as const },
        ]}
      >
        {row('Time', ({ requestTimeMs }) => (
          <Time atMs={requestTimeMs} />
        ))}
        {row('Status', ({ state }) => (
          <TraceStateText state={state} />
        ))}
        <tr>
          <th scope="row">Took</th>
          {infos.map(({ durationMs }) => (
            <td>{durationMs === undefined ? <NoValue /> : <ShortTime ms={durationMs} />}</td>
          ))}
          <td class="number">
            <TimeChange from={first.info.durationMs} to={second.info.durationMs} />
          </td>
        </tr>
        <Amounts title="Tokens" of={infos.map(tokensOf)} />
        <Amounts title="Cost" of={infos.map(costOf)} />
        <Amounts title="Spans" of={both.map(({ spans }) => spans.length)} />
        {row('Request', ({ requestPreview }) => (
          <Text text={requestPreview} />
        ))}
        {row('Response', ({ responsePreview }) => (
          <Text text={responsePreview} />
        ))}
        {row('Assessments', ({ assessments }) => (
          <Text
            text={assessments
              .filter(({ valid }) => valid)
              .slice(0, 20)
              .map(({ name, value }) => `${name}=${plainValue(value)}`.slice(0, nameCharsMax))
              .join(', ')}
          />
        ))}
      </Table>
    </section>
  )
}

const Text: FC<{ readonly text: string | undefined }> = ({ text }) =>
  text === undefined || text === '' ? <NoValue /> : <Excerpt text={text} charsMax={textCharsMax} />

const Amounts: FC<{ readonly title: string; readonly of: readonly (number | undefined)[] }> = ({
  title,
  of,
}) => {
  const [from, to] = of
  if (from === undefined && to === undefined) return null
  return (
    <tr>
      <th scope="row">{title}</th>
      {of.map((value) => (
        <td>{value === undefined ? <NoValue /> : numberText(value)}</td>
      ))}
      <td class="number">
        {from === undefined || to === undefined ? (
          <NoValue />
        ) : (
          `${to > from ? '+' : ''}${numberText(to - from)}`
        )}
      </td>
    </tr>
  )
}

const TimeChange: FC<{ readonly from: number | undefined; readonly to: number | undefined }> = ({
  from,
  to,
}) => {
  if (from === undefined || to === undefined) return <NoValue />
  if (from === to) return <>0</>
  return (
    <>
      {to > from ? '+' : '−'}
      <ShortTime ms={Math.abs(to - from)} />
    </>
  )
}

/** Rows of one page. */
const rowsMax = 80
const indentMax = 12

const Spans: FC<CompareTracesProps & { readonly chosen: SpanPair }> = (props) => {
  const { frame, experiment, first, second, pairs, asked, chosen } = props
  const path = `${frame.to.traces(experiment.id)}/compare?${[first, second]
    .map(({ info }) => `sel=${encodeURIComponent(info.traceId)}`)
    .join('&')}`
  const shown = pairs.slice(asked.from, asked.from + rowsMax)
  const alone = pairs.filter((pair) => !pair.first || !pair.second).length
  const left = pairs.length - asked.from - shown.length
  return (
    <section class="near" aria-labelledby="spans">
      <h2 id="spans">Spans</h2>
      <p class="soft">
        {plural(pairs.length - alone, 'span')} in both, {countText(alone)} in one alone. They are
        matched by name within the spans above them.
      </p>
      <Table
        caption="Spans of both traces"
        columns={[
          'Span',
          { title: 'First', isNumber: true },
          { title: 'Second', isNumber: true },
          { title: 'Change', isNumber: true },
          'Differs in',
        ]}
      >
        {shown.map((pair) => (
          <PairRow
            pair={pair}
            address={asked.from > 0 ? `${path}&from=${asked.from}` : path}
            isChosen={pair === chosen}
          />
        ))}
      </Table>
      <p class="row">
        {asked.from > 0 ? (
          <a href={`${path}&from=${Math.max(0, asked.from - rowsMax)}#spans`}>Spans before</a>
        ) : null}
        {left > 0 ? (
          <a href={`${path}&from=${asked.from + rowsMax}#spans`}>{countText(left)} more spans</a>
        ) : null}
      </p>
    </section>
  )
}

type PairRowProps = {
  readonly pair: SpanPair
  /** Of the page that shows it. */
  readonly address: string
  readonly isChosen: boolean
}

const PairRow: FC<PairRowProps> = ({ pair, address, isChosen }) => {
  const { first, second, depth } = pair
  const differences = differencesIn(pair)
  const node = first ?? second
  const [a, b] = [msOf(first), msOf(second)]
  return (
    <tr>
      <th scope="row" class={`indent-${Math.min(depth, indentMax)}`}>
        <a
          href={`${address}&span=${node?.span.spanId}#pair`}
          aria-current={isChosen ? 'true' : undefined}
        >
          <Excerpt text={node?.span.name || 'without name'} charsMax={nameCharsMax} />
        </a>
      </th>
      {[a, b].map((ms) => (
        <td class="number">{ms === undefined ? <NoValue /> : <ShortTime ms={ms} />}</td>
      ))}
      <td class="number">
        <TimeChange from={a} to={b} />
      </td>
      <td class={first && second ? undefined : 'warn-text'}>
        {differences.length === 0 ? <NoValue /> : differences.join(', ')}
      </td>
    </tr>
  )
}

/** Undefined: there is none, or it has not ended. */
function msOf(node: SpanPair['first']): number | undefined {
  if (!node || node.span.endNs === 0n) return undefined
  return Number(node.span.endNs - node.span.startNs) / 1e6
}
