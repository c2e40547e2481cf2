import { Argument, Command } from 'commander'
import * as endpoints from '../../api/endpoints/promotions.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

const decisions = ['approve', 'reject', 'comment'] as const

/** `gatehouse review`: what waits for a review, and the review itself. */
export function reviewCommand(): Command {
  const command = new Command('review')
    .description('review a promotion request; without a number, list those that wait for you')
    .argument('[request]', 'number of the request')
    .addArgument(new Argument('[decision]').choices([...decisions, 'follow-up']))
    .option('--comment <text>')
  return addServer(command).action(
    (id?: string, decision?: (typeof decisions)[number] | 'follow-up') =>
      callServer(command, async (client) => {
        if (id === undefined || decision === undefined) {
          const items = await readEveryPage((page_token) =>
            client.call(endpoints.listPromotions, { query: { awaiting: 'me', page_token } }),
          )
          print(command, items, () =>
            items.map(({ id: number, model, version, to, requested_by }) => {
              const target = to.stage ?? `alias ${to.alias}`
              return `#${number} ${model} version ${version} -> ${target}, asked by ${requested_by.name}`
            }),
          )
          return
        }
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
      }),
  )
}

/** `gatehouse check`: post a pipeline's result on a promotion request. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description("post a pipeline's result on a promotion request")
    .argument('<request>', 'number of the request')
    .argument('<name>', 'the check that a policy waits for')
    .addArgument(new Argument('<status>').choices(['queued', 'pending', 'passed', 'failed']))
    .option('--url <url>', 'where the run is')
    .option('--summary <text>')
  return addServer(command).action(
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
