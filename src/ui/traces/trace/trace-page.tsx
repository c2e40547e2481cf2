import type { FC } from 'hono/jsx'
import { announcedSpansOf } from '../../../traces/reading/get-trace.ts'
import type { TraceInfo } from '../../../traces/trace.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { Tags } from '../../parts/chips.tsx'
import { isOwnTag } from '../../parts/own-tags.ts'
import {
  countText,
  Excerpt,
  Given,
  GivenLines,
  numberText,
  plural,
  visibleText,
} from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { PromptLink } from '../../prompts/prompt-parts.tsx'
import { VersionsOfRun } from '../../runs/table/run-cell.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { Assessments } from '../assessments/assessment-parts.tsx'
import {
  costOf,
  ShortTime,
  sessionOf,
  TraceStateChip,
  titleOfTrace,
  tokensOf,
} from '../trace-parts.tsx'
import type { TraceStanding } from './read-trace.ts'
import { SpanPanel } from './span-panel.tsx'
import type { SpanTree } from './span-tree.ts'
import type { SpanQuery, SpanView } from './span-view.ts'
import { Waterfall } from './waterfall.tsx'

type TracePageProps = {
  readonly frame: Frame
  readonly standing: TraceStanding
  readonly tree: SpanTree
  readonly view: SpanView
  readonly query: SpanQuery
  readonly said: Reshown & { readonly chosen: string | undefined; readonly from: number }
}

const titleCharsMax = 100

/** What a program did for one request. */
export const TracePage: FC<TracePageProps> = ({ frame, standing, tree, view, query, said }) => {
  const { to } = frame
  const { trace, experiment, whyNot } = standing
  const { traceId } = trace.info
  const title = titleOfTrace(trace.info)
  return (
    <Page
      frame={frame}
      title={`Trace ${title.slice(0, titleCharsMax)}`}
      heading={<Excerpt text={title} charsMax={titleCharsMax} />}
      section="experiments"
      inMlflow={`/experiments/${experiment.id}/traces?selectedEvaluationId=${encodeURIComponent(traceId)}`}
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Traces', href: to.traces(experiment.id) },
        { text: title.slice(0, titleCharsMax) },
      ]}
      about={<About standing={standing} to={to} />}
      actions={
        whyNot.manage === undefined ? (
          <a
            class="button quiet danger"
            href={`${to.traces(experiment.id)}/delete?sel=${encodeURIComponent(traceId)}`}
          >
            Delete…
          </a>
        ) : null
      }
      api={{
        method: 'GET',
        path: to.query('/api/3.0/mlflow/traces/get', { trace_id: traceId, allow_partial: 'true' }),
      }}
    >
      <Missing standing={standing} />
      {view.chosen === undefined ? (
        <Previews info={trace.info} />
      ) : (
        <div class="trace">
          <Waterfall {...{ tree, view, query }} />
          <SpanPanel {...{ to, traceId, tree }} node={view.chosen} />
        </div>
      )}
      <Assessments
        {...said}
        path={to.trace(traceId)}
        assessments={trace.info.assessments}
        span={spanAsked(query, view)}
        whyNot={whyNot.edit}
      />
      <Facts standing={standing} to={to} />
    </Page>
  )
}

/** The span that somebody chose; not one that is shown by itself. */
function spanAsked({ span }: SpanQuery, { chosen }: SpanView) {
  return span === undefined || !chosen ? undefined : { id: span, name: chosen.span.name }
}

type PartProps = { readonly standing: TraceStanding; readonly to: Paths }

