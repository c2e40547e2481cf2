import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../byline.tsx'
import { Page } from '../page.tsx'

/**
 * A promotion request as a whole page: what changes, what blocks it, and the reviews. Links are
 * relative to `/promotions/{id}`, so a proxy may serve it under any path.
 */
export const PromotionPage: FC<{ promotion: PromotionView }> = ({ promotion }) => {
  const { id, model, version, target, fromStage, status, reason } = promotion
  return (
    <Page title={`#${id} ${model} v${version} → ${targetText(target)}`}>
      <header>
        <p class="kind">Promotion request #{id}</p>
        <h1>
          {model} <span class="version">version {version}</span>
        </h1>
        <p>
          {fromStage} → <strong>{targetText(target)}</strong>
          {promotion.archiveExisting ? ', archiving what is there' : ''}
        </p>
        <p class="byline">
          <span class={`state state-${status}`}>{status}</span> asked by{' '}
          <Person principal={promotion.requestedBy} /> on <Time atMs={promotion.requestedAtMs} />
          {reason === null ? '' : `: ${reason}`}
        </p>
        <Standing {...promotion} />
      </header>
      <main>
        <section aria-label="Judgement">
          <Gates {...promotion} />
          <Approvals {...promotion} />
          <Reviews {...promotion} />
          <Checks {...promotion} />
        </section>
        <aside class="recorded" aria-label="About">
          <h2>About</h2>
          <dl>
            <dt>Policies</dt>
            <dd>
              {promotion.policies.length === 0
                ? 'none'
                : promotion.policies
                    .map(({ name, revision }) => `${name} (revision ${revision})`)
                    .join(', ')}
            </dd>
            <dt>Expires</dt>
            <dd>
              <Time atMs={promotion.expiresAtMs} />
            </dd>
            {promotion.decidedAtMs === null ? null : (
              <>
                <dt>Decided</dt>
                <dd>
                  <Time atMs={promotion.decidedAtMs} />
                  {promotion.decidedBy ? ` by ${promotion.decidedBy.name}` : ''}
                </dd>
              </>
            )}
          </dl>
          <p>
            <a href={`../api/v1/models/${encodeURIComponent(model)}/versions/${version}/card.html`}>
              Model card
            </a>
          </p>
        </aside>
      </main>
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
