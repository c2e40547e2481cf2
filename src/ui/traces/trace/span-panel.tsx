import type { FC, PropsWithChildren } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import { type ExactJson, exactJsonOf } from '../../../core/exact-json.ts'
import { type Span, type SpanEvent, spanTypeOf } from '../../../traces/spans/span.ts'
import { findAmounts, tokenUsage } from '../../../traces/spans/usage.ts'
import { Chip } from '../../parts/chips.tsx'
import { Table } from '../../parts/table.tsx'
import { countText, Given, GivenLines, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { ShortTime } from '../trace-parts.tsx'
import { charsUsual, JsonView } from './json-view.tsx'
import { endOf, type SpanNode, type SpanTree } from './span-tree.ts'

type SpanPanelProps = {
  readonly to: Paths
  readonly traceId: string
  readonly node: SpanNode
  readonly tree: SpanTree
}

export const inputsKey = 'mlflow.spanInputs'
export const outputsKey = 'mlflow.spanOutputs'
/** What stands elsewhere on the panel. */
const shownKeys: ReadonlySet<string> = new Set([inputsKey, outputsKey, 'mlflow.spanType'])
const rowsMax = 50

/** One span: what went in, what came out, and all else that its sender said. */
export const SpanPanel: FC<SpanPanelProps> = ({ to, traceId, node, tree }) => {
  const { span } = node
  const others = Object.entries(span.attributes).filter(([key]) => !shownKeys.has(key))
  return (
    <section class="panel span-panel" aria-labelledby="span" data-part="span">
      <h2 id="span">
        <Given text={span.name.slice(0, 300) || 'without name'} />
      </h2>
      <About {...{ span, node, tree }} />
      {span.statusMessage === '' ? null : (
        <div class={span.status === 'ERROR' ? 'notice bad' : 'notice'}>
          <Part text={span.statusMessage} most={messageCharsMax} />
        </div>
      )}
      <Value title="Inputs" of={span.attributes[inputsKey]} />
      <Value title="Outputs" of={span.attributes[outputsKey]} />
      <Folded title="Attributes" count={others.length}>
        <Attributes of={others} />
      </Folded>
      <Events span={span} />
      <Folded title="Links" count={span.links.length}>
        <ul class="plain">
          {span.links.slice(0, rowsMax).map((link) => (
            <li>
              <a href={to.trace(`tr-${link.traceId}`)}>
                <code>tr-{visibleText(link.traceId)}</code>
              </a>{' '}
              span <code>{visibleText(link.spanId)}</code>
            </li>
          ))}
        </ul>
        <Left of={span.links.length} />
      </Folded>
      <p class="soft">
        Span <code>{span.spanId}</code> ·{' '}
        <a
          href={to.query(`${to.prefix}/api/3.0/mlflow/traces/get`, {
            trace_id: traceId,
            allow_partial: 'true',
          })}
        >
          all of the trace as JSON
        </a>
      </p>
    </section>
  )
}

const About: FC<{ readonly span: Span; readonly node: SpanNode; readonly tree: SpanTree }> = ({
  span,
  node,
  tree,
}) => {
  const type = spanTypeOf(span)
  const usage = span.attributes[tokenUsage.attribute]
  const tokens = usage === undefined ? undefined : findAmounts(exactJsonOf(usage), tokenUsage)
  const isOpen = span.endNs === 0n
  return (
    <p class="row">
      {span.status === 'ERROR' ? <Chip sign="cross" tone="bad" word="failed" /> : null}
      {span.status === 'OK' ? <Chip sign="check" tone="good" word="OK" /> : null}
      {type === 'UNKNOWN' ? null : <span class="chip">{visibleText(type.slice(0, 250))}</span>}
      <span>
        {isOpen ? (
          'has not ended'
        ) : (
          <>
            took <ShortTime ms={Number(endOf(node, tree) - span.startNs) / 1e6} />
          </>
        )}
      </span>
      <span class="soft">
        began after <ShortTime ms={Number(span.startNs - tree.startNs) / 1e6} />
      </span>
      {tokens?.total_tokens === undefined ? null : (
        <span>{countText(tokens.total_tokens)} tokens</span>
      )}
    </p>
  )
}

const Value: FC<{ readonly title: string; readonly of: ExactJson | undefined }> = ({
  title,
  of,
}) => (
  <details open>
    <summary>
      <strong>{title}</strong> {of === undefined ? <span class="soft">none</span> : null}
    </summary>
    {of === undefined ? null : <JsonView of={of} />}
  </details>
)

const Folded: FC<
  PropsWithChildren<{ readonly title: string; readonly count: number; readonly isOpen?: boolean }>
> = ({ title, count, isOpen = false, children }) =>
  count === 0 ? null : (
    <details open={isOpen}>
      <summary>
        <strong>{title}</strong> {countText(count)}
      </summary>
      {children}
    </details>
  )

const Attributes: FC<{ readonly of: readonly (readonly [string, ExactJson])[] }> = ({ of }) => (
  <>
    <Table caption="Attributes of the span" columns={['Name', 'Value']}>
      {of.slice(0, rowsMax).map(([key, value]) => (
        <tr>
          <th scope="row">
            <Given text={key.slice(0, 250)} />
          </th>
          <td>
            <Part text={typeof value === 'string' ? value : exactJsonOf(value)} />
          </td>
        </tr>
      ))}
    </Table>
    <Left of={of.length} />
  </>
)

/** What happened within the span; an exception with its stack is open. */
const Events: FC<{ readonly span: Span }> = ({ span: { events, startNs } }) => {
  const isFailure = ({ name }: SpanEvent) => name === 'exception'
  return (
    <Folded title="Events" count={events.length} isOpen={events.some(isFailure)}>
      <ul class="plain">
        {events.slice(0, eventsMax).map((event) => (
          <li>
            <Given text={event.name.slice(0, 250)} />{' '}
            <span class="soft">
              after <ShortTime ms={Number(event.timeNs - startNs) / 1e6} />
            </span>
            <JsonView
              of={event.attributes}
              charsMax={Math.floor(charsUsual / Math.min(events.length, eventsMax))}
            />
          </li>
        ))}
      </ul>
      <Left of={events.length} most={eventsMax} />
    </Folded>
  )
}

const eventsMax = 10
const partCharsMax = 400
const messageCharsMax = 2000

/** The beginning of a text, with how much follows. */
const Part: FC<{ readonly text: string; readonly most?: number }> = ({
  text,
  most = partCharsMax,
}) => (
  <>
    <GivenLines text={cutText(text, most)} />
    {text.length > most ? (
      <span class="soft"> … {countText(text.length - most)} more characters</span>
    ) : null}
  </>
)

const Left: FC<{ readonly of: number; readonly most?: number }> = ({ of, most = rowsMax }) =>
  of > most ? <p class="soft">… {countText(of - most)} more</p> : null
