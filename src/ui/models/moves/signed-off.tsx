import type { FC } from 'hono/jsx'
import { readablePromotion } from '../../../governance/permissions.ts'
import type { Promotion } from '../../../governance/promotions/promotion.ts'
import { listPromotions } from '../../../governance/promotions/promotions.ts'
import type { Context } from '../../../platform/context.ts'
import { Time } from '../../parts/byline.tsx'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'

/** So many requests of one version are looked through. */
const requestsMax = 20

type Came = { readonly model: string; readonly version: number; readonly stage: string }

/** The request by which a version last came into a stage. @returns undefined: there was none */
export async function findSignOff(
  ctx: Context,
  { model, version, stage }: Came,
): Promise<Promotion | undefined> {
  const merged = await listPromotions(
    ctx,
    { model, version, status: 'merged' },
    { count: requestsMax, shown: readablePromotion(ctx) },
  )
  return merged.find(({ target }) => target.stage === stage)
}

/** Who agreed to it then. */
export const SignedOff: FC<{ readonly by: Promotion | undefined; readonly to: Paths }> = ({
  by,
  to,
}) => {
  if (by === undefined) return <li>No request brought it in then, so nobody approved it.</li>
  const names = by.evidence?.approvals.approvedBy ?? []
  return (
    <li>
      Request <a href={to.promotion(by.id)}>#{by.id}</a> brought it in then
      {by.decidedAtMs === null ? null : (
        <>
          , <Time atMs={by.decidedAtMs} isExact />
        </>
      )}
      {by.breakGlass ? ', past its gates' : ''}
      {names.length === 0 ? (
        ', approved by nobody.'
      ) : (
        <>
          , approved by <Given text={names.join(', ')} />.
        </>
      )}
    </li>
  )
}
