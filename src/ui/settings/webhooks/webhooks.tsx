import { requireRight } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { matchModels } from '../../../registry/models/match-models.ts'
import type { WebhookFields } from '../../../webhooks/check-webhook.ts'
import {
  countDeliveries,
  deliveryStates,
  listDeliveries,
  redeliver,
} from '../../../webhooks/delivery/deliveries.ts'
import { isEventPattern } from '../../../webhooks/events/event-types.ts'
import { getWebhook, listWebhooks } from '../../../webhooks/read-webhooks.ts'
import { testWebhook, type WebhookTestResult } from '../../../webhooks/test-webhook.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../../../webhooks/webhooks.ts'
import { checkTyped } from '../../changes/change.ts'
import { type FormFields, type FormProblem, formAction, noteProblem } from '../../forms.ts'
import { type Paths, pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { eventChoices, WebhookFormPage } from './webhook-form-page.tsx'
import { WebhookPage } from './webhook-page.tsx'
import { WebhooksPage } from './webhooks-page.tsx'

type Shown = {
  readonly problem?: FormProblem
  readonly typed?: FormFields
}

/** @throws PERMISSION_DENIED */
export function mayManageWebhooks(ctx: Context): Promise<void> {
  return requireRight(ctx, 'manage_webhooks')
}

const perPage = 100

/** `GET /settings/webhooks?after=` */
export async function showWebhooks(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const token = optionalQuery(c, 'after')
  const [frame, { items, nextPageToken: next }] = await Promise.all([
    settingsFrameOf(c),
    listWebhooks(ctx, { shown: 'all', count: perPage, token }),
  ])
  const counts = await countDeliveries(
    ctx,
    items.map(({ rowId }) => rowId),
  )
  const page = <WebhooksPage {...{ frame, webhooks: items, counts, next }} />
  return sendPage(c, { frame, page })
}

/** `GET /settings/webhooks/{id}?status=&after=`: one webhook with its delivery log. */
export async function showWebhook(
  c: AppContext,
  shown: { readonly problem?: FormProblem; readonly tested?: WebhookTestResult } = {},
): Promise<Response> {
  const { ctx } = c.var
  const id = webhookIdOf(c)
  const state = deliveryStates.find((one) => one === optionalQuery(c, 'status'))
  const token = optionalQuery(c, 'after')
  const [frame, webhook, { items, nextPageToken: next }] = await Promise.all([
    settingsFrameOf(c),
    getWebhook(ctx, id),
    listDeliveries(ctx, id, { state, count: perPage, token }),
  ])
  const counts = (await countDeliveries(ctx, [webhook.rowId])).get(webhook.rowId) ?? {}
  const page = (
    <WebhookPage
      {...{ frame, webhook, deliveries: items, counts, state, next, ...shown }}
      packages={ctx.settings.packages}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `GET /settings/new-webhook` and `GET /settings/webhooks/{id}/edit` */
export async function showWebhookForm(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = c.req.param('id')
  const [frame, webhook] = await Promise.all([
    settingsFrameOf(c),
    id === undefined ? undefined : getWebhook(ctx, id),
  ])
  const glob = shown.typed?.text('models') ?? webhook?.models ?? ''
  const matched = glob === '' ? undefined : (await matchModels(ctx, [glob]))(glob).length
  const page = <WebhookFormPage {...{ frame, webhook, matched, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /settings/new-webhook` */
export const postNewWebhook = formAction({
  operation: 'createWebhook',
  rule: mayManageWebhooks,
  async run(ctx, c, form) {
    try {
      const { name = '', url = '', events = [], ...more } = fieldsIn(form)
      const { id } = await createWebhook(ctx, { name, url, events, ...more })
      return c.redirect(webhookPath(pathsUnder(pagePrefix(c)), id), 303)
    } catch (err) {
      return reshown(c, form, err)
    }
  },
})

/** `POST /settings/webhooks/{id}/edit` */
export const postWebhook = formAction({
  operation: 'updateWebhook',
  rule: mayManageWebhooks,
  async run(ctx, c, form) {
    try {
      const { events, ...fields } = fieldsIn(form)
      const was = await getWebhook(ctx, webhookIdOf(c))
      // One that Databricks' API made stays so as long as its events do.
      const isSame = [...was.events].sort().join() === [...(events ?? [])].sort().join()
      const change = { ...fields, ...(!isSame && { events }), seenAtMs: seenIn(form) }
      await updateWebhook(ctx, was.id, change)
    } catch (err) {
      return reshown(c, form, err)
    }
    return c.redirect(webhookPath(pathsUnder(pagePrefix(c)), webhookIdOf(c)), 303)
  },
})

function seenIn(form: FormFields): number {
  const text = form.text('seen_at') ?? ''
  if (!/^\d{1,15}$/.test(text)) throw invalid('The form does not say which state was seen')
  return Number(text)
}

/** What a form says; a secret only where one was typed, or it is taken away. */
function fieldsIn(form: FormFields): WebhookFields {
  const secret = form.isChecked('no_secret') ? '' : form.exact('secret') || undefined
  return {
    name: form.text('name') ?? '',
    description: form.text('description') ?? '',
    url: form.text('url') ?? '',
    events: eventChoices.filter((event) => form.isChecked(`event ${event}`)),
    models: form.text('models') ?? '',
    stage: form.text('stage') ?? '',
    alias: form.text('alias') ?? '',
    format: form.text('format') ?? 'json',
    status: form.isChecked('active') ? 'ACTIVE' : 'DISABLED',
    ...(secret !== undefined && { secret }),
  }
}

async function reshown(c: AppContext, form: FormFields, err: unknown): Promise<Response> {
  const field = fieldsIn(form).events?.length === 0 ? 'events' : undefined
  return showWebhookForm(c, { typed: form, problem: await noteProblem(c, err, field) })
}

/** `POST /settings/webhooks/{id}/status`: switch it off, or on again. */
export const postWebhookStatus = formAction({
  operation: 'updateWebhook',
  rule: mayManageWebhooks,
  run: (ctx, c, form) =>
    done(c, () => {
      const status = form.text('status') === 'ACTIVE' ? 'ACTIVE' : 'DISABLED'
      return updateWebhook(ctx, webhookIdOf(c), { status })
    }),
})

/** `POST /settings/webhooks/{id}/test`: the page with what the receiver answered. */
export const postWebhookTest = formAction({
  operation: 'testWebhook',
  rule: mayManageWebhooks,
  async run(ctx, c, form) {
    const event = form.text('event')
    try {
      if (event !== undefined && !isEventPattern(event)) throw invalid('There is no such event')
      return await showWebhook(c, { tested: await testWebhook(ctx, webhookIdOf(c), { event }) })
    } catch (err) {
      return showWebhook(c, { problem: await noteProblem(c, err) })
    }
  },
})

/** `POST /settings/webhooks/{id}/redeliver` */
export const postRedelivery = formAction({
  operation: 'redeliver',
  rule: mayManageWebhooks,
  run: (ctx, c, form) => done(c, () => redeliver(ctx, webhookIdOf(c), form.text('delivery') ?? '')),
})

async function done(c: AppContext, act: () => Promise<unknown>): Promise<Response> {
  try {
    await act()
  } catch (err) {
    return showWebhook(c, { problem: await noteProblem(c, err) })
  }
  return c.redirect(webhookPath(pathsUnder(pagePrefix(c)), webhookIdOf(c)), 303)
}

/** `POST /settings/webhooks/{id}/delete` */
export const postWebhookDeletion = formAction({
  operation: 'deleteWebhook',
  rule: mayManageWebhooks,
  async run(ctx, c, form) {
    try {
      const { id, name } = await getWebhook(ctx, webhookIdOf(c))
      checkTyped(form.text('confirm'), name)
      await deleteWebhook(ctx, id)
    } catch (err) {
      return showWebhook(c, { problem: await noteProblem(c, err, 'confirm') })
    }
    return c.redirect(`${pathsUnder(pagePrefix(c)).settings}/webhooks`, 303)
  },
})

function webhookIdOf(c: AppContext): string {
  return c.req.param('id') ?? ''
}

function webhookPath(to: Paths, id: string): string {
  return `${to.settings}/webhooks/${encodeURIComponent(id)}`
}
