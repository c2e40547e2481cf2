import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Time } from '../parts/byline.tsx'
import { StatusChip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

const order = { failed: 0, pending: 1, passed: 2 } as const

type GatesProps = {
  readonly view: Pick<PromotionView, 'gates' | 'policies'>
  readonly to: Paths
  /** False: nothing says how they stood. */
  readonly isJudged?: boolean
}

/** How each gate was judged, those first that do not pass. */
export const Gates: FC<GatesProps> = ({ view: { gates, policies }, to, isJudged = true }) => {
  const revisions = new Map(policies.map(({ name, revision }) => [name, revision]))
  return (
    <section class="near" aria-labelledby="gates">
      <h2 id="gates">Gates</h2>
      {gates.length === 0 ? (
        <p class="soft">
          {isJudged ? 'No policy asks for one.' : 'How they stood when it ended is not kept.'}
        </p>
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
                  <PolicyLink {...{ name: policy, to }} />{' '}
                  <span class="soft">r{revisions.get(policy)}</span>
                </Cell>
              </tr>
            ))}
        </Table>
      )}
    </section>
  )
}

const PolicyLink: FC<{ readonly name: string; readonly to: Paths }> = ({ name, to }) => (
  <a href={to.policy(name)}>
    <Given text={name} />
  </a>
)

type EvidenceProps = { readonly view: PromotionView; readonly to: Paths }

/** Exactly what an approval is about. */
export const Evidence: FC<EvidenceProps> = ({ view, to }) => (
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
                  <PolicyLink {...{ name, to }} /> revision {revision}
                </>
              ))}
        </dd>
        {view.seen.comparedWith === undefined ? null : (
          <>
            <dt>Compared with</dt>
            <dd>
              {view.seen.comparedWith === null ? 'nothing' : `version ${view.seen.comparedWith}`}
            </dd>
          </>
        )}
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
    <p>
      <a
        href={`${to.prefix}/api/v1/promotions/${view.id}`}
        download={`promotion-request-${view.id}.json`}
      >
        <Sign of="down" /> The request as JSON
      </a>
    </p>
  </section>
)
