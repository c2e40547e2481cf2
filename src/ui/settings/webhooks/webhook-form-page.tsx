import type { FC } from 'hono/jsx'
import { eventTypes } from '../../../webhooks/events/event-types.ts'
import { formats } from '../../../webhooks/formats/formats.ts'
import type { Webhook } from '../../../webhooks/read-webhooks.ts'
import type { FormFields, FormProblem } from '../../forms.ts'
import { LineField, Problem, TextField } from '../../parts/fields.tsx'
import { Given, plural } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

const kinds = [...new Set(eventTypes.map((type) => type.split('.')[0] ?? ''))]

/** Everything that a webhook can be for. */
export const eventChoices: readonly string[] = [
  '*',
  ...kinds.flatMap((kind) => [`${kind}.*`, ...typesOf(kind)]),
]

function typesOf(kind: string): string[] {
  return eventTypes.filter((type) => type.startsWith(`${kind}.`))
}

type WebhookFormPageProps = {
  readonly frame: SettingsFrame
  /** Undefined: a new one. */
  readonly webhook: Webhook | undefined
  /** How many models its glob matches; undefined: it has none. */
  readonly matched: number | undefined
  readonly problem?: FormProblem
  /** What was sent and not taken. */
  readonly typed?: FormFields
}

/** A webhook as a form. Its secret is never shown, only replaced. */
export const WebhookFormPage: FC<WebhookFormPageProps> = (props) => {
  const { frame, webhook, problem } = props
  const { to } = frame
  const path = webhook ? `${to.settings}/webhooks/${webhook.id}` : undefined
  return (
    <SettingsPage
      frame={frame}
      at="webhooks"
      title={webhook ? `Edit webhook ${webhook.name}` : 'New webhook'}
      heading={
        webhook ? (
          <>
            Edit <Given text={webhook.name} />
          </>
        ) : undefined
      }
      crumbs={[
        ...(webhook ? [{ text: webhook.name, ...(path && { href: path }) }] : []),
        { text: webhook ? 'Edit' : 'New' },
      ]}
      api={{ method: 'GET', path: `/api/v1/webhooks${webhook ? `/${webhook.id}` : ''}` }}
    >
      <form
        method="post"
        action={path ? `${path}/edit` : `${to.settings}/new-webhook`}
        class="card-form"
      >
        <Problem of={problem} />
        <Fields {...props} />
        <div class="row send">
          <button type="submit">{webhook ? 'Save webhook' : 'Make webhook'}</button>
          <a href={path ?? `${to.settings}/webhooks`}>Discard</a>
        </div>
      </form>
    </SettingsPage>
  )
}

const Fields: FC<WebhookFormPageProps> = ({ webhook, matched, problem, typed }) => {
  const value = (name: string, kept: string | null | undefined) =>
    typed ? typed.text(name) : (kept ?? undefined)
  const isActive = typed ? typed.isChecked('active') : webhook?.status !== 'DISABLED'
  const format = value('format', webhook?.format) ?? 'json'
  return (
    <>
      <input type="hidden" name="seen_at" value={String(webhook?.updatedAtMs ?? 0)} />
      <LineField
        label="Name"
        name="name"
        isRequired
        hint="Letters, digits, dots, hyphens"
        {...{ problem, typed: value('name', webhook?.name) }}
      />
      <LineField
        label="URL"
        name="url"
        isRequired
        hint="Where events are posted: https://…"
        {...{ problem, typed: value('url', webhook?.url) }}
      />
      <TextField
        label="Description"
        name="description"
        charsMax={5000}
        typed={value('description', webhook?.description)}
      />
      <Events {...{ webhook, problem, typed }} />
      <div class="fields-row">
        <LineField
          label="Models"
          name="models"
          hint={
            matched === undefined ? 'A glob; empty: all' : `Matches ${plural(matched, 'model')} now`
          }
          typed={value('models', webhook?.models)}
        />
        <LineField
          label="Stage"
          name="stage"
          hint="A glob; empty: any"
          typed={value('stage', webhook?.stage)}
        />
        <LineField
          label="Alias"
          name="alias"
          autocomplete="off"
          hint="A glob; empty: any"
          typed={value('alias', webhook?.alias)}
        />
      </div>
      <label>
        Format
        <select name="format">
          {formats.map((one) => (
            <option value={one} selected={one === format}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <Secret hasSecret={webhook?.hasSecret ?? false} />
      <label class="choice">
        <input type="checkbox" name="active" checked={isActive} />
        <span>It sends. Events of the time in which it does not are not sent later.</span>
      </label>
    </>
  )
}

/** Never with the secret that is there, nor with one that was typed. */
const Secret: FC<{ readonly hasSecret: boolean }> = ({ hasSecret }) => (
  <>
    <label>
      {hasSecret ? 'Replace the secret' : 'Secret'}
      <input type="password" name="secret" maxlength={1000} autocomplete="new-password" />
      <span class="hint">
        {hasSecret
          ? 'Deliveries are signed by a secret. Empty: it stays as it is.'
          : 'Signs deliveries. With the format github, the token that GitHub asks for.'}
      </span>
    </label>
    {hasSecret ? (
      <label class="choice">
        <input type="checkbox" name="no_secret" />
        <span>Take the secret away: deliveries are not signed any more</span>
      </label>
    ) : null}
  </>
)

type EventsProps = {
  readonly webhook: Webhook | undefined
  readonly problem: FormProblem | undefined
  readonly typed: FormFields | undefined
}

const Events: FC<EventsProps> = ({ webhook, problem, typed }) => {
  const chosen = new Set(
    typed
      ? eventChoices.filter((event) => typed.isChecked(`event ${event}`))
      : (webhook?.events ?? ['model_version.*', 'promotion.*']),
  )
  const choice = (event: string, text = event) => (
    <label class="choice">
      <input type="checkbox" name={`event ${event}`} checked={chosen.has(event)} />
      <span>{text}</span>
    </label>
  )
  return (
    <fieldset
      class="panel near"
      aria-describedby={problem?.field === 'events' ? 'problem' : undefined}
      data-filtered="Find an event"
    >
      <legend>Events</legend>
      {choice('*', 'everything (*)')}
      {kinds.map((kind) => {
        const types = typesOf(kind)
        const isOpen = [`${kind}.*`, ...types].some((type) => chosen.has(type))
        return (
          <details open={isOpen}>
            <summary>{kind.replaceAll('_', ' ')}</summary>
            <div class="choices">
              {choice(`${kind}.*`, `all of them (${kind}.*)`)}
              {types.map((type) => choice(type))}
            </div>
          </details>
        )
      })}
    </fieldset>
  )
}
