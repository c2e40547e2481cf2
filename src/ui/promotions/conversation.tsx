import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../parts/byline.tsx'
import { StatusChip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { Given, visibleText, Written } from '../parts/text.tsx'

const words = { approve: 'approved', reject: 'rejected', comment: 'commented' } as const

const signs = { approve: 'check', reject: 'cross' } as const

/** What each reviewer decided last, and why it does not count any more. */
export const Reviewers: FC<{ readonly view: PromotionView }> = ({ view: { reviews } }) => {
  const last = new Map(
    reviews.flatMap((review) =>
      review.decision === 'comment'
        ? []
        : [[principalKey(review), { ...review, decision: review.decision }] as const],
    ),
  )
  if (last.size === 0) return null
  return (
    <ul class="plain" aria-label="Reviewers">
      {[...last.values()].map(({ principal, decision, dismissed }) => (
        <li>
          <Sign of={signs[decision]} /> <Person principal={principal} /> {words[decision]}
          {dismissed === undefined ? null : (
            <span class="warn-text"> · dismissed: {visibleText(dismissed)}</span>
          )}
        </li>
      ))}
    </ul>
  )
}

function principalKey({ principal: { kind, name } }: PromotionView['reviews'][number]): string {
  return `${kind} ${name}`
}

/** What people and pipelines said. */
export const Conversation: FC<{ readonly view: PromotionView }> = ({
  view: { reviews, checks },
}) => (
  <section class="near" aria-labelledby="conversation">
    <h2 id="conversation">Conversation</h2>
    {reviews.length + checks.length === 0 ? (
      <p class="soft">Nobody has said anything yet.</p>
    ) : null}
    <ul class="plain lines">
      {reviews.map(({ principal, decision, comment, atMs, dismissed }) => (
        <li class="near">
          <p>
            <Person principal={principal} /> {words[decision]}, <Time atMs={atMs} />
            {dismissed === undefined ? null : (
              <span class="warn-text"> · dismissed: {visibleText(dismissed)}</span>
            )}
          </p>
          {comment === null ? null : (
            <blockquote>
              <Written text={comment} />
            </blockquote>
          )}
        </li>
      ))}
      {checks.map(({ name, status, summary, url, postedBy, atMs }) => (
        <li class="near">
          <p class="row">
            <StatusChip status={status} />
            {url === undefined ? (
              <Given text={name} />
            ) : (
              <a href={url} rel="noopener noreferrer nofollow">
                <Given text={name} /> ({visibleText(hostOf(url))})
              </a>
            )}
            <span class="soft">
              posted by <Person principal={postedBy} />, <Time atMs={atMs} />
            </span>
          </p>
          {summary === undefined ? null : <Written text={summary} />}
        </li>
      ))}
    </ul>
  </section>
)

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'elsewhere'
}
