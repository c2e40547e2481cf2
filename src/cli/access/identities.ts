import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/identities.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse identities`: whom issuers outside vouch for. */
export function identitiesCommand(): Command {
  return new Command('identities')
    .description('list and link whom issuers outside vouch for, and let in again who was barred')
    .addCommand(list())
    .addCommand(link())
    .addCommand(unlink())
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
      printList(command, found, {
        heads: ['ID', 'ACCOUNT', 'ISSUER', 'SUBJECT', 'LINKED'],
        row: ({ id, account, issuer, subject, created_at }) => [
          ...[id, account, issuer, subject],
          momentText(command, created_at),
        ],
        empty: 'no identities of outside',
      })
    }),
  )
}

function link(): Command {
  const command = new Command('link')
    .description('have an account stand for somebody whom an issuer vouches for')
    .argument('<account>', 'rita, or service:trainer')
    .argument('<issuer>', 'as its tokens spell it')
    .argument('<subject>', 'sub of a person; service: and the name of a machine')
  return addServer(command, 'changes').action((account: string, issuer: string, subject: string) =>
    callServer(command, async (client) => {
      const body = { account, issuer, subject }
      const made = await client.call(endpoints.linkIdentity, { body })
      print(command, made, [`${made.account} stands for ${subject} of ${issuer}`])
    }),
  )
}

function unlink(): Command {
  const command = new Command('unlink')
    .description('undo a link; the id is the one that `identities list` shows')
    .argument('<id>')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.unlinkIdentity, { params: { id: Number(id) } })
      print(command, {}, [`undid the link ${id}`])
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
      printList(command, found, {
        heads: ['ID', 'ACCOUNT', 'ISSUER', 'SUBJECT', 'BARRED', 'BY'],
        row: ({ id, account, issuer, subject, barred_at, barred_by }) => [
          ...[id, account, issuer, subject],
          ...[momentText(command, barred_at), barred_by],
        ],
        empty: 'nobody is barred',
      })
    }),
  )
}

function admit(): Command {
  const command = new Command('admit')
    .description('let somebody sign up again; the id is the one that `identities barred` shows')
    .argument('<id>')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.admitIdentity, { params: { id: Number(id) } })
      print(command, {}, [`${id} may sign up again`])
    }),
  )
}
