import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { type GatehouseClient, mayPass } from '../../../client/client.ts'
import { sendCounts } from '../../../client/send-counts.ts'
import { CountReporter } from '../../../router/count-reporter.ts'
import type { Router } from '../../../router/router.ts'
import { note } from '../../io.ts'

const everyMs = 2000

/**
 * Tell the server every two seconds what a router counts for a deployment. That it cannot be told is said once,
 * until it is told again.
 *
 * @returns tells the rest, and ends
 */
export function startCountReports(
  command: Command,
  client: GatehouseClient,
  { router, name }: { readonly router: Router; readonly name: string },
): () => Promise<void> {
  const about = { name, reporter: randomBytes(8).toString('hex') }
  const reporter = new CountReporter(router, {
    send: (report) => sendCounts(client, about, report),
    mayPass,
  })
  let hasFailed = false
  const report = async () => {
    try {
      await reporter.report()
      hasFailed = false
    } catch (err) {
      if (hasFailed) return
      hasFailed = true
      const why = err instanceof Error ? err.message : String(err)
      note(command, `what was counted cannot be reported (${why})`)
    }
  }
  const timer = setInterval(() => void report(), everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await report()
  }
}
