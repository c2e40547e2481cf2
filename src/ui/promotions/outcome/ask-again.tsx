import type { FC } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import type { PromotionView } from '../../../governance/promotions/view.ts'
import type { Paths } from '../../paths.ts'

/** Of what was said that is quoted: a reason has room for more. */
const quotedMax = 1000

/** The way from a request that led nowhere to a new one, whose reason quotes why. */
export const AskAgain: FC<{ readonly view: PromotionView; readonly to: Paths }> = ({
  view: { id, model, version, target, status },
  to,
}) =>
  target.stage === undefined || status === 'open' || status === 'merged' ? null : (
    <p>
      <a
        class="button quiet"
        href={to.query(to.promote(model, version), { to: target.stage, after: String(id) })}
      >
        Ask again…
      </a>
    </p>
  )

/** How the reason of the new request begins. */
export function reasonAfter({ id, status, reason, reviews }: PromotionView): string {
  const rejection = status === 'rejected' ? rejectionOf(reviews) : undefined
  const head = rejection
    ? `Again after #${id}, which ${rejection.principal.name} rejected:`
    : `Again after #${id} (${status}):`
  const quoted = (rejection ? rejection.comment : reason) ?? ''
  const lines = cutText(quoted, quotedMax).split('\n')
  return `${head}\n${lines.map((line) => `> ${line}`).join('\n')}\n\n`
}

/** Who rejected it, and why; the last one, if that was tried again. */
export function rejectionOf(reviews: PromotionView['reviews']) {
  return reviews.findLast(({ decision }) => decision === 'reject')
}
