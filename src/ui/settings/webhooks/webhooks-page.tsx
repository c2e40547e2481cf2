import type { FC } from 'hono/jsx'
import type { DeliveryState } from '../../../webhooks/delivery/deliveries.ts'
import type { Webhook } from '../../../webhooks/read-webhooks.ts'
import { originOf } from '../../../webhooks/url.ts'
import { Chip } from '../../parts/chips.tsx'
import { Sign } from '../../parts/sign.tsx'
import { NextLink, Table } from '../../parts/table.tsx'
import { countText, Given } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

export type DeliveryCounts = Readonly<Partial<Record<DeliveryState, number>>>

type WebhooksPageProps = {
  readonly frame: SettingsFrame
  readonly webhooks: readonly Webhook[]
  /** By `Webhook.rowId`. */
  readonly counts: ReadonlyMap<number, DeliveryCounts>
  readonly next: string | undefined
}

/** Where events are sent, and how that goes. */
export const WebhooksPage: FC<WebhooksPageProps> = ({ frame, webhooks, counts, next }) => {
  const path = `${frame.to.settings}/webhooks`
  return (
    <SettingsPage
      frame={frame}
      at="webhooks"
      title="Webhooks"
      about={<p class="soft">Where events of models, versions and requests are sent.</p>}
      actions={
        <a class="button" href={`${frame.to.settings}/new-webhook`}>
          New webhook
        </a>
      }
      api={{ method: 'GET', path: '/api/v1/webhooks' }}
    >
      {webhooks.length === 0 ? (
        <section class="empty" aria-labelledby="no-webhook">
          <h2 id="no-webhook">No webhook yet</h2>
          <p>
            An event is a change that the audit log tells: a version that moves, a request that is
            opened, a gate that fails. A webhook sends it to a URL, such as that of a chat or of a
            pipeline, within a second.
          </p>
          <p>
            <a href={`${frame.to.settings}/new-webhook`}>Make the first one</a>
          </p>
        </section>
      ) : (
        <Table caption="Webhooks" columns={['Webhook', 'To', 'Events', 'Deliveries', 'Status']}>
          {webhooks.map(({ id, rowId, name, url, events, models, status }) => (
            <tr>
              <th scope="row">
                <a href={`${path}/${id}`}>
                  <Given text={name} />
                </a>
              </th>
              <td>
                <Given text={originOf(url)} />
              </td>
              <td>
                <Given text={events.slice(0, shownMax).join(', ')} />
                {events.length > shownMax ? ` and ${events.length - shownMax} more` : ''}
                {models === null ? null : (
                  <>
                    {' '}
                    of <Given text={models} />
                  </>
                )}
              </td>
              <td>
                <Counts of={counts.get(rowId) ?? {}} />
              </td>
              <td>
                <WebhookStatusChip status={status} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <NextLink after={next} hrefOf={(after) => frame.to.query(path, { after })}>
        Next webhooks
      </NextLink>
    </SettingsPage>
  )
}

const shownMax = 3

export const WebhookStatusChip: FC<{ readonly status: Webhook['status'] }> = ({ status }) =>
  status === 'ACTIVE' ? (
    <Chip sign="check" tone="good" word="active" />
  ) : (
    <Chip sign="none" tone="" word="switched off" />
  )

/** Of the deliveries that are kept, how many got there. */
export const Counts: FC<{ readonly of: DeliveryCounts }> = ({ of }) => {
  const { delivered = 0, failed = 0, pending = 0 } = of
  if (delivered + failed + pending === 0) return <span class="soft">nothing sent yet</span>
  return (
    <span class="row">
      <span>
        <Sign of="check" /> {countText(delivered)} delivered
      </span>
      {failed === 0 ? null : (
        <span class="bad-text">
          <Sign of="cross" /> {countText(failed)} failed
        </span>
      )}
      {pending === 0 ? null : (
        <span class="warn-text">
          <Sign of="glass" /> {countText(pending)} under way
        </span>
      )}
    </span>
  )
}
