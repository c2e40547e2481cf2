import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/identities.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { columns, day, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse identities`: whom issuers outside vouch for. */
export function identitiesCommand(): Command {
  return new Command('identities')
    .description('list whom issuers outside vouch for, and let in again who was barred')
    .addCommand(list())
    .addCommand(listBarred())
    .addCommand(admit())
}

function list(): Command {
  const command = addServer(
    new Command('list').description('list accounts and who they are outside'),
  )
  return command.action(() =>
    callServer(command, async (client) => {
      const found = await readEveryPage((page_token) =>
        client.call(endpoints.listIdentities, { query: { page_token } }),
      )
      const rows = found.map(({ account, issuer, subject }) => [account, issuer, subject])
      print(command, found, columns(rows))
    }),
  )
}

function listBarred(): Command {
  const command = addServer(
    new Command('barred').description(
      'list whose accounts were ended, so that they cannot sign up',
    ),
  )
  return command.action(() =>
    callServer(command, async (client) => {
      const found = await readEveryPage((page_token) =>
        client.call(endpoints.listBarredIdentities, { query: { page_token } }),
      )
      const rows = found.map(({ id, account, issuer, subject, barred_at }) => [
        ...[id, account, issuer, subject],
        day(barred_at, ''),
      ])
      print(command, found, columns(rows))
    }),
  )
}

function admit(): Command {
  const command = new Command('admit')
    .description('let somebody sign up again; the id is the one that `identities barred` shows')
    .argument('<id>')
  return addServer(command).action((id: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.admitIdentity, { params: { id: Number(id) } })
      print(command, {}, [`${id} may sign up again`])
    }),
  )
}
