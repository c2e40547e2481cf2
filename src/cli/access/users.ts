import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/whoami.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { print, printList } from '../print.ts'
import { readSecret } from '../secret-input.ts'
import { addServer, callServer } from '../with-server.ts'

const path = '/api/2.0/mlflow/users/'
type User = { readonly id: number; readonly username: string; readonly is_admin: boolean }

/** `gatehouse users`: who can sign in with a password. */
export function usersCommand(): Command {
  return new Command('users')
    .description('list, make and change users')
    .addCommand(list())
    .addCommand(create())
    .addCommand(remove())
    .addCommand(passwd())
    .addCommand(admin())
}

function list(): Command {
  const command = addServer(new Command('list').description('list all users'))
  return command.action(() =>
    callServer(command, async (client) => {
      const { users } = (await (await client.request('GET', `${path}list`)).json()) as {
        users: User[]
      }
      printList(command, users, {
        heads: ['USER', 'IS'],
        row: ({ username, is_admin }) => [username, is_admin ? 'admin' : 'user'],
        empty: 'no users',
      })
    }),
  )
}

function create(): Command {
  const command = new Command('create')
    .description('make a user; the password is typed, piped in, or in GATEHOUSE_NEW_PASSWORD')
    .argument('<name>')
    .option('--admin', 'make an administrator')
  return addServer(command, 'changes').action((name: string, { admin }: { admin?: true }) =>
    callServer(command, async (client) => {
      const password = await newPassword(command, name)
      const body = { username: name, password }
      const { user } = (await (await client.request('POST', `${path}create`, { body })).json()) as {
        user: User
      }
      if (admin) await setAdmin(client, name, true)
      print(command, { ...user, is_admin: admin === true }, [`made the user '${name}'`])
    }),
  )
}

function remove(): Command {
  const command = new Command('delete')
    .description('delete a user with tokens and memberships')
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.request('DELETE', `${path}delete`, { body: { username: name } })
      print(command, {}, [`deleted the user '${name}'`])
    }),
  )
}

function passwd(): Command {
  const command = new Command('passwd')
    .description(
      'set a password, typed, piped in, or in GATEHOUSE_NEW_PASSWORD; without --server a lost one too',
    )
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const isOwn = (await client.call(endpoints.whoami, {})).name === name
      const current_password = isOwn
        ? await readSecret(command, {
            variable: 'MLFLOW_TRACKING_PASSWORD',
            prompt: `Current password of ${name}`,
          })
        : undefined
      const password = await newPassword(command, name)
      const body = { username: name, password, current_password }
      await client.request('PATCH', `${path}update-password`, { body })
      print(command, {}, [`set the password of '${name}'`])
    }),
  )
}

function admin(): Command {
  const command = new Command('admin')
    .description('make a user an administrator, or no longer')
    .argument('<name>')
    .argument('<on|off>')
  return addServer(command, 'changes').action((name: string, state: string) =>
    callServer(command, async (client) => {
      if (state !== 'on' && state !== 'off') command.error(`say on or off, not '${state}'`)
      await setAdmin(client, name, state === 'on')
      const is = state === 'on' ? 'an' : 'no'
      print(command, {}, [`'${name}' is ${is} administrator`])
    }),
  )
}

async function setAdmin(client: GatehouseClient, name: string, isAdmin: boolean): Promise<void> {
  const body = { username: name, is_admin: isAdmin }
  await client.request('PATCH', `${path}update-admin`, { body })
}

function newPassword(command: Command, name: string): Promise<string> {
  const variable = 'GATEHOUSE_NEW_PASSWORD'
  return readSecret(command, { variable, prompt: `New password of ${name}` })
}
