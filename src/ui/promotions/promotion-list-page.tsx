import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { Person, Time } from '../byline.tsx'
import { Page } from '../page.tsx'

/** Requests, in the order given. Links are relative to `/promotions`, for proxies with a prefix. */
export const PromotionListPage: FC<{ promotions: readonly Promotion[] }> = ({ promotions }) => (
  <Page title="Promotion requests">
    <header>
      <p class="kind">Gatehouse</p>
      <h1>Promotion requests</h1>
    </header>
    {promotions.length === 0 ? (
      <p class="empty">There are none.</p>
    ) : (
      <div class="wide">
        <table class="whole">
          <caption class="unseen">Newest first</caption>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Status</th>
              <th scope="col">Move</th>
            </tr>
          </thead>
          <tbody>
            {promotions.map(({ id, model, version, target, status, ...request }) => (
              <tr>
                <th scope="row">
                  <a href={`./promotions/${id}`}>#{id}</a>
                </th>
                <td>
                  <span class={`state state-${status}`}>{status}</span>
                </td>
                <td>
                  {model} v{version} → {targetText(target)}
                  <div class="byline">
                    asked by <Person principal={request.requestedBy} /> on{' '}
                    <Time atMs={request.requestedAtMs} />
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Page>
)
