import { RegistryError } from '../../core/error.ts'
import type { Platform } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { type OutboundAnswer, OutboundError } from '../../platform/outbound.ts'
import { parseFormat } from '../check-webhook.ts'
import { databricksTerms } from '../events/databricks-events.ts'
import { eventId, type RegistryEvent } from '../events/events.ts'
import { type Payload, payload } from '../formats/formats.ts'
import type { WebhookRow } from '../read-webhooks.ts'
import { databricksSignature, signature, unseal } from '../secrets.ts'
import { allowedUrl, mayConnect } from '../url.ts'
import type { Due, Outcome } from './queue.ts'

/** Receivers that check the timestamp refuse one of five minutes ago, so an older one is not sent again. */
const signatureMsMax = 240_000
const backOffMsMax = 60_000
const retryAfterMsMax = 600_000
const errorCharsMax = 300

/** Send a delivery once. */
export async function attempt(platform: Platform, due: Due): Promise<Outcome> {
  const { webhook, delivery, event } = due
  const now = platform.now()
  const signedAtMs = now - delivery.signed_at_ms > signatureMsMax ? now : delivery.signed_at_ms
  const sent = await send(platform, webhook, event, delivery.delivery_id, signedAtMs)
  const { retryInMs, error } = judged(sent, platform.now())
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

/** 1, 2, 4 ... 60 seconds, and up to a quarter more, so that many do not come back at once. */
function backOffMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts, 10), backOffMsMax) * (1 + Math.random() / 4)
}

/** What came of a request: an answer, or why there was none. */
export type Sent = OutboundAnswer | Failure
type Failure = { readonly message: string; readonly isFinal: boolean }

/**
 * Send an event to a webhook's receiver, signed where the webhook has a secret. The URL is judged
 * by the settings of now, and the address where the connection is made.
 */
export async function send(
  platform: Platform,
  webhook: WebhookRow,
  event: RegistryEvent,
  deliveryId: string,
  signedAtMs: number,
): Promise<Sent> {
  const { settings } = platform
  const terms = databricksTerms(webhook.databricks)
  const format = parseFormat(webhook.format)
  const { contentType, body } = payload(format, event, webhook.webhook_id, terms)
  try {
    const url = allowedUrl(webhook.url, settings.webhooks)
    const signed = await signedHeaders(platform, webhook, deliveryId, signedAtMs, body)
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
    if (err instanceof OutboundError)
      return { message: err.message, isFinal: err.kind === 'refused' }
    if (err instanceof RegistryError) return { message: err.message, isFinal: true }
    // A bug of ours must not hold the queue up for ever.
    const error = failureText(err)
    logError({ webhook: webhook.webhook_id, event: eventId(event), error })
    return { message: 'internal error; the server log has the details', isFinal: true }
  }
}

async function signedHeaders(
  { settings }: Platform,
  webhook: WebhookRow,
  deliveryId: string,
  signedAtMs: number,
  body: Payload['body'],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(signedAtMs / 1000))
  const headers = { 'X-MLflow-Delivery-Id': deliveryId, 'X-MLflow-Timestamp': timestamp }
  if (webhook.secret === null) return headers
  const secret = await unseal(settings, webhook.webhook_id, webhook.secret)
  if (secret === undefined) {
    throw new RegistryError(
      'INVALID_PARAMETER_VALUE',
      'its secret was encrypted with another key; set the secret again',
    )
  }
  const signed = await signature(secret, deliveryId, timestamp, body)
  const signatures = { ...headers, 'X-MLflow-Signature': signed }
  if (webhook.format !== 'databricks') return signatures
  return { ...signatures, 'X-Databricks-Signature': await databricksSignature(secret, body) }
}

/** Whether a receiver has taken what it was sent. */
export function isTaken(sent: Sent): boolean {
  return 'status' in sent && sent.status >= 200 && sent.status < 300
}

/** @returns what was wrong, null for nothing; and in how long trying again may help, if at all */
function judged(
  sent: Sent,
  nowMs: number,
): { error: string | null; retryInMs: number | undefined } {
  if (isTaken(sent)) return { error: null, retryInMs: undefined }
  if (!('status' in sent)) {
    const error = sent.message.slice(0, errorCharsMax)
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

/** Seconds, or the time of an HTTP date from now on; what is neither is 0. */
function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : 0
}
