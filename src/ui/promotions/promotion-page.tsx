import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../parts/byline.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'

/** A promotion request: what changes, what blocks it, and the reviews. */
export const PromotionPage: FC<{ frame: Frame; promotion: PromotionView }> = ({
  frame,
  promotion,
}) => {
  const { id, model, version, target } = promotion
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`#${id} ${model} ${version} → ${targetText(target)}`}
      section="promotions"
      crumbs={[{ text: 'Promotions', href: to.promotions }, { text: `#${id}` }]}
    >
      <Standing {...promotion} />
      <Gates {...promotion} />
      <Approvals {...promotion} />
      <Reviews {...promotion} />
      <Checks {...promotion} />
    </Page>
  )
}

const Standing: FC<PromotionView> = ({ status, blockedBy, canMerge, breakGlass, followedUpBy }) => {
  if (breakGlass) {
    return (
      <p class="notice">
        Merged by break-glass;{' '}
        {followedUpBy === null
          ? 'a follow-up review by somebody else is open.'
          : `followed up by ${followedUpBy}.`}
      </p>
    )
  }
  if (status !== 'open') return null
  if (canMerge) return <p class="notice">Nothing blocks it: it can be merged.</p>
  return (
    <div class="notice">
      <strong>Blocked by</strong>
      <ul>
        {blockedBy.map((why) => (
          <li>{why}</li>
        ))}
      </ul>
    </div>
  )
}

const Gates: FC<PromotionView> = ({ gates }) => (
  <section class="field">
    <h2>Gates</h2>
    {gates.length === 0 ? (
      <p class="empty">No policy asks for one.</p>
    ) : (
      <table class="whole gates">
        <caption class="unseen">What the server judged</caption>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Gate</th>
            <th scope="col">Value and limit</th>
          </tr>
        </thead>
        <tbody>
          {gates.map(({ name, policy, status, detail }) => (
            <tr>
              <td>
                <span class={`state state-${status}`}>{status}</span>
              </td>
              <th scope="row" title={policy}>
                {name}
              </th>
              <td>{detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </section>
)

const Approvals: FC<PromotionView> = ({ approvals: { required, given, missing } }) => (
  <section class="field">
    <h2>Approvals</h2>
    <p>
      {required === 0 ? 'None needed.' : `${given} of ${required} given.`}
      {missing.length === 0 ? '' : ` Wanted of ${missing.join(', ')}.`}
    </p>
  </section>
)

const words = { approve: 'approved', reject: 'rejected', comment: 'commented' } as const

const Reviews: FC<PromotionView> = ({ reviews }) => (
  <section class="field">
    <h2>Reviews</h2>
    {reviews.length === 0 ? (
      <p class="empty">Nobody has said anything yet.</p>
    ) : (
      <ul class="names">
        {reviews.map(({ principal, decision, comment, atMs, dismissed }) => (
          <li>
            <p>
              <Person principal={principal} /> {words[decision]} on <Time atMs={atMs} />
              {dismissed === undefined ? '' : ` — dismissed: ${dismissed}`}
            </p>
            {comment === null ? null : <blockquote>{comment}</blockquote>}
          </li>
        ))}
      </ul>
    )}
  </section>
)

const Checks: FC<PromotionView> = ({ checks }) =>
  checks.length === 0 ? null : (
    <section class="field">
      <h2>Checks</h2>
      <ul class="names">
        {checks.map(({ name, status, summary, url }) => (
          <li>
            <span class={`state state-${status}`}>{status}</span>{' '}
            {url === undefined ? name : <a href={url}>{name}</a>}
            {summary === undefined ? '' : `: ${summary}`}
          </li>
        ))}
      </ul>
    </section>
  )
