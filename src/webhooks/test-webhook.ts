import type { Context } from '../platform/context.ts'
import { isTaken, send } from './delivery/attempt.ts'
import { type DatabricksEvent, databricksExample } from './events/databricks-events.ts'
import { exampleEvent } from './events/example-event.ts'
import { getWebhookRow, type Shown } from './read-webhooks.ts'
import { uuid } from './uuid.ts'

/** A receiver's answer is shown in part: a test is no way to read what lies behind an address. */
const excerptCharsMax = 500

export type TestResult = {
  readonly success: boolean
  readonly responseStatus: number | undefined
  readonly responseBody: string | undefined
  readonly errorMessage: string | undefined
}

/**
 * Send an example to a webhook's receiver, once, and wait for the answer as long as a delivery does.
 * Nothing of it is logged.
 *
 * @param type of the example, or its name at Databricks; absent: the first that the webhook is for
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 */
export async function testWebhook(
  ctx: Context,
  id: string,
  type: string | { readonly databricks: DatabricksEvent } | undefined,
  shown: Shown = 'all',
): Promise<TestResult> {
  const webhook = await getWebhookRow(ctx, id, shown)
  const isNamed = typeof type === 'object'
  const event = isNamed
    ? databricksExample(type.databricks, ctx.now())
    : exampleEvent(type ?? firstType(webhook.events), ctx.now())
  // Told by the name that was asked for, whatever the webhook is for.
  const terms = { events: isNamed ? [type.databricks] : [], testMode: true }
  const told = isNamed ? { ...webhook, databricks: JSON.stringify(terms) } : webhook
  const sent = await send(ctx, told, event, uuid(ctx.randomId()), ctx.now())
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
