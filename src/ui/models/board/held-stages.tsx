import type { FC } from 'hono/jsx'
import type { StageSpan } from '../../../governance/history/stage-spans.ts'
import { Duration, Time } from '../../parts/byline.tsx'
import { StageChip, toneOfStage } from '../../parts/chips.tsx'
import { Cell, NoValue, Table } from '../../parts/table.tsx'
import { plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'

type HeldProps = {
  /** Those that came last first. */
  readonly spans: readonly StageSpan[]
  /** There were more of them, earlier. */
  readonly isCut: boolean
  readonly nowMs: number
  readonly name: string
  readonly to: Paths
}

/** Which versions served when: a row for each time that one was in a stage that serves, with a bar over time. */
export const HeldStages: FC<HeldProps> = ({ spans, isCut, nowMs, name, to }) => {
  if (spans.length === 0) return null
  const axis = axisOf(spans, nowMs)
  return (
    <section class="near held" aria-labelledby="held" data-part="held">
      <h2 id="held">What served when</h2>
      {isCut ? (
        <p class="soft">The last {plural(spans.length, 'time')}; the audit log has those before.</p>
      ) : null}
      <Table
        caption="Versions in stages that serve, the last first"
        isCards
        columns={['Version', 'Stage', 'When', 'From', 'Until', 'Took']}
      >
        {spans.map((span) => (
          <tr>
            <th scope="row">
              <a href={to.version(name, span.version)}>{span.version}</a>
            </th>
            <Cell label="Stage">
              <StageChip stage={span.stage} />
            </Cell>
            <Cell label="When" isLine>
              <Bar span={span} axis={axis} />
            </Cell>
            <Cell label="From" isLine>
              <Time atMs={span.fromMs} isExact />
            </Cell>
            <Cell label="Until" isLine>
              {span.untilMs === undefined ? (
                <strong>now</strong>
              ) : (
                <Time atMs={span.untilMs} isExact />
              )}
            </Cell>
            <Cell label="Took">
              {span.untilMs === undefined ? (
                <NoValue />
              ) : (
                <Duration ms={span.untilMs - span.fromMs} />
              )}
            </Cell>
          </tr>
        ))}
      </Table>
    </section>
  )
}

type Axis = { readonly fromMs: number; readonly untilMs: number }

/** How many steps an axis has for what goes on, so that a page read again is the same for a while. */
const steps = 64

/** From the first of the spans to now, rounded up to a step. */
function axisOf(spans: readonly StageSpan[], nowMs: number): Axis {
  const fromMs = Math.min(...spans.map((span) => span.fromMs))
  const stepMs = 2 ** Math.ceil(Math.log2(Math.max(1, (nowMs - fromMs) / steps)))
  return { fromMs, untilMs: fromMs + Math.ceil((nowMs - fromMs + 1) / stepMs) * stepMs }
}

/** So much of the axis can be seen, however short the time was. */
const narrowest = 1

const Bar: FC<{ readonly span: StageSpan; readonly axis: Axis }> = ({ span, axis }) => {
  const shareOf = (ms: number) => ((ms - axis.fromMs) / (axis.untilMs - axis.fromMs)) * 100
  const from = Math.min(shareOf(span.fromMs), 100 - narrowest)
  const width = Math.max(shareOf(span.untilMs ?? axis.untilMs) - from, narrowest)
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      <rect
        class={span.untilMs === undefined ? `there ${toneOfStage(span.stage)}` : 'was'}
        x={from.toFixed(1)}
        width={width.toFixed(1)}
        height="8"
      />
    </svg>
  )
}
