import type { FC } from 'hono/jsx'
import type { PackageSettings } from '../../../platform/settings/settings.ts'
import {
  type Delivery,
  type DeliveryState,
  deliveryStates,
} from '../../../webhooks/delivery/deliveries.ts'
import { eventTypes } from '../../../webhooks/events/event-types.ts'
import { exampleEvent } from '../../../webhooks/events/example-event.ts'
import { payloadOf } from '../../../webhooks/formats/formats.ts'
import type { Webhook } from '../../../webhooks/read-webhooks.ts'
import type { WebhookTestResult } from '../../../webhooks/test-webhook.ts'
import { originOf } from '../../../webhooks/url.ts'
import { DeleteForm } from '../../changes/change-forms.tsx'
import type { FormProblem } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { StatusChip } from '../../parts/chips.tsx'
import { Problem } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Given, GivenLines, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { Counts, type DeliveryCounts, WebhookStatusChip } from './webhooks-page.tsx'

type WebhookPageProps = {
  readonly frame: SettingsFrame
  readonly webhook: Webhook
  readonly deliveries: readonly Delivery[]
  readonly counts: DeliveryCounts
  /** Only deliveries in this state are shown. */
  readonly state: DeliveryState | undefined
  readonly next: string | undefined
  readonly packages: PackageSettings
  readonly problem?: FormProblem
  readonly tested?: WebhookTestResult
}

/** One webhook: what it sends where, a test, and the log of what was sent. */
export const WebhookPage: FC<WebhookPageProps> = (props) => {
  const { frame, webhook, problem, tested } = props
  const { id, name, status } = webhook
  const path = `${frame.to.settings}/webhooks/${id}`
  const isActive = status === 'ACTIVE'
  return (
    <SettingsPage
      frame={frame}
      at="webhooks"
      title={`Webhook ${name}`}
      heading={<Given text={name} />}
      crumbs={[{ text: name }]}
      about={
        <p class="row">
          <WebhookStatusChip status={status} />
          <Counts of={props.counts} />
        </p>
      }
      actions={
        <>
          <a class="button" href={`${path}/edit`} data-key="e">
            Edit
          </a>
          <form method="post" action={`${path}/status`}>
            <input type="hidden" name="status" value={isActive ? 'DISABLED' : 'ACTIVE'} />
            <button type="submit" class="quiet">
              {isActive ? 'Switch off' : 'Switch on'}
            </button>
          </form>
        </>
      }
      api={[
        { about: 'The webhook', method: 'GET', path: `/api/v1/webhooks/${id}` },
        { about: 'Its deliveries', method: 'GET', path: `/api/v1/webhooks/${id}/deliveries` },
      ]}
    >
      <Problem of={problem} />
      {tested ? <Tested of={tested} /> : null}
      <Facts webhook={webhook} />
      <details>
        <summary>A body as it is sent</summary>
        <pre tabindex={0}>
          <code>
            <GivenLines text={sampleOf(webhook, props.packages)} />
          </code>
        </pre>
      </details>
      <form method="post" action={`${path}/test`} class="fields-row card-form">
        <label>
          Send an example of
          <select name="event">
            <option value="">the first event that it is for</option>
            {eventTypes.map((type) => (
              <option value={type}>{type}</option>
            ))}
          </select>
        </label>
        <button type="submit" class="quiet">
          Test
        </button>
      </form>
      <Log {...props} path={path} />
      <details open={problem?.field === 'confirm'}>
        <summary>Delete</summary>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={['Nothing is sent any more, and its delivery log goes.']}
          problem={problem}
        />
      </details>
    </SettingsPage>
  )
}

/** What its receiver gets of an example of the first event that it is for. */
function sampleOf(
  { id, events, format, databricks: terms, updatedAtMs }: Webhook,
  packages: PackageSettings,
): string {
  const event = exampleEvent(events[0] ?? '*', updatedAtMs)
  const { body } = payloadOf(event, { format, webhookId: id, terms, packages })
  return JSON.stringify(JSON.parse(body), null, 2)
}

