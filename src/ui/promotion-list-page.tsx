import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { targetText } from '../governance/policies/policy.ts'
import type { Promotion } from '../governance/promotions/promotion.ts'
import { Time } from './promotion-page.tsx'
import { style } from './style.ts'

/** Requests, in the order given; links are relative to `/promotions`. */
export const PromotionListPage: FC<{ promotions: readonly Promotion[]; base: string }> = ({
  promotions,
  base,
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Promotion requests</title>
      <style>{raw(style)}</style>
    </head>
    <body>
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
    </body>
  </html>
)
