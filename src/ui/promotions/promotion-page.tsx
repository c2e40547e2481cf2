import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../parts/byline.tsx'
import { StageChip, StatusChip } from '../parts/chips.tsx'
import { countDifferences } from '../parts/differences/differences.tsx'
import { Problem } from '../parts/fields.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Given, plural, Written } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { linksBeside, Page } from '../shell/page.tsx'
import { Blockers } from './blockers.tsx'
import { ChangedCard } from './card-change.tsx'
import { Changes } from './changes.tsx'
import { Conversation, Reviewers } from './conversation.tsx'
import { Decide, type DecideProps } from './decide.tsx'
import { Evidence, Gates } from './gates.tsx'
import { Outcome } from './outcome/outcome.tsx'
import type { Standing } from './standing.ts'
import { waitingBeside } from './waiting.ts'

/** A request: what changes against the version that is live, what blocks it, what was said. */
export const PromotionPage: FC<DecideProps> = (props) => {
  const { frame, standing, waiting, problem } = props
  const { view, live, comparison, policies } = standing
  const { id, model, version, target, status } = view
  const { to } = frame
  const move = `${model} ${live ? `${live.version} → ` : ''}${version}`
  const isBlocked = status === 'open' && !view.canMerge
  return (
    <Page
      frame={frame}
      title={`${isBlocked ? 'blocked' : status} · #${id} ${move} → ${targetText(target)}`}
      heading={<Heading standing={standing} frame={frame} />}
      section="promotions"
      waiting={waiting.length}
      live={{ model }}
      crumbs={[{ text: 'Promotions', href: to.promotions }, { text: `#${id}` }]}
      beside={linksBeside(standing.beside, (other) => ({
        text: `#${other}`,
        href: to.promotion(other),
      }))}
      about={
        <div class="near" data-part="about">
          <About view={view} />
        </div>
      }
      api={[
        { about: 'The request', method: 'GET', path: `/api/v1/promotions/${id}` },
        ...(live
          ? [
              {
                about: 'What changes',
                method: 'GET' as const,
                path: `/api/v1/models/${encodeURIComponent(model)}/compare?versions=${live.version},${version}`,
              },
            ]
          : []),
      ]}
    >
      <Problem of={problem} />
      <ChangedCard change={props.changedCard} />
      <div data-part="outcome">
        <Outcome {...{ view, aftermath: standing.aftermath, to }} />
      </div>
      <div data-part="tabs">
        <Tabs
          label="Parts of this page"
          items={[
            ...(comparison
              ? [
                  {
                    href: '#changes',
                    text: 'Changes',
                    count: live ? countDifferences(comparison) : undefined,
                  },
                ]
              : []),
            { href: '#gates', text: 'Gates', count: view.gates.length },
            {
              href: '#conversation',
              text: 'Conversation',
              count: view.reviews.length + view.checks.length,
            },
            { href: '#evidence', text: 'Evidence' },
          ]}
        />
      </div>
      <div class="decision">
        {status === 'open' ? (
          <section class="panel near blockers" aria-labelledby="to-merge" data-part="blockers">
            <h2 id="to-merge">To merge</h2>
            <Blockers
              {...{ view, policies, to }}
              // Whoever gave one already is not asked again.
              mayApprove={standing.may.whyNotReview === undefined && view.approvals.given === 0}
            />
            <Reviewers view={view} />
          </section>
        ) : null}
        <div class="stack grounds" data-part="grounds">
          {status === 'open' ? <Changes {...standing} to={to} /> : null}
          <Gates view={view} to={to} isJudged={view.seen !== undefined} />
          <Conversation view={view} />
          <Evidence view={view} to={to} />
        </div>
        <div class="stack" data-part="decide">
          <Decide {...props} />
          <Waiting {...{ waiting, id, to }} />
        </div>
      </div>
      {status === 'open' ? <Reach view={view} /> : null}
    </Page>
  )
}

type WaitingProps = {
  readonly waiting: readonly number[]
  readonly id: number
  readonly to: Paths
}

/** The way to what else waits for the caller. */
const Waiting: FC<WaitingProps> = ({ waiting, id, to }) => {
  const others = waiting.filter((other) => other !== id)
  if (others.length === 0) return null
  const { before, after } = waitingBeside(waiting, id)
  return (
    <nav class="panel near" aria-label="What else waits for you">
      <p>
        <a href={to.query(to.promotions, { view: 'waiting' })}>
          {plural(others.length, 'other request')}
        </a>{' '}
        {others.length === 1 ? 'waits' : 'wait'} for you.
      </p>
      <p class="row">
        {after === undefined ? null : (
          <a
            href={to.promotion(after)}
            data-key="n"
            data-key-text="Next request that waits for you"
          >
            Next: #{after}
          </a>
        )}
        {before === undefined ? null : (
          <a
            href={to.promotion(before)}
            data-key="p"
            data-key-text="Previous request that waits for you"
          >
            Previous: #{before}
          </a>
        )}
      </p>
    </nav>
  )
}

/** On a phone: how it stands, and the way to the form. */
const Reach: FC<{ readonly view: PromotionView }> = ({ view: { canMerge, blockedBy } }) => (
  <p class="reach" data-part="reach">
    <span>
      {canMerge ? 'Nothing blocks it' : `Blocked by ${plural(blockedBy.length, 'thing')}`}
    </span>
    <a class="button" href={canMerge ? '#merge' : '#review'}>
      {canMerge ? 'Merge' : 'Review'}
    </a>
  </p>
)

const Heading: FC<{ readonly standing: Standing; readonly frame: Frame }> = ({
  standing: { view, live },
  frame: { to },
}) => {
  const { model, version, target } = view
  return (
    <span class="title">
      <span>
        <a href={to.model(model)}>
          <Given text={model} />
        </a>{' '}
        {live?.isThere ? (
          <>
            <a href={to.version(model, live.version)}>{live.version}</a> →{' '}
          </>
        ) : null}
        <a href={to.version(model, version)}>{version}</a> into
      </span>
      {target.stage === undefined ? (
        <Given text={`@${target.alias}`} />
      ) : (
        <StageChip stage={target.stage} />
      )}
    </span>
  )
}

const About: FC<{ readonly view: PromotionView }> = ({ view }) => (
  <>
    <p class="row">
      <StatusChip status={view.breakGlass ? 'merged by break-glass' : view.status} />
      <span>
        asked by <Person principal={view.requestedBy} />, <Time atMs={view.requestedAtMs} />
      </span>
      {view.status === 'open' ? (
        <span class="soft">
          expires <Time atMs={view.expiresAtMs} />
        </span>
      ) : null}
    </p>
    {view.reason === null ? null : (
      <blockquote>
        <Written text={view.reason} />
      </blockquote>
    )}
  </>
)
