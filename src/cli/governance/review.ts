import { Argument, Command } from 'commander'
import * as endpoints from '../../api/endpoints/promotions.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { listRequests, showRequest } from './requests.ts'

const decisions = ['approve', 'reject', 'comment'] as const

/** `gatehouse review`: what waits for a review, one request whole, and the review itself. */
export function reviewCommand(): Command {
  const command = new Command('review')
    .description(
      'review a promotion request; without a decision show it whole, without a number list those that wait for you',
    )
    .argument('[request]', 'number of the request')
    .addArgument(new Argument('[decision]').choices([...decisions, 'follow-up']))
    .option('--comment <text>', 'what the author and the audit log are told')
  return addServer(command).action((id?: string, decision?: ReviewDecision) =>
    callServer(
      command,
      async (client) => {
        if (id === undefined) await listRequests(command, client, { awaiting: 'me' })
        else if (decision === undefined) await showRequest(command, client, id)
        else await decide(command, client, { id, decision })
      },
      decision === undefined ? 'reads' : 'changes',
    ),
  )
}

type ReviewDecision = (typeof decisions)[number] | 'follow-up'

async function decide(
  command: Command,
  client: GatehouseClient,
  { id, decision }: { readonly id: string; readonly decision: ReviewDecision },
): Promise<void> {
  const { comment } = command.opts<{ comment?: string }>()
  const params = { id }
  const reviewed =
    decision === 'follow-up'
      ? await client.call(endpoints.followUp, { params, body: { comment } })
      : await client.call(endpoints.reviewPromotion, { params, body: { decision, comment } })
  print(command, reviewed, () => [
    `#${id} is ${reviewed.status}`,
    ...(reviewed.status === 'open'
      ? reviewed.blocked_by.map((reason) => `  waits for ${reason}`)
      : []),
  ])
}

/** `gatehouse check`: post a pipeline's result on a promotion request. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description("post a pipeline's result on a promotion request")
    .argument('<request>', 'number of the request')
    .argument('<name>', 'the check that a policy waits for')
    .addArgument(new Argument('<status>').choices(['queued', 'pending', 'passed', 'failed']))
    .option('--url <url>', 'where the run is')
    .option('--summary <text>', 'what came of it')
  return addServer(command, 'changes').action(
    (id: string, name: string, status: 'queued' | 'pending' | 'passed' | 'failed') =>
      callServer(command, async (client) => {
        const { url, summary } = command.opts<{ url?: string; summary?: string }>()
        const checked = await client.call(endpoints.postCheck, {
          params: { id },
          body: { name, status, url, summary },
        })
        print(command, checked, [`${name} ${status} on #${id}, which is ${checked.status}`])
      }),
  )
}
