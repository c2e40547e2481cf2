import type { FC } from 'hono/jsx'
import { targetText } from '../governance/policies/policy.ts'
import type { Promotion } from '../governance/promotions/promotion.ts'
import { Page } from './page.tsx'
import { Time } from './promotion-page.tsx'

/** Requests, in the order given; links are relative to `/promotions`. */
export const PromotionListPage: FC<{ promotions: readonly Promotion[]; base: string }> = ({
  promotions,
  base,
}) => (
  <Page title="Promotion requests">
    <header>
      <p class="kind">Gatehouse</p>
      <h1>Promotion requests</h1>
    </header>
    {promotions.length === 0 ? (
      <p class="empty">There are none.</p>
    ) : (
      <div class="wide">
        <table class="fairness">
          <caption class="unseen">Newest first</caption>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Status</th>
              <th scope="col">Move</th>
              <th scope="col">Asked by</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {promotions.map(({ id, model, version, target, status, ...request }) => (
              <tr>
                <th scope="row">
                  <a href={`${base}/promotions/${id}`}>#{id}</a>
                </th>
                <td>
                  <span class={`state state-${status}`}>{status}</span>
                </td>
                <td>
                  {model} v{version} → {targetText(target)}
                </td>
                <td>{request.requestedBy.name}</td>
                <td>
                  <Time atMs={request.requestedAtMs} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Page>
)