const About: FC<PartProps> = ({ standing, to }) => {
  const { trace, run, model, versions } = standing
  const { info } = trace
  const { state, requestTimeMs, durationMs, tags } = info
  const [tokens, dollars, session] = [tokensOf(info), costOf(info), sessionOf(info)]
  const own = Object.entries(tags).map(([key, value]) => ({ key, value }))
  return (
    <>
      <p class="row">
        <TraceStateChip state={state} />
        {durationMs === undefined ? null : (
          <strong>
            <ShortTime ms={durationMs} />
          </strong>
        )}
        <Time atMs={requestTimeMs} />
        {tokens === undefined ? null : <span>{plural(tokens, 'token')}</span>}
        {dollars === undefined ? null : <span>${numberText(dollars)}</span>}
        {session === undefined ? null : (
          <span>
            session{' '}
            <a href={to.session(info.experimentId, session)}>
              <Excerpt text={session} charsMax={60} />
            </a>
          </span>
        )}
        {run ? (
          <span>
            in run{' '}
            <a href={to.run(run.runId)}>
              <Given text={run.name} />
            </a>
          </span>
        ) : null}
        {model ? (
          <span>
            by model{' '}
            <a href={to.loggedModel(model.modelId)}>
              <Given text={model.name} />
            </a>
            {versions.length === 0 ? null : (
              <>
                , <VersionsOfRun versions={versions} to={to} />
              </>
            )}
          </span>
        ) : null}
      </p>
      <Tags of={own.filter(isOwnTag)} />
    </>
  )
}

/** What is not there yet. */
const Missing: FC<Pick<TracePageProps, 'standing'>> = ({ standing: { trace } }) => {
  const announced = announcedSpansOf(trace.info)
  const there = trace.spans.length
  if (announced === undefined ? there > 0 : there >= announced) return null
  return (
    <p class="notice warn">
      {announced === undefined
        ? 'No span of this trace is here: its client sent none so far, or keeps them elsewhere.'
        : `${countText(there)} of ${plural(announced, 'span')} have arrived.`}
    </p>
  )
}

/** What the client said of a trace whose spans are not here. */
const Previews: FC<{ readonly info: TraceInfo }> = ({ info }) => (
  <div class="halves">
    {(
      [
        ['request', 'Request', info.requestPreview],
        ['response', 'Response', info.responsePreview],
      ] as const
    ).map(([id, title, text]) => (
      <section class="panel near" aria-labelledby={id}>
        <h2 id={id}>{title}</h2>
        {text === undefined ? (
          <p class="soft">Not said.</p>
        ) : (
          <GivenLines text={text.slice(0, 10_000)} />
        )}
      </section>
    ))}
  </div>
)

const rowsMax = 50
const valueCharsMax = 300

/** Ids, links, and all tags and metadata as clients set them. */
const Facts: FC<PartProps> = ({ standing: { trace, links }, to }) => {
  const { traceId, clientRequestId, metadata, tags } = trace.info
  return (
    <section class="near" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl class="facts">
        <dt>Trace id</dt>
        <dd class="mono">{visibleText(traceId)}</dd>
        {clientRequestId === undefined ? null : (
          <>
            <dt>Request id of the client</dt>
            <dd class="mono">{visibleText(clientRequestId.slice(0, valueCharsMax))}</dd>
          </>
        )}
        {links.runIds.length === 0 ? null : (
          <>
            <dt>Linked with runs</dt>
            <dd class="mono">
              {links.runIds.map((id) => (
                <div>
                  <a href={to.run(id)}>{visibleText(id)}</a>
                </div>
              ))}
            </dd>
          </>
        )}
        {links.prompts.length === 0 ? null : (
          <>
            <dt>Prompts</dt>
            <dd>
              {links.prompts.map((prompt) => (
                <div>
                  <PromptLink of={prompt} to={to} />
                </div>
              ))}
            </dd>
          </>
        )}
      </dl>
      <Texts title="Tags" of={tags} />
      <Texts title="Metadata" of={metadata} />
    </section>
  )
}

const Texts: FC<{ readonly title: string; readonly of: Readonly<Record<string, string>> }> = ({
  title,
  of,
}) => {
  const all = Object.entries(of)
  if (all.length === 0) return null
  return (
    <details>
      <summary>
        {title} {countText(all.length)}
      </summary>
      <dl class="facts">
        {all.slice(0, rowsMax).map(([key, value]) => (
          <>
            <dt>
              <Given text={key} />
            </dt>
            <dd>
              <GivenLines text={value.slice(0, valueCharsMax)} />
              {value.length > valueCharsMax ? <span class="soft"> …</span> : null}
            </dd>
          </>
        ))}
      </dl>
      {all.length > rowsMax ? <p class="soft">… {countText(all.length - rowsMax)} more</p> : null}
    </details>
  )
}
