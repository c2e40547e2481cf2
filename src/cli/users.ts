import { Argument, Command } from 'commander'
import { readPassword } from './password.ts'
import { print } from './print.ts'
import { addServer, withServer } from './with-server.ts'

type User = { id: number; username: string; is_admin: boolean }

const users = '/api/2.0/mlflow/users'

/** `gatehouse users`: who signs in with a password. */
export function usersCommand(): Command {
  return new Command('users')
    .description('who signs in with a password')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(passwordCommand())
    .addCommand(adminCommand())
    .addCommand(deleteCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('every user')
  return addServer(command).action(() =>
    withServer(command, async (client) => {
      const res = await client.request('GET', `${users}/list`)
      const { users: items } = (await res.json()) as { users: User[] }
      print(command, items, () =>
        items.map(({ username, is_admin }) =>
          is_admin ? `${username} (administrator)` : username,
        ),
      )
    }),
  )
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a user; asks for the password, or takes it from standard input')
    .argument('<name>')
    .option('--admin', 'make it an administrator')
  return addServer(command).action(async (username: string) => {
    const password = await readPassword(`Password of ${username}`)
    await withServer(command, async (client) => {
      await client.request('POST', `${users}/create`, { body: { username, password } })
      if (command.opts<{ admin?: true }>().admin) {
        await client.request('PATCH', `${users}/update-admin`, {
          body: { username, is_admin: true },
        })
      }
      print(command, { username }, () => [`made ${username}`])
    })
  })
}

function passwordCommand(): Command {
  const command = new Command('passwd')
    .description(
      'set a password; without --server it needs but the database, which mends a lost one',
    )
    .argument('<name>')
  return addServer(command).action(async (username: string) => {
    const password = await readPassword(`New password of ${username}`)
    await withServer(command, async (client) => {
      const body = { username, password }
      await client.request('PATCH', `${users}/update-password`, { body })
      print(command, { username }, () => [`${username} has a new password; sessions have ended`])
    })
  })
}

function adminCommand(): Command {
  const command = new Command('admin')
    .description('let a user do everything, or no longer')
    .argument('<name>')
    .addArgument(new Argument('<state>').choices(['on', 'off']))
  return addServer(command).action((username: string, state: 'on' | 'off') =>
    withServer(command, async (client) => {
      const body = { username, is_admin: state === 'on' }
      await client.request('PATCH', `${users}/update-admin`, { body })
      print(command, body, () => [`${username} is ${state === 'on' ? 'an' : 'no'} administrator`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a user, with its tokens and memberships; it takes effect at once')
    .argument('<name>')
  return addServer(command).action((username: string) =>
    withServer(command, async (client) => {
      await client.request('DELETE', `${users}/delete`, { body: { username } })
      print(command, { username }, () => [`deleted ${username}`])
    }),
  )
}
