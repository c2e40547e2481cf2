import type { FC } from 'hono/jsx'
import { z } from 'zod'
import { cutText } from '../../core/error.ts'
import { Time } from '../parts/byline.tsx'
import { StatusChip } from '../parts/chips.tsx'
import { Table } from '../parts/table.tsx'
import { More, Said, shownMax } from './statement-parts.tsx'

const Who = z.object({ name: z.string() })
const Target = z.object({ stage: z.string().optional(), alias: z.string().optional() })
/** A release statement of this server or another one, as far as it is shown in words. */
export const ReleaseShape = z.object({
  model: z.string(),
  version: z.string(),
  stage: z.string(),
  aliases: z.array(z.string()).default([]),
  issuer: z.string(),
  promotions: z
    .array(
      z.object({
        id: z.string(),
        to: Target,
        requestedBy: Who,
        breakGlass: z.boolean().optional(),
        gates: z
          .array(z.object({ policy: z.string(), name: z.string(), status: z.string() }))
          .default([]),
        approvals: z
          .object({
            reviews: z
              .array(z.object({ by: Who, decision: z.string(), at: z.number() }))
              .default([]),
          })
          .default({ reviews: [] }),
      }),
    )
    .default([]),
})

type ReleaseProps = z.output<typeof ReleaseShape>

/** Where a version was then, and by which requests. */
export const ReleaseView: FC<ReleaseProps> = ({
  model,
  version,
  stage,
  aliases,
  issuer,
  promotions,
}) => (
  <>
    <dl class="facts">
      <dt>Was then</dt>
      <dd>
        <Said text={`${model} ${version}`} /> in <Said text={stage} />
        {aliases.slice(0, shownMax).map((alias) => (
          <>
            {' '}
            <Said text={`@${alias}`} />
          </>
        ))}
        <More than={aliases.length} />
      </dd>
      <dt>Said by</dt>
      <dd>
        <Said text={issuer} />
      </dd>
    </dl>
    {promotions.length === 0 ? <p class="soft">No request had moved it by then.</p> : null}
    {promotions.slice(0, shownMax).map((promotion) => (
      <Decided {...promotion} />
    ))}
    <More than={promotions.length} />
  </>
)

/** A merged request as the statement tells it: who asked, who reviewed, how its gates came out. */
const Decided: FC<ReleaseProps['promotions'][number]> = (promotion) => {
  const { id, to, requestedBy, breakGlass, gates, approvals } = promotion
  const target = to.stage ?? `@${to.alias ?? ''}`
  return (
    <section class="near">
      <h3>
        #<Said text={id} /> to <Said text={target} />
      </h3>
      <ul>
        <li>
          asked for by <Said text={requestedBy.name} />
        </li>
        {approvals.reviews.slice(0, shownMax).map(({ by, decision, at }) => (
          <li>
            <Said text={decision} /> by <Said text={by.name} /> on <Time atMs={at} isExact />
          </li>
        ))}
        {breakGlass ? <li>merged past its gates, by break-glass</li> : null}
      </ul>
      {gates.length === 0 ? null : (
        <Table caption={`Gates of request ${cutText(id, 40)}`} columns={['Gate', 'Result']}>
          {gates.slice(0, shownMax).map(({ policy, name, status }) => (
            <tr>
              <th scope="row">
                <Said text={`${policy}/${name}`} />
              </th>
              <td>
                <StatusChip status={cutText(status, 40)} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <More than={Math.max(gates.length, approvals.reviews.length)} />
    </section>
  )
}
