import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Time } from '../parts/byline.tsx'
import { StatusChip } from '../parts/chips.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'

const order = { failed: 0, pending: 1, passed: 2 } as const

/** How each gate was judged, those first that do not pass. */
export const Gates: FC<{ readonly view: Pick<PromotionView, 'gates' | 'policies'> }> = ({
  view: { gates, policies },
}) => {
  const revisions = new Map(policies.map(({ name, revision }) => [name, revision]))
  return (
    <section class="near" aria-labelledby="gates">
      <h2 id="gates">Gates</h2>
      {gates.length === 0 ? (
        <p class="soft">No policy asks for one.</p>
      ) : (
        <Table
          caption="Gates and how they were judged"
          isCards
          columns={['Result', 'Gate', 'Value and limit', 'Policy']}
        >
          {gates
            .toSorted((a, b) => order[a.status] - order[b.status])
            .map(({ name, policy, status, detail }) => (
              <tr>
                <Cell label="Result">
                  <StatusChip status={status} />
                </Cell>
                <th scope="row">
                  <Given text={name} />
                </th>
                <Cell label="Value and limit" isLine>
                  {visibleText(detail)}
                </Cell>
                <Cell label="Policy" isLine>
                  <Given text={policy} /> <span class="soft">r{revisions.get(policy)}</span>
                </Cell>
              </tr>
            ))}
        </Table>
      )}
    </section>
  )
}

/** Exactly what an approval is about. */
export const Evidence: FC<{ readonly view: PromotionView }> = ({ view }) => (
  <section class="near" aria-labelledby="evidence">
    <h2 id="evidence">Evidence</h2>
    {view.seen === undefined ? (
      <p class="soft">Nothing was judged.</p>
    ) : (
      <dl class="facts">
        <dt>Files</dt>
        <dd class="mono">{view.seen.digest ?? 'not sealed'}</dd>
        <dt>Card</dt>
        <dd>{view.seen.cardRevision === 0 ? 'none' : `revision ${view.seen.cardRevision}`}</dd>
        <dt>Policies</dt>
        <dd>
          {view.policies.length === 0
            ? 'none'
            : view.policies.map(({ name, revision }, i) => (
                <>
                  {i > 0 ? ', ' : ''}
                  <Given text={name} /> revision {revision}
                </>
              ))}
        </dd>
        {view.judgedAtMs === null ? null : (
          <>
            <dt>Judged</dt>
            <dd>
              <Time atMs={view.judgedAtMs} />
            </dd>
          </>
        )}
      </dl>
    )}
  </section>
)
