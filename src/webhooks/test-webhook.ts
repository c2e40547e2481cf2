import type { Context } from '../platform/context.ts'
import { isTaken, send } from './attempt.ts'
import { exampleEvent } from './example-event.ts'
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
 * @param type of the example; absent: the first that the webhook is for
 * @throws RESOURCE_DOES_NOT_EXIST no such webhook
 */
export async function testWebhook(
  ctx: Context,
  id: string,
  type: string | undefined,
  shown: Shown = 'all',
): Promise<TestResult> {
  const webhook = await getWebhookRow(ctx, id, shown)
  const event = exampleEvent(type ?? firstType(webhook.events), ctx.now())
  const sent = await send(ctx, webhook, event, uuid(ctx.randomId()), ctx.now())
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
