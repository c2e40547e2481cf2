import type { FC } from 'hono/jsx'
import { spanTypeOf } from '../../../traces/spans/span.ts'
import { Sign } from '../../parts/sign.tsx'
import { countText, Excerpt, plural, visibleText } from '../../parts/text.tsx'
import { ShortTime } from '../trace-parts.tsx'
import { aboveOf, endOf, type SpanTree } from './span-tree.ts'
import { type SpanQuery, type SpanRow, type SpanView, siblingsMax, viewQuery } from './span-view.ts'

type WaterfallProps = {
  readonly tree: SpanTree
  readonly view: SpanView
  readonly query: SpanQuery
}

/** Spans of a trace below each other, each with a bar from its start to its end. */
export const Waterfall: FC<WaterfallProps> = (props) => {
  const { tree, view, query } = props
  const scale = scaleOf(tree, query.under === undefined ? undefined : view)
  return (
    <section class="near" aria-labelledby="spans">
      <h2 id="spans">Spans {countText(tree.byId.size)}</h2>
      <Above {...props} />
      <div class="region waterfall">
        <p class="span-row scale soft" aria-hidden="true">
          <span>
            <Sign of="diamond" /> on the critical path
          </span>
          <span class="axis-x">
            <span>0</span>
            <span>
              <ShortTime ms={scale.lengthMs / 2} />
            </span>
            <span>
              <ShortTime ms={scale.lengthMs} />
            </span>
          </span>
        </p>
        <ul class="spans" data-tree="Spans">
          {view.rows.map((row) => (
            <Row {...props} row={row} scale={scale} />
          ))}
        </ul>
      </div>
      <Pages {...props} />
    </section>
  )
}

type Scale = { readonly startNs: bigint; readonly lengthMs: number }

/** From the beginning to the end of the trace or, where a part of it was asked for, of that span. */
function scaleOf(tree: SpanTree, part: SpanView | undefined): Scale {
  const under = part?.under
  const startNs = under ? under.span.startNs : tree.startNs
  const endNs = under ? endOf(under, tree) : tree.endNs
  return { startNs, lengthMs: Math.max(0, Number(endNs - startNs) / 1e6) }
}

/** Units of the width of a bar. */
const widthUnits = 1000
const widthMin = 4
const depthMax = 12
const nameCharsMax = 48

type RowProps = WaterfallProps & { readonly row: SpanRow; readonly scale: Scale }

const Row: FC<RowProps> = ({ tree, view, query, row, scale }) => {
  const { node, depth, folded } = row
  const { span, isCritical, children } = node
  const ms = Number(endOf(node, tree) - span.startNs) / 1e6
  const type = spanTypeOf(span)
  const indent = `indent-${Math.min(depth, depthMax)}`
  const isFailed = span.status === 'ERROR'
  const look = isFailed ? 'failed' : isCritical ? 'critical' : undefined
  return (
    <>
      <li class="span-row">
        <a
          class={indent}
          href={`${viewQuery({ ...query, span: span.spanId })}#span`}
          aria-current={node === view.chosen ? 'true' : undefined}
          data-depth={depth}
        >
          <span class="span-name">
            {isFailed ? (
              <span class="bad-text">
                <Sign of="cross" />
                <span class="unseen">failed: </span>
              </span>
            ) : null}
            <Excerpt text={span.name || 'without name'} charsMax={nameCharsMax} />
            {type === 'UNKNOWN' ? null : (
              <span class="soft"> {visibleText(type.slice(0, nameCharsMax))}</span>
            )}
          </span>
          <span class="span-time">
            {isCritical ? (
              <>
                <Sign of="diamond" />
                <span class="unseen">on the critical path, </span>
              </>
            ) : null}
            {span.endNs === 0n ? 'open' : <ShortTime ms={ms} />}
          </span>
        </a>
        <Bar ms={ms} fromMs={Number(span.startNs - scale.startNs) / 1e6} {...{ scale, look }} />
      </li>
      {folded > 0 && node !== view.under ? (
        <li class="span-row more">
          <a
            class={`indent-${Math.min(depth + 1, depthMax)}`}
            href={viewQuery({ under: span.spanId })}
            data-depth={depth + 1}
          >
            {folded < children.length
              ? `${plural(folded, 'more span')} in it`
              : `${plural(node.below, 'span')} in it`}{' '}
            ▸
          </a>
        </li>
      ) : null}
    </>
  )
}

type BarProps = {
  readonly fromMs: number
  readonly ms: number
  readonly scale: Scale
  readonly look: string | undefined
}

const Bar: FC<BarProps> = ({ fromMs, ms, scale: { lengthMs }, look }) => {
  const unit = lengthMs === 0 ? 0 : widthUnits / lengthMs
  const width = lengthMs === 0 ? widthUnits : Math.max(widthMin, Math.round(ms * unit))
  const x = Math.round(Math.min(Math.max(0, fromMs * unit), widthUnits - widthMin))
  return (
    <svg viewBox={`0 0 ${widthUnits} 10`} preserveAspectRatio="none" aria-hidden="true">
      <rect class={look} x={x} y="1" width={Math.min(width, widthUnits - x)} height="8" />
    </svg>
  )
}

/** The way back up, where only a part of the tree is shown. */
const Above: FC<WaterfallProps> = ({ view: { under }, query }) => {
  if (!under || (query.under === undefined && !under.parent)) return null
  const above = aboveOf(under)
  return (
    <p>
      A part of the trace: <a href="?">all</a>
      {above.slice(-aboveMax).map(({ span }) => (
        <>
          {' › '}
          <a href={viewQuery({ under: span.spanId })}>
            <Excerpt text={span.name} charsMax={nameCharsMax} />
          </a>
        </>
      ))}
      {' › '}
      <Excerpt text={under.span.name} charsMax={nameCharsMax} />
    </p>
  )
}

const aboveMax = 6

const Pages: FC<WaterfallProps> = ({ view: { under, from, to, siblings } }) => {
  if (siblings <= siblingsMax) return null
  const at = (next: number) => viewQuery({ under: under?.span.spanId, from: next })
  return (
    <p class="row">
      {from > 0 ? <a href={at(Math.max(0, from - siblingsMax))}>Earlier spans</a> : null}
      <span class="soft">
        {countText(from + 1)} to {countText(to)} of {countText(siblings)}{' '}
        {under ? 'directly in it' : 'that are in no other'}
      </span>
      {to < siblings ? <a href={at(to)}>Later spans</a> : null}
    </p>
  )
}
