import { cutText, RegistryError } from '../../core/error.ts'
import { viewPromotionForAll } from '../../governance/promotions/view.ts'
import { type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { type OutboundAnswer, OutboundError } from '../../platform/outbound.ts'
import { parseFormat } from '../check-webhook.ts'
import { databricksTerms } from '../events/databricks-events.ts'
import { eventId, type RegistryEvent } from '../events/events.ts'
import { readWholeTexts } from '../events/whole-texts.ts'
import { type Format, type Payload, payloadOf } from '../formats/formats.ts'
import type { WebhookRow } from '../read-webhooks.ts'
import { secretPlaceOf, signDelivery, signForDatabricks, unsealSecret } from '../secrets.ts'
import { allowedUrl, mayConnect } from '../url.ts'
import type { AttemptOutcome, DueDelivery } from './queue.ts'

/**
 * Receivers that check the timestamp refuse one that is five minutes old, so it is renewed before.
 */
const signatureMsMax = 240_000
const backOffMsMax = 60_000
const retryAfterMsMax = 600_000
const errorCharsMax = 300

/** Send a delivery once. */
export async function attemptDelivery(
  platform: Platform,
  due: DueDelivery,
): Promise<AttemptOutcome> {
  const { webhook, delivery, event } = due
  const now = platform.now()
  const signedAtMs = now - delivery.signed_at_ms > signatureMsMax ? now : delivery.signed_at_ms
  const deliveryId = delivery.delivery_id
  const sent = await sendEvent(platform, webhook, { event, deliveryId, signedAtMs })
  const { retryInMs, error } = judge(sent, platform.now())
  const mayRetry =
    retryInMs !== undefined && delivery.attempts < platform.settings.webhooks.retriesMax
  const isDelivered = error === null
  return {
    state: isDelivered ? 'delivered' : mayRetry ? 'pending' : 'failed',
    responseStatus: 'status' in sent ? sent.status : null,
    error,
    nextAttemptAtMs: platform.now() + Math.max(retryInMs ?? 0, backOffMs(delivery.attempts)),
    signedAtMs,
  }
}

/** 1, 2, 4 ... 60 seconds, and up to a quarter more, so that many retries do not come at once. */
function backOffMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts, 10), backOffMsMax) * (1 + Math.random() / 4)
}

/** The outcome of a request: an answer, or why there was none. */
export type SendResult = OutboundAnswer | Failure
type Failure = { readonly message: string; readonly isFinal: boolean }

type Sending = {
  readonly event: RegistryEvent
  readonly deliveryId: string
  readonly signedAtMs: number
}

/**
 * Send an event to a webhook's receiver, signed if the webhook has a secret. The URL is checked by
 * the present settings, and the address when the connection is made.
 */
export async function sendEvent(
  platform: Platform,
  webhook: WebhookRow,
  sending: Sending,
): Promise<SendResult> {
  const { settings } = platform
  const terms = databricksTerms(webhook.databricks)
  const format = parseFormat(webhook.format)
  const event = await readTold(platform, webhook, { event: sending.event, format })
  const { contentType, body } = payloadOf(event, {
    ...{ format, webhookId: webhook.webhook_id, terms },
    packages: settings.packages,
  })
  try {
    const url = allowedUrl(webhook.url, settings.webhooks)
    const signed = await signedHeaders(platform, webhook, { ...sending, body })
    return await platform.outbound.post({
      url,
      headers: {
        'User-Agent': 'gatehouse',
        'Content-Type': contentType,
        'X-Gatehouse-Event': event.type,
        'X-Gatehouse-Event-Id': eventId(event),
        ...signed,
      },
      body,
      timeoutMs: settings.webhooks.timeoutMs,
      allows: (address) => mayConnect(url, address, settings.webhooks),
    })
  } catch (err) {
    if (err instanceof OutboundError) {
      return { message: err.message, isFinal: err.kind === 'refused' }
    }
    if (err instanceof RegistryError) return { message: err.message, isFinal: true }
    // A bug of ours must not hold the queue up for ever.
    const error = failureText(err)
    logError({ webhook: webhook.webhook_id, event: eventId(event), error })
    return { message: 'internal error; the server log has the details', isFinal: true }
  }
}

/** The event with what its format tells besides: whole texts, or the request that it belongs to. */
async function readTold(
  platform: Platform,
  { workspace }: WebhookRow,
  { event, format }: { readonly event: RegistryEvent; readonly format: Format },
): Promise<RegistryEvent> {
  if (format === 'mlflow') return readWholeTexts(platform, event)
  if (event.promotionId === null) return event
  const ctx = systemContext(platform, workspace)
  return { ...event, request: await viewPromotionForAll(ctx, Number(event.promotionId)) }
}

async function signedHeaders(
  { settings }: Platform,
  webhook: WebhookRow,
  { deliveryId, signedAtMs, body }: Omit<Sending, 'event'> & Pick<Payload, 'body'>,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(signedAtMs / 1000))
  const headers = { 'X-MLflow-Delivery-Id': deliveryId, 'X-MLflow-Timestamp': timestamp }
  const isGithub = webhook.format === 'github'
  const given = isGithub ? { ...headers, Accept: 'application/vnd.github+json' } : headers
  if (webhook.secret === null) return given
  const secret = await unsealSecret(settings, secretPlaceOf(webhook), webhook.secret)
  if (secret === undefined) {
    throw new RegistryError(
      'INVALID_PARAMETER_VALUE',
      isGithub
        ? 'its token was given for another URL or format, or encrypted with another key; set the secret again'
        : 'its secret was encrypted with another key; set the secret again',
    )
  }
  if (isGithub) return { ...given, Authorization: `Bearer ${secret}` }
  const signed = await signDelivery(secret, { deliveryId, timestamp, body })
  const signatures = { ...headers, 'X-MLflow-Signature': signed }
  if (webhook.format !== 'databricks') return signatures
  return { ...signatures, 'X-Databricks-Signature': await signForDatabricks(secret, body) }
}

/** Whether a receiver has taken what it was sent. */
export function isTaken(sent: SendResult): boolean {
  return 'status' in sent && sent.status >= 200 && sent.status < 300
}

/** @returns what went wrong, or null; and after how long a retry may help, if at all */
function judge(
  sent: SendResult,
  nowMs: number,
): { error: string | null; retryInMs: number | undefined } {
  if (isTaken(sent)) return { error: null, retryInMs: undefined }
  if (!('status' in sent)) {
    const error = cutText(sent.message, errorCharsMax)
    return { error, retryInMs: sent.isFinal ? undefined : 0 }
  }
  const { status, retryAfter } = sent
  const error =
    status >= 300 && status < 400
      ? `it answered ${status}; redirects are not followed`
      : `it answered ${status}`
  return {
    error,
    retryInMs: status === 429 || status >= 500 ? retryAfterMs(retryAfter, nowMs) : undefined,
  }
}

/** A `Retry-After`, in seconds or as an HTTP date, as the time from now; 0 for any other text. */
function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : 0
}
