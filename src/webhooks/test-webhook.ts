import { uuidOf } from '../core/bytes.ts'
import type { Context } from '../platform/context.ts'
import { isTaken, sendEvent } from './delivery/attempt.ts'
import { type DatabricksEvent, databricksExample } from './events/databricks-events.ts'
import { exampleEvent } from './events/example-event.ts'
import { getWebhookRow, type ShownWebhooks } from './read-webhooks.ts'

/** Only the start of an answer is shown, so that a test cannot be used to read other servers. */
const excerptCharsMax = 500

export type WebhookTestResult = {
  readonly success: boolean
  readonly responseStatus: number | undefined
  readonly responseBody: string | undefined
  readonly errorMessage: string | undefined
}

type WebhookExample = {
  readonly event: string | { readonly databricks: DatabricksEvent } | undefined
  readonly shown?: ShownWebhooks
}

/**
 * Send an example to a webhook's receiver, once, and wait for the answer as long as a delivery
 * does. It is not in the delivery log.
 *
 * @param example.event its type, or Databricks' name for it; absent: the first event that the
 *   webhook is for
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 */
export async function testWebhook(
  ctx: Context,
  id: string,
  { event: type, shown = 'all' }: WebhookExample,
): Promise<WebhookTestResult> {
  const webhook = await getWebhookRow(ctx, id, shown)
  const isNamed = typeof type === 'object'
  const event = isNamed
    ? databricksExample(type.databricks, ctx.now())
    : exampleEvent(type ?? firstType(webhook.events), ctx.now())
  // The example has the name that the caller chose, whatever events the webhook is for.
  const terms = { events: isNamed ? [type.databricks] : [], testMode: true }
  const told = isNamed ? { ...webhook, databricks: JSON.stringify(terms) } : webhook
  const sent = await sendEvent(ctx, told, {
    event,
    deliveryId: uuidOf(ctx.randomId()),
    signedAtMs: ctx.now(),
  })
  const answer = 'status' in sent ? sent : undefined
  return {
    success: isTaken(sent),
    responseStatus: answer?.status,
    responseBody: answer?.excerpt.slice(0, excerptCharsMax),
    errorMessage: 'status' in sent ? undefined : `Failed to test webhook: ${sent.message}`,
  }
}

function firstType(events: string): string {
  const [pattern = '*'] = JSON.parse(events) as string[]
  return pattern
}
