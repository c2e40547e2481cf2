import { Command } from 'commander'
import { deleteGroup, getGroup, listGroups, putGroup } from '../api/endpoints/groups.ts'
import {
  createServiceAccount,
  deleteServiceAccount,
  listServiceAccounts,
} from '../api/endpoints/service-accounts.ts'
import { print } from './print.ts'
import { addServer, withServer } from './with-server.ts'

/** `gatehouse groups`: who stands behind `group:reviewers`. */
export function groupsCommand(): Command {
  return new Command('groups')
    .description('groups, which policies and grants name')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('every group')
  return addServer(command).action(() =>
    withServer(command, async (client) => {
      const { items } = await client.call(listGroups, { query: {} })
      print(command, items, () =>
        items.map(({ name, members }) => `${name}: ${members.join(', ')}`),
      )
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show').description('who is in a group').argument('<name>')
  return addServer(command).action((name: string) =>
    withServer(command, async (client) => {
      const group = await client.call(getGroup, { params: { name } })
      print(command, group, () => group.members)
    }),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('make a group of exactly these members')
    .argument('<name>')
    .argument('[members...]', 'such as rita, service:trainer')
  return addServer(command).action((name: string, members: string[]) =>
    withServer(command, async (client) => {
      const group = await client.call(putGroup, { params: { name }, body: { members } })
      print(command, group, () => [`${name}: ${group.members.join(', ')}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete').description('delete a group').argument('<name>')
  return addServer(command).action((name: string) =>
    withServer(command, async (client) => {
      await client.call(deleteGroup, { params: { name } })
      print(command, { name }, () => [`deleted ${name}`])
    }),
  )
}

/** `gatehouse service-accounts`: machines, which sign in with tokens. */
export function serviceAccountsCommand(): Command {
  const list = new Command('list').description('every service account')
  addServer(list).action(() =>
    withServer(list, async (client) => {
      const { items } = await client.call(listServiceAccounts, { query: {} })
      print(list, items, () => items.map(({ name }) => name))
    }),
  )
  const create = new Command('create').description('make one').argument('<name>')
  addServer(create).action((name: string) =>
    withServer(create, async (client) => {
      const account = await client.call(createServiceAccount, { body: { name } })
      print(create, account, () => [`made ${name}; its principal is service:${name}`])
    }),
  )
  const remove = new Command('delete').description('delete one, with its tokens').argument('<name>')
  addServer(remove).action((name: string) =>
    withServer(remove, async (client) => {
      await client.call(deleteServiceAccount, { params: { name } })
      print(remove, { name }, () => [`deleted ${name}`])
    }),
  )
  return new Command('service-accounts')
    .description('machines, which sign in with tokens')
    .addCommand(list)
    .addCommand(create)
    .addCommand(remove)
}
