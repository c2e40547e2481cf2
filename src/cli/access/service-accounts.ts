import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/service-accounts.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse service-accounts`: accounts of machines. */
export function serviceAccountsCommand(): Command {
  return new Command('service-accounts')
    .description('list, make and delete accounts of machines')
    .addCommand(list())
    .addCommand(create())
    .addCommand(remove())
}

function list(): Command {
  const command = addServer(new Command('list').description('list all service accounts'))
  return command.action(() =>
    callServer(command, async (client) => {
      const found = await readEveryPage((page_token) =>
        client.call(endpoints.listServiceAccounts, { query: { page_token } }),
      )
      printList(command, found, {
        heads: ['ACCOUNT', 'MADE'],
        row: ({ principal, created_at }) => [principal, momentText(command, created_at)],
        empty: 'no service accounts',
      })
    }),
  )
}

function create(): Command {
  const command = new Command('create')
    .description('make a service account; `tokens create --for service:NAME` lets it in')
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const made = await client.call(endpoints.createServiceAccount, { body: { name } })
      print(command, made, [`made '${made.principal}'`])
    }),
  )
}

function remove(): Command {
  const command = new Command('delete')
    .description('delete a service account with its tokens')
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deleteServiceAccount, { params: { name } })
      print(command, {}, [`deleted the service account '${name}'`])
    }),
  )
}