const Tested: FC<{ readonly of: WebhookTestResult }> = ({ of }) => (
  <section class={of.success ? 'notice good' : 'notice bad'} aria-labelledby="tested">
    <h2 id="tested">{of.success ? 'The receiver took it' : 'The receiver did not take it'}</h2>
    {of.responseStatus === undefined ? null : <p>It answered {of.responseStatus}.</p>}
    {of.errorMessage === undefined ? null : <p>{visibleText(of.errorMessage)}</p>}
    {of.responseBody ? (
      <pre tabindex={0}>
        <code>
          <GivenLines text={of.responseBody} />
        </code>
      </pre>
    ) : null}
  </section>
)

const Facts: FC<{ readonly webhook: Webhook }> = ({ webhook }) => {
  const { description, url, events, models, stage, alias, format, hasSecret } = webhook
  return (
    <dl class="facts">
      {description === null ? null : (
        <>
          <dt>Description</dt>
          <dd>
            <GivenLines text={description} />
          </dd>
        </>
      )}
      <dt>To</dt>
      <dd>
        <Given text={originOf(url)} />
      </dd>
      <dt>Events</dt>
      <dd>
        <Given text={events.join(', ')} />
      </dd>
      <dt>Models</dt>
      <dd>{models === null ? 'all' : <Given text={models} />}</dd>
      {stage === null && alias === null ? null : (
        <>
          <dt>Places</dt>
          <dd>
            <Given text={[stage, alias && `@${alias}`].filter(Boolean).join(' or ')} />
          </dd>
        </>
      )}
      <dt>Format</dt>
      <dd>{format}</dd>
      <dt>Signed</dt>
      <dd>{hasSecret ? 'by a secret, which is never shown' : 'no'}</dd>
    </dl>
  )
}

const Log: FC<WebhookPageProps & { readonly path: string }> = (props) => {
  const { frame, deliveries, state, next, path } = props
  const { to } = frame
  return (
    <section class="near" aria-labelledby="log">
      <h2 id="log">Deliveries</h2>
      <Tabs
        label="Deliveries by state"
        items={[
          { href: path, text: 'All', isCurrent: state === undefined },
          ...deliveryStates.map((one) => ({
            href: to.query(path, { status: one }),
            text: one === 'pending' ? 'Under way' : one === 'failed' ? 'Failed' : 'Delivered',
            count: props.counts[one] ?? 0,
            isCurrent: state === one,
          })),
        ]}
      />
      {deliveries.length === 0 ? (
        <p class="soft">None. The last 1,000 are kept.</p>
      ) : (
        <Table
          caption="Deliveries, the newest first"
          columns={['Event', 'When', 'State', 'What came back', 'Again']}
        >
          {deliveries.map((delivery) => (
            <Row delivery={delivery} path={path} to={to} />
          ))}
        </Table>
      )}
      {next === undefined ? null : (
        <p>
          <a class="button quiet" href={to.query(path, { status: state, after: next })}>
            Older deliveries
          </a>
        </p>
      )}
    </section>
  )
}

type RowProps = {
  readonly delivery: Delivery
  readonly path: string
  readonly to: SettingsFrame['to']
}

const Row: FC<RowProps> = ({ delivery, path, to }) => {
  const { id, eventId, type, model, version, state, attempts, nextAttemptAtMs } = delivery
  return (
    <tr>
      <th scope="row">
        <a href={`${to.audit}/${eventId.split('.')[0]}`}>
          <Given text={type} />
        </a>{' '}
        {model === null ? null : (
          <span class="soft">
            <Given text={version === null ? model : `${model} ${version}`} />
          </span>
        )}
      </th>
      <td>
        <Time atMs={delivery.createdAtMs} />
      </td>
      <td>
        <StatusChip status={state} />
      </td>
      <td>
        {delivery.responseStatus === null ? null : <>{delivery.responseStatus} </>}
        {delivery.error === null ? null : <Given text={delivery.error} />}
        {delivery.responseStatus === null && delivery.error === null ? <NoValue /> : null}
        {attempts > 1 ? <span class="soft"> after {attempts} tries</span> : null}
        {nextAttemptAtMs === undefined ? null : (
          <span class="soft">
            {' '}
            next try <Time atMs={nextAttemptAtMs} />
          </span>
        )}
      </td>
      <td>
        <form method="post" action={`${path}/redeliver`}>
          <input type="hidden" name="delivery" value={id} />
          <button
            type="submit"
            class="quiet small"
            aria-label={`Send ${visibleText(type)} ${eventId} again`}
          >
            Send again
          </button>
        </form>
      </td>
    </tr>
  )
}
